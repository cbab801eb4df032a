// Teredo: RFC 4380, section 5.1.1.

extension HeaderWalk {
    /// Reads the authentication (00 01) and origin (00 00) indications that may precede the IPv6 packet.
    mutating func teredo(_ bytes: RawSpan) -> NextHeader {
        if has(4), bytes.uint16(at: offset) == 0x0001 {
            let identifierLength = Int(bytes.byte(at: offset + 2))
            let valueLength = Int(bytes.byte(at: offset + 3))
            offset += 4 + identifierLength + valueLength + 9  // nonce and confirmation
        }
        if has(2), bytes.uint16(at: offset) == 0x0000 { offset += 8 }
        guard has(1) else { return .problem(.truncatedTunnelHeader) }
        // Another protocol on Teredo's port is no broken tunnel.
        return bytes.byte(at: offset) >> 4 == 6 ? .ipv6 : .none
    }
}
