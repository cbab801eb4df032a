// PPP: RFC 1661, section 2; framing like HDLC's: RFC 1662, section 3.1; PPPoE: RFC 2516, section 4;
// bridged frames: RFC 3518, section 4.1.

extension HeaderWalk {
    /// Reads the protocol field, with address and control (ff 03) before it or without, one byte long where
    /// the peers agreed to compress it.
    mutating func ppp(_ bytes: RawSpan) -> NextHeader {
        if has(2), bytes.uint16(at: offset) == 0xff03 { offset += 2 }
        guard has(1) else { return truncated }
        var number = UInt16(bytes.byte(at: offset))
        if number & 1 == 0 {
            guard has(2) else { return truncated }
            number = bytes.uint16(at: offset)
            offset += 2
        } else {
            offset += 1
        }
        switch number {
        case 0x0021: return .ip
        case 0x0057: return .ipv6
        case 0x0281, 0x0283: return .mpls
        case 0x003d: return multilinkFragment(bytes)
        case 0x004b: return .logicalLinkControl
        case 0x0031: return bridgedFrame(bytes)
        case EtherType.ipv4: return .ip
        case EtherType.ipv6: return .ipv6
        default: return .none
        }
    }

    /// Reads the header of a PPPoE session: version and type, code, session (2 bytes), length (2).
    mutating func pppoeSession(_ bytes: RawSpan) -> NextHeader {
        guard has(6) else { return truncated }
        let length = Int(bytes.uint16(at: offset + 4))
        offset += 6
        limit(to: offset + length)
        return .ppp
    }

    /// Reads the header of PPP multilink (RFC 1990, section 3) with long sequence numbers; only a frame that is
    /// whole, marked as both the first fragment and the last, can be read. It counts as a link's, not as a
    /// tunnel's.
    private mutating func multilinkFragment(_ bytes: RawSpan) -> NextHeader {
        guard packet.kind != .ip else { return .none }
        guard has(4) else { return truncated }
        let isWhole = bytes.byte(at: offset) & 0xc0 == 0xc0
        offset += 4
        return isWhole ? .ppp : .none
    }

    /// Reads flags and type of a frame bridged over PPP; type 1 is Ethernet.
    private mutating func bridgedFrame(_ bytes: RawSpan) -> NextHeader {
        guard has(2) else { return truncated }
        let type = bytes.byte(at: offset + 1)
        offset += 2
        return type == 1 ? .ethernet : .none
    }
}
