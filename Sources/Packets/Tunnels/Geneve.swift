// Geneve: RFC 8926, section 3.4.

extension HeaderWalk {
    /// Reads version and options' length in words, flags, protocol (2 bytes), network identifier (3),
    /// reserved, options.
    mutating func geneve(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedTunnelHeader) }
        let first = bytes.byte(at: offset)
        let type = bytes.uint16(at: offset + 2)
        separate(by: bytes.uint24(at: offset + 4))
        offset += 8 + Int(first & 0x3f) * 4
        return type > EtherType.largestLength ? .etherType(type) : .none
    }
}
