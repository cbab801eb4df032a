// GTP's user plane: 3GPP TS 29.281, section 5. Version 0: 3GPP TS 09.60, section 6.

extension HeaderWalk {
    /// Reads flags, message type, length (2 bytes), tunnel endpoint (4), and where any of the flags names one
    /// of them, all of sequence number (2), N-PDU number, type of the first extension header. Only message
    /// 255 carries a packet. The two directions of a tunnel have different endpoints, so they separate
    /// nothing.
    mutating func gtp(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedTunnelHeader) }
        let flags = bytes.byte(at: offset)
        guard bytes.byte(at: offset + 1) == 255 else { return .none }
        switch flags >> 5 {
        case 0:
            offset += 20
        case 1:
            let isUserPlane = flags & 0x10 != 0  // otherwise GTP', for charging
            guard isUserPlane else { return .none }
            let hasOptions = flags & 0x07 != 0
            let hasExtensions = flags & 0x04 != 0
            offset += 8
            if hasOptions {
                guard has(4) else { return .problem(.truncatedTunnelHeader) }
                offset += 4
                if hasExtensions {
                    guard skipExtensions(first: bytes.byte(at: offset - 1), bytes) else {
                        return .problem(.truncatedTunnelHeader)
                    }
                }
            }
        default:
            return .none
        }
        guard has(1) else { return .none }
        switch bytes.byte(at: offset) {
        case 0x45...0x4e: return .ipv4
        case 0x60...0x6f: return .ipv6
        default: return .none
        }
    }

    /// Passes over extension headers: length in words, content, type of the next; type 0 ends them.
    private mutating func skipExtensions(first: UInt8, _ bytes: RawSpan) -> Bool {
        var type = first
        while type != 0 {
            guard has(1) else { return false }
            let length = Int(bytes.byte(at: offset)) * 4
            guard length > 0, has(length) else { return false }
            offset += length
            type = bytes.byte(at: offset - 1)
        }
        return true
    }
}
