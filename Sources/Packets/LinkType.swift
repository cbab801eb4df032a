/// The kind of header a frame begins with: a `LINKTYPE_` value as capture files hold it
/// (https://www.tcpdump.org/linktypes.html). The constants are the types whose content this module decodes.
public struct LinkType: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// BSD loopback; the address family is in the capturing host's byte order.
    public static let null = LinkType(rawValue: 0)
    public static let ethernet = LinkType(rawValue: 1)
    public static let tokenRing = LinkType(rawValue: 6)
    public static let ppp = LinkType(rawValue: 9)
    public static let fddi = LinkType(rawValue: 10)
    /// ATM, LLC-encapsulated as RFC 2684 says.
    public static let atmRFC1483 = LinkType(rawValue: 100)
    public static let atmRFC1483DLT = LinkType(rawValue: 11)
    public static let raw = LinkType(rawValue: 101)
    /// The numbers that libpcap's API has for the same (`DLT_`…) differ between systems for some types, and
    /// some programs write them.
    public static let rawDLT = LinkType(rawValue: 12)
    public static let rawDLTOpenBSD = LinkType(rawValue: 14)
    public static let pppHDLC = LinkType(rawValue: 50)
    /// Frames of a PPPoE session without their Ethernet header.
    public static let pppoe = LinkType(rawValue: 51)
    public static let ciscoHDLC = LinkType(rawValue: 104)
    /// RFC 2225: IP without a header of its own.
    public static let classicalIPOverATM = LinkType(rawValue: 106)
    public static let classicalIPOverATMDLT = LinkType(rawValue: 19)
    public static let wlan = LinkType(rawValue: 105)
    public static let frameRelay = LinkType(rawValue: 107)
    /// OpenBSD loopback; the address family is in network byte order.
    public static let loop = LinkType(rawValue: 108)
    /// OpenBSD's IPsec interface.
    public static let enc = LinkType(rawValue: 109)
    public static let linuxCooked = LinkType(rawValue: 113)
    public static let pflog = LinkType(rawValue: 117)
    public static let prism = LinkType(rawValue: 119)
    public static let ipOverFibreChannel = LinkType(rawValue: 122)
    public static let sunATM = LinkType(rawValue: 123)
    public static let radiotap = LinkType(rawValue: 127)
    public static let appleIPOverFireWire = LinkType(rawValue: 138)
    public static let avs = LinkType(rawValue: 163)
    /// PPP frames whose address byte says which way they went.
    public static let pppd = LinkType(rawValue: 166)
    public static let ppi = LinkType(rawValue: 192)
    public static let endaceERF = LinkType(rawValue: 197)
    public static let pppWithDirection = LinkType(rawValue: 204)
    public static let ciscoHDLCWithDirection = LinkType(rawValue: 205)
    public static let frameRelayWithDirection = LinkType(rawValue: 206)
    public static let ipnet = LinkType(rawValue: 226)
    public static let ipv4 = LinkType(rawValue: 228)
    public static let ipv6 = LinkType(rawValue: 229)
    public static let nflog = LinkType(rawValue: 239)
    public static let netANALYZER = LinkType(rawValue: 240)
    public static let netANALYZERTransparent = LinkType(rawValue: 241)
    public static let ipOverInfiniBand = LinkType(rawValue: 242)
    public static let pktap = LinkType(rawValue: 258)
    /// Where Darwin's libpcap puts PKTAP, among the numbers left to users.
    public static let pktapDLT = LinkType(rawValue: 149)
    public static let ethernetMPacket = LinkType(rawValue: 274)
    public static let linuxCooked2 = LinkType(rawValue: 276)
}
