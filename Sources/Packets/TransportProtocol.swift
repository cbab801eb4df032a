/// A protocol number of the Internet, as the field of an IP header or the last extension header holds it.
public struct TransportProtocol: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let icmp = TransportProtocol(rawValue: 1)
    public static let tcp = TransportProtocol(rawValue: 6)
    public static let udp = TransportProtocol(rawValue: 17)
    public static let dccp = TransportProtocol(rawValue: 33)
    public static let icmpv6 = TransportProtocol(rawValue: 58)
    public static let sctp = TransportProtocol(rawValue: 132)
    public static let udpLite = TransportProtocol(rawValue: 136)

    /// IANA's keyword in lower case, as the Elastic Common Schema's `network.transport` wants it
    /// (so `ipv6-icmp`, not `icmp6`); `nil` for a number without a common name.
    public var name: String? {
        switch rawValue {
        case 0: "hopopt"
        case 1: "icmp"
        case 2: "igmp"
        case 4: "ipv4"
        case 6: "tcp"
        case 8: "egp"
        case 9: "igp"
        case 17: "udp"
        case 27: "rdp"
        case 33: "dccp"
        case 41: "ipv6"
        case 43: "ipv6-route"
        case 44: "ipv6-frag"
        case 46: "rsvp"
        case 47: "gre"
        case 50: "esp"
        case 51: "ah"
        case 55: "min-ipv4"
        case 58: "ipv6-icmp"
        case 59: "ipv6-nonxt"
        case 60: "ipv6-opts"
        case 88: "eigrp"
        case 89: "ospfigp"
        case 94: "ipip"
        case 97: "etherip"
        case 98: "encap"
        case 103: "pim"
        case 108: "ipcomp"
        case 112: "vrrp"
        case 113: "pgm"
        case 115: "l2tp"
        case 124: "isis"
        case 132: "sctp"
        case 133: "fc"
        case 135: "mobility"
        case 136: "udplite"
        case 137: "mpls-in-ip"
        case 139: "hip"
        case 140: "shim6"
        case 142: "rohc"
        case 143: "ethernet"
        default: nil
        }
    }
}

extension TransportProtocol: CustomStringConvertible {
    /// The ``name``, or the number in decimal.
    public var description: String { name ?? String(rawValue) }
}
