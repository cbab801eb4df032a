// MPLS: RFC 3032, section 2.1; what follows the stack is told by its first four bits: RFC 4928, section 3.

extension HeaderWalk {
    /// Reads a label stack, 4 bytes a label, the last marked by bit 8 from the end. Labels differ between a
    /// flow's directions, so they separate nothing.
    mutating func mpls(_ bytes: RawSpan) -> NextHeader {
        var isLast = false
        while !isLast {
            guard has(4) else { return stopTruncatedTunnel() }
            isLast = bytes.byte(at: offset + 2) & 1 != 0
            offset += 4
        }
        guard has(1) else { return stopTruncatedTunnel() }
        switch bytes.byte(at: offset) >> 4 {
        case 4: return .ipv4
        case 6: return .ipv6
        case 0: return ethernetPseudowire(bytes)
        default: return .none
        }
    }

    /// Reads the control word of an Ethernet pseudowire (RFC 4448, section 4.6): 4 bytes, the first four bits
    /// zero.
    private mutating func ethernetPseudowire(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return stopTruncatedTunnel() }
        offset += 4
        return .ethernet
    }
}
