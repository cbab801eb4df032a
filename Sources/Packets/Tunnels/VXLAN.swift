// VXLAN: RFC 7348, section 5. Its generic protocol extension: draft-ietf-nvo3-vxlan-gpe-13, section 3.

extension HeaderWalk {
    /// Reads flags, reserved (3 bytes), network identifier (3), reserved; an Ethernet frame follows.
    mutating func vxlan(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedTunnelHeader) }
        separate(by: bytes.uint24(at: offset + 4))
        offset += 8
        return .ethernet
    }

    /// Reads the same with a next protocol in the fourth byte.
    mutating func vxlanGPE(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedTunnelHeader) }
        let next = bytes.byte(at: offset + 3)
        separate(by: bytes.uint24(at: offset + 4))
        offset += 8
        return overlayPayload(next)
    }

    /// The protocols that VXLAN-GPE and the network service header number alike.
    func overlayPayload(_ number: UInt8) -> NextHeader {
        switch number {
        case 1: .ip
        case 2: .ipv6
        case 3: .ethernet
        case 4: .serviceFunctionHeader
        case 5: .mpls
        default: .none
        }
    }
}
