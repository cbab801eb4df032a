// LISP's data packets: RFC 9300, section 5.

extension HeaderWalk {
    /// Reads flags, nonce (3 bytes), instance and locator bits (4); an IP packet follows.
    mutating func lisp(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedTunnelHeader) }
        offset += 8
        return .ip
    }
}
