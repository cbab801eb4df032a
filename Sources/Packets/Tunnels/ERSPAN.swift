// ERSPAN, what switches mirror in GRE: draft-foschiano-erspan-03, section 4.

extension HeaderWalk {
    /// Reads the header of type II (8 bytes) or III (12, and 8 more where the last bit says so). Type I,
    /// which has no header, is known by GRE having no sequence number. Type III can also mirror frames
    /// that are not Ethernet; these are not followed.
    mutating func switchedPortAnalyser(isTypeI: Bool, _ bytes: RawSpan) -> NextHeader {
        if isTypeI { return .ethernet }
        guard has(8) else { return .problem(.truncatedTunnelHeader) }
        switch bytes.byte(at: offset) >> 4 {
        case 1:
            offset += 8
            return .ethernet
        case 2:
            guard has(12) else { return .problem(.truncatedTunnelHeader) }
            let frameType = bytes.uint16(at: offset + 10) >> 10 & 0x1f
            let hasSubheader = bytes.byte(at: offset + 11) & 1 != 0
            offset += hasSubheader ? 20 : 12
            return frameType == 0 ? .ethernet : .none
        default:
            return .problem(.badTunnelHeader)
        }
    }
}
