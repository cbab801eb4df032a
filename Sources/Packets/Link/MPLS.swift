// MPLS: RFC 3032, section 2.1; what follows the stack is told by its first four bits: RFC 4928, section 3.

extension HeaderWalk {
    /// Reads a label stack, 4 bytes a label, the last marked by bit 8 from the end. Labels differ between a
    /// flow's directions, so they separate nothing.
    mutating func mpls(_ bytes: RawSpan) -> NextHeader {
        var entry: UInt32 = 0
        while entry & 0x100 == 0 {
            guard has(4) else { return truncated }
            entry = bytes.uint32(at: offset)
            offset += 4
        }
        let genericChannelLabel: UInt32 = 13
        let alertLabel: UInt32 = 14
        guard has(1) else { return truncated }
        switch (entry >> 12, bytes.byte(at: offset) >> 4) {
        case (alertLabel, _): return .none
        case (genericChannelLabel, _), (_, 1): return associatedChannel(bytes)
        case (_, 4): return .ip
        case (_, 6): return .ipv6
        case (_, 0): return ethernetPseudowire(bytes)
        default: return .none
        }
    }

    /// Reads the header of an associated channel (RFC 4385, section 5): version and reserved (2 bytes), channel
    /// type (2), where a packet has the number PPP gives it.
    private mutating func associatedChannel(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return truncated }
        let type = bytes.uint16(at: offset + 2)
        offset += 4
        switch type {
        case 0x0021: return .ip
        case 0x0057: return .ipv6
        default: return .none
        }
    }

    /// Reads an Ethernet pseudowire, with a control word (RFC 4448, section 4.6: 4 bytes, the first four bits
    /// zero) or without: the packet does not say. A known type where a frame without the word would have
    /// it tells.
    private mutating func ethernetPseudowire(_ bytes: RawSpan) -> NextHeader {
        guard has(14) else { return .none }
        switch bytes.uint16(at: offset + 12) {
        case EtherType.ipv4, EtherType.ipv6, VLANTag.etherType, EtherType.serviceVLAN, 0x0806: break
        default: offset += 4
        }
        return .ethernet
    }
}
