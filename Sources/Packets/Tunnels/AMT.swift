// Automatic multicast tunnelling: RFC 7450, section 5.1.

extension HeaderWalk {
    /// Reads version and type; multicast data (6) has one byte more, membership queries (4) and updates (5)
    /// have nonces and authentication before their packet.
    mutating func multicastTunnel(_ bytes: RawSpan) -> NextHeader {
        guard has(2) else { return .problem(.truncatedTunnelHeader) }
        switch bytes.byte(at: offset) {
        case 4, 5: offset += 12
        case 6: offset += 2
        default: return .none
        }
        return .ip
    }
}
