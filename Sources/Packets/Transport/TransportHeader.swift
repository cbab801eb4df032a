// What stands behind an IP header, by protocol number
// (https://www.iana.org/assignments/protocol-numbers).

extension HeaderWalk {
    /// Reads the header of a transport protocol, or passes on what is none.
    @inline(__always)
    mutating func transportHeader(_ number: UInt8, isIPv6: Bool, _ bytes: RawSpan) -> NextHeader {
        switch number {
        case TransportProtocol.tcp.rawValue: return tcp(bytes)
        case TransportProtocol.udp.rawValue: return udp(bytes)
        default: return rarerHeader(number, isIPv6: isIPv6, bytes)
        }
    }

    @inline(never)
    private mutating func rarerHeader(_ number: UInt8, isIPv6: Bool, _ bytes: RawSpan) -> NextHeader {
        switch number {
        case TransportProtocol.icmp.rawValue, TransportProtocol.icmpv6.rawValue: return icmp(bytes)
        case TransportProtocol.sctp.rawValue: return sctp(bytes)
        case TransportProtocol.udpLite.rawValue, TransportProtocol.dccp.rawValue: return ports(bytes)
        case ExtensionHeader.authentication: return .ipExtension(number)
        case ExtensionHeader.hopByHop, ExtensionHeader.routing, ExtensionHeader.fragment,
            ExtensionHeader.destinationOptions:
            return isIPv6 ? .ipExtension(number) : .none
        default: return followsTunnels ? .transport(number) : .none
        }
    }
}
