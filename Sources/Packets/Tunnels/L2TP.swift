// L2TP version 2: RFC 2661, section 3.1.

extension HeaderWalk {
    /// Reads flags and version (2 bytes), length (2, optional), tunnel and session (2 each), sequence
    /// numbers (4, optional), offset (2 and as many as it says, optional); a PPP frame follows. Control
    /// messages carry no packets, and what version 3 carries was agreed when the session began.
    mutating func l2tp(_ bytes: RawSpan) -> NextHeader {
        guard has(6) else { return .problem(.truncatedTunnelHeader) }
        let flags = bytes.uint16(at: offset)
        let isControl = flags & 0x8000 != 0
        guard flags & 0xf == 2, !isControl else { return .none }
        let start = offset
        offset += 2
        if flags & 0x4000 != 0 {
            let length = Int(bytes.uint16(at: offset))
            offset += 2
            if length > 0 { limit(to: start + length) }
        }
        offset += 4
        if flags & 0x0800 != 0 { offset += 4 }
        if flags & 0x0200 != 0 {
            guard has(2) else { return .problem(.truncatedTunnelHeader) }
            offset += 2 + Int(bytes.uint16(at: offset))
        }
        // A session that carries nothing yet is no broken one.
        return has(1) ? .ppp : .none
    }
}
