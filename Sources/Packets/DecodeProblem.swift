/// Why decoding stopped before the transport header. A number, so that a flood of bad packets costs no more
/// than good ones; ``description`` has the words.
///
/// A problem outside every IP header makes the packet ``DecodedPacket/Kind/malformed``: what cannot be decoded is
/// counted, and never passes for another protocol. A problem behind an IP header leaves the packet with that header.
public enum DecodeProblem: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case none
    case truncatedLinkHeader
    case truncatedNetworkHeader
    case badNetworkHeader
    /// The capture's link type is none this decoder reads: nothing is known of the packet.
    case unknownLinkType
    case badLinkHeader
    case badIPv4Version
    case badIPv4HeaderLength
    case badIPv4TotalLength
    case badIPv6Version
    case truncatedExtensionHeader
    case badExtensionHeader
    case truncatedTransportHeader
    case badTransportHeader
    case truncatedTunnelHeader
    case badTunnelHeader
    case tooManyHeaders
}

extension DecodeProblem: CustomStringConvertible {
    /// A few words for a person, without a full stop: "IPv4 header length below 20".
    public var description: String {
        switch self {
        case .none: "no problem"
        case .truncatedLinkHeader: "link header cut off"
        case .truncatedNetworkHeader: "IP header cut off"
        case .badNetworkHeader: "IP version neither 4 nor 6"
        case .unknownLinkType: "unknown link type"
        case .badLinkHeader: "link header contradicts itself"
        case .badIPv4Version: "IPv4 version not 4"
        case .badIPv4HeaderLength: "IPv4 header length below 20"
        case .badIPv4TotalLength: "IPv4 total length below the header length"
        case .badIPv6Version: "IPv6 version not 6"
        case .truncatedExtensionHeader: "extension header cut off"
        case .badExtensionHeader: "extension header contradicts itself"
        case .truncatedTransportHeader: "transport header cut off"
        case .badTransportHeader: "transport header contradicts itself"
        case .truncatedTunnelHeader: "tunnel header cut off"
        case .badTunnelHeader: "tunnel header contradicts itself"
        case .tooManyHeaders: "too many headers in one packet"
        }
    }
}
