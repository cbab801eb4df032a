// UDP: RFC 768.

extension HeaderWalk {
    /// Reads the ports and finds whether either belongs to a tunnel.
    ///
    ///     byte 0        2             4        6          8
    ///          | source | destination | length | checksum | payload …
    mutating func udp(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return .problem(.truncatedTransportHeader) }
        let header = bytes.extracting(offset..<offset &+ 4)
        let source = header.uint16(at: 0)
        let destination = header.uint16(at: 2)
        packet.sourcePort = source
        packet.destinationPort = destination
        packet.hasPorts = true
        guard followsTunnels else { return .none }
        guard let tunnel = UDPTunnel(source, destination) else { return .none }
        return .udp(tunnel)
    }

    /// Narrows the content to what the UDP header at the walk's offset claims and goes on with the tunnel's
    /// header. Length 0 is that of a jumbogram.
    mutating func udpTunnel(_ tunnel: UDPTunnel, _ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedTransportHeader) }
        let length = Int(bytes.uint16(at: offset + 4))
        guard length >= 8 || length == 0 && packet.source.family == .v6 else {
            return .problem(.badTransportHeader)
        }
        if length != 0 { limit(to: offset + length) }
        offset += 8
        switch tunnel {
        case .vxlan: return vxlan(bytes)
        case .vxlanGPE: return vxlanGPE(bytes)
        case .geneve: return geneve(bytes)
        case .gtp: return gtp(bytes)
        case .teredo: return teredo(bytes)
        case .ayiya: return ayiya(bytes)
        case .l2tp: return l2tp(bytes)
        case .capwap: return capwap(bytes)
        case .lisp: return lisp(bytes)
        case .mpls: return .mpls
        case .gre: return .gre
        case .tzsp: return tzsp(bytes)
        case .amt: return multicastTunnel(bytes)
        }
    }
}
