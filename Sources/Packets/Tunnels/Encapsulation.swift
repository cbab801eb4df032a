// Packets carried directly by IP, by protocol number.

extension HeaderWalk {
    /// Goes on inside a protocol that carries packets; every other protocol ends the walk.
    ///
    /// 4: RFC 2003. 41: RFC 4213, RFC 2473. 47: GRE. 97: RFC 3378. 103: PIM. 137: RFC 4023.
    /// 143: RFC 8986, section 4.9.
    mutating func encapsulation(_ number: UInt8, _ bytes: RawSpan) -> NextHeader {
        switch number {
        case 4: return .ip
        case 41: return .ipv6
        case 47: return .gre
        case 97: return ethernetInIP(bytes)
        case 103: return pimRegister(bytes)
        case 137: return .mpls
        case 143: return .ethernet
        default: return .none
        }
    }

    /// Reads EtherIP's two bytes, version and reserved. The version is not looked at: systems disagree on
    /// which half of the byte it is in.
    private mutating func ethernetInIP(_ bytes: RawSpan) -> NextHeader {
        guard has(2) else { return .problem(.truncatedTunnelHeader) }
        offset += 2
        return .ethernet
    }

    /// Reads a PIM Register (RFC 7761, section 4.9.3): version and type, reserved, checksum (2 bytes), flags
    /// (4); the packet of the source follows, or a dummy header in a Null-Register.
    private mutating func pimRegister(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .none }
        guard bytes.byte(at: offset) == 0x21 else { return .none }
        offset += 8
        return .ip
    }
}
