// Provider backbone bridging ("MAC in MAC"): IEEE 802.1ah, now 802.1Q, clause 9.7.

extension HeaderWalk {
    /// Reads a service instance tag: flags, service identifier (3 bytes); the customer's Ethernet frame
    /// follows. The identifier tells customers' networks apart as a VLAN's does.
    mutating func backboneServiceInstance(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return truncated }
        separate(by: bytes.uint24(at: offset + 1))
        offset += 4
        return .ethernet
    }
}
