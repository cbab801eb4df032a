// Cisco HDLC: RFC 1547, section 4.3.1.

extension HeaderWalk {
    /// Reads address, control and protocol (2 bytes), which is an EtherType.
    mutating func ciscoHDLC(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return truncated }
        let type = bytes.uint16(at: offset + 2)
        offset += 4
        return type > EtherType.largestLength ? .etherType(type) : .none
    }
}
