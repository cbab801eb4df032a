// VLAN tags: IEEE 802.1Q, clause 9.6. Service tags (802.1ad) and the older 0x9100 have the same layout.

enum VLANTag {
    static let etherType: UInt16 = 0x8100
}

extension HeaderWalk {
    /// Reads a tag, whose type field was read before: priority and VLAN identifier (2 bytes), next type (2).
    /// Identifier 0 marks a priority without a VLAN and separates nothing.
    @inline(__always)
    mutating func vlanTag(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return stopTruncatedTunnel() }
        let identifier = bytes.uint16(at: offset) & 0xfff
        let type = bytes.uint16(at: offset &+ 2)
        if identifier != 0 { separate(by: UInt32(identifier)) }
        offset &+= 4
        return .etherType(type)
    }
}
