// IP over InfiniBand: RFC 4391, section 6, behind a global route header (40 bytes).

extension HeaderWalk {
    /// Reads EtherType and reserved bytes (2 each) behind the route.
    mutating func ipOverInfiniBand(_ bytes: RawSpan) -> NextHeader {
        guard has(44) else { return .problem(.truncatedLinkHeader) }
        let type = bytes.uint16(at: offset + 40)
        offset += 44
        return .etherType(type)
    }
}
