/// What stands at the walk's offset: each header reader says what comes behind its header.
enum NextHeader {
    /// Nothing more to read.
    case none
    /// Nothing more can be read.
    case problem(DecodeProblem)
    /// The first header of a frame of a link type.
    case link(LinkType)
    case ethernet
    /// Whatever a link's or tunnel's EtherType field names.
    case etherType(UInt16)
    /// An IEEE 802.2 header: DSAP, SSAP, control.
    case logicalLinkControl
    case ppp
    case wlan(WLANFrame)
    case ciscoHDLC
    case frameRelay
    case mpls
    case serviceFunctionHeader
    /// IPv4 or IPv6, by its version field.
    case ip
    case ipv4
    /// An IPv4 header that is not the plain one of 20 bytes: with options, or invalid.
    case ipv4WithOptions
    case ipv6
    /// An IPv6 header without a payload length: a jumbogram's, or one that carries nothing.
    case ipv6WithoutLength
    /// An IPv6 extension header, or an authentication header in IPv4, by protocol number.
    case ipExtension(UInt8)
    /// A header named by an IP protocol number, TCP and UDP apart where they are whole.
    case transport(UInt8)
    case gre
    /// A UDP header whose port belongs to a tunnel.
    case udp(UDPTunnel)
}

/// How a carrier of 802.11 frames changes them.
struct WLANFrame {
    /// The header is padded to a multiple of four bytes (Atheros adapters).
    var isPadded = false
    /// The two bytes of the frame control field are exchanged (CAPWAP access points).
    var isSwapped = false
}
