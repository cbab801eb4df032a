// TZSP, the TaZmen sniffer protocol, by which routers send what they capture.

extension HeaderWalk {
    /// Reads version, type (0: a received frame), encapsulation (2 bytes), and tagged fields, of which tag 0
    /// is a byte of padding and tag 1 the last; the others have a length.
    mutating func tzsp(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return .problem(.truncatedTunnelHeader) }
        let type = bytes.byte(at: offset + 1)
        let encapsulation = bytes.uint16(at: offset + 2)
        guard type <= 1 else { return .none }
        offset += 4
        while true {
            guard has(1) else { return .problem(.truncatedTunnelHeader) }
            let tag = bytes.byte(at: offset)
            offset += 1
            if tag == 1 { break }
            if tag == 0 { continue }
            guard has(1) else { return .problem(.truncatedTunnelHeader) }
            offset += 1 + Int(bytes.byte(at: offset))
        }
        switch encapsulation {
        case 1: return .ethernet
        case 18: return .wlan(WLANFrame())
        default: return .none
        }
    }
}
