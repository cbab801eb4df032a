// What stands behind an IP header, by protocol number
// (https://www.iana.org/assignments/protocol-numbers).

extension HeaderWalk {
    /// Reads the header of one of the two protocols that almost all packets have, and leaves others to
    /// ``transport(_:_:)``.
    mutating func transportHeader(_ number: UInt8, _ bytes: RawSpan) -> NextHeader {
        switch number {
        case TransportProtocol.tcp.rawValue: tcp(bytes)
        case TransportProtocol.udp.rawValue: udp(bytes)
        default: .transport(number)
        }
    }

    /// Reads the header of any protocol.
    mutating func transport(_ number: UInt8, _ bytes: RawSpan) -> NextHeader {
        switch number {
        case TransportProtocol.tcp.rawValue: return has(14) ? tcp(bytes) : truncatedTCP(bytes)
        case TransportProtocol.udp.rawValue: return udp(bytes)
        case TransportProtocol.icmp.rawValue, TransportProtocol.icmpv6.rawValue: return icmp(bytes)
        case TransportProtocol.sctp.rawValue: return sctp(bytes)
        case TransportProtocol.udpLite.rawValue, TransportProtocol.dccp.rawValue: return ports(bytes)
        case ExtensionHeader.authentication: return .ipExtension(number)
        case ExtensionHeader.hopByHop, ExtensionHeader.routing, ExtensionHeader.fragment,
            ExtensionHeader.destinationOptions:
            return packet.source.family == .v6 ? .ipExtension(number) : .none
        default: return followsTunnels ? encapsulation(number, bytes) : .none
        }
    }
}
