import Packets
import TestSupport
import Testing

private typealias Build = PacketBuilder

@Suite("A frame's first header leads to the IP header")
struct LinkTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let link: LinkType
        let prefix: String
        var testDescription: String { name }
    }

    /// What stands before an IPv4 packet, in hexadecimal.
    static let beforeIPv4: [Case] = [
        Case(name: "Ethernet", link: .ethernet, prefix: "020000000002 020000000001 0800"),
        Case(name: "802.1Q", link: .ethernet, prefix: "020000000002 020000000001 8100 0005 0800"),
        Case(name: "802.1ad", link: .ethernet, prefix: "020000000002 020000000001 88a8 0005 8100 0006 0800"),
        Case(name: "0x9100", link: .ethernet, prefix: "020000000002 020000000001 9100 0005 8100 0006 0800"),
        Case(
            name: "three tags", link: .ethernet,
            prefix: "020000000002 020000000001 8100 0001 8100 0002 8100 0003 0800"),
        Case(
            name: "802.1ah", link: .ethernet,
            prefix: "020000000002 020000000001 88e7 00123456 020000000004 020000000003 0800"),
        Case(name: "SNAP", link: .ethernet, prefix: "020000000002 020000000001 0030 aaaa03 000000 0800"),
        Case(name: "LLC", link: .ethernet, prefix: "020000000002 020000000001 002b 060603"),
        Case(name: "MPLS", link: .ethernet, prefix: "020000000002 020000000001 8847 00010040 00020140"),
        Case(
            name: "pseudowire", link: .ethernet,
            prefix: "020000000002 020000000001 8847 00010140 00000000 1cdea70bd4de 1cdea70bd4df 0800"),
        Case(name: "PPPoE", link: .ethernet, prefix: "020000000002 020000000001 8864 1100 0001 002a 0021"),
        Case(name: "Cisco metadata", link: .ethernet, prefix: "020000000002 020000000001 8909 0101 0001 0005 0800"),
        Case(name: "VN-tag", link: .ethernet, prefix: "020000000002 020000000001 8926 00000000 0800"),
        Case(name: "NSH", link: .ethernet, prefix: "020000000002 020000000001 894f 0002 0201 000001ff"),
        Case(name: "NULL, little-endian", link: .null, prefix: "02000000"),
        Case(name: "NULL, big-endian", link: .null, prefix: "00000002"),
        Case(name: "NULL with an EtherType", link: .null, prefix: "0f000800"),
        Case(name: "LOOP", link: .loop, prefix: "00000002"),
        Case(name: "raw", link: .raw, prefix: ""),
        Case(name: "IPv4", link: .ipv4, prefix: ""),
        Case(name: "Linux cooked", link: .linuxCooked, prefix: "0000 0001 0006 0200000000010000 0800"),
        Case(
            name: "Linux cooked, 802.1Q", link: .linuxCooked,
            prefix: "0000 0001 0006 0200000000010000 8100 0005 0800"),
        Case(name: "Linux cooked 2", link: .linuxCooked2, prefix: "0800 0000 00000002 0001 00 06 0200000000010000"),
        Case(name: "PPP", link: .ppp, prefix: "ff03 0021"),
        Case(name: "PPP, compressed", link: .ppp, prefix: "21"),
        Case(name: "PPP with Cisco framing", link: .pppHDLC, prefix: "0f00 0800"),
        Case(name: "PPP with direction", link: .pppWithDirection, prefix: "01 ff03 0021"),
        Case(name: "pppd", link: .pppd, prefix: "01 03 0021"),
        Case(name: "PPPoE without Ethernet", link: .pppoe, prefix: "1100 0001 002a 0021"),
        Case(name: "Cisco HDLC", link: .ciscoHDLC, prefix: "0f00 0800"),
        Case(name: "Frame Relay", link: .frameRelay, prefix: "1841 03cc"),
        Case(name: "Frame Relay, SNAP", link: .frameRelay, prefix: "1841 0300 80 000000 0800"),
        Case(name: "Frame Relay, Cisco", link: .frameRelay, prefix: "1841 0800"),
        Case(
            name: "IP over InfiniBand", link: .ipOverInfiniBand,
            prefix: String(repeating: "00", count: 40) + "0800 0000"),
        Case(name: "NFLOG", link: .nflog, prefix: "02 00 0000  0800 0100 08000127  2c00 0900"),
        Case(name: "PFLOG", link: .pflog, prefix: "3d02" + String(repeating: "00", count: 62)),
        Case(name: "IPsec interface", link: .enc, prefix: "02000000 00000000 00000000"),
        Case(name: "token ring", link: .tokenRing, prefix: "1040 020000000002 020000000001 aaaa03 000000 0800"),
        Case(name: "FDDI", link: .fddi, prefix: "50 020000000002 020000000001 aaaa03 000000 0800"),
        Case(name: "ATM", link: .atmRFC1483, prefix: "aaaa03 000000 0800"),
        Case(name: "FireWire", link: .appleIPOverFireWire, prefix: String(repeating: "00", count: 16) + "0800"),
        Case(name: "PPI", link: .ppi, prefix: "0000 0800 01000000 020000000002 020000000001 0800"),
        Case(
            name: "PKTAP", link: .pktap,
            prefix: "6c000000 01000000 0c000000" + String(repeating: "00", count: 96)),
    ]

    @Test("IPv4", arguments: beforeIPv4)
    func ipv4(example: Case) {
        let packet = decode(Build.hex(example.prefix) + Inside.ipv4, link: example.link)
        #expect(summary(packet) == Inside.ipv4Summary)
        #expect(packet.problem == .none)
        #expect(packet.sourcePort == 40000 && packet.destinationPort == 80)
    }

    static let beforeIPv6: [Case] = [
        Case(name: "Ethernet", link: .ethernet, prefix: "020000000002 020000000001 86dd"),
        Case(name: "MPLS", link: .ethernet, prefix: "020000000002 020000000001 8847 00010140"),
        Case(name: "PPP", link: .ppp, prefix: "ff03 0057"),
        Case(name: "NULL of Linux", link: .null, prefix: "0a000000"),
        Case(name: "NULL of NetBSD", link: .null, prefix: "18000000"),
        Case(name: "NULL of FreeBSD", link: .null, prefix: "1c000000"),
        Case(name: "NULL of Darwin", link: .null, prefix: "1e000000"),
        Case(name: "LOOP of OpenBSD", link: .loop, prefix: "00000018"),
        Case(name: "raw", link: .raw, prefix: ""),
        Case(name: "IPv6", link: .ipv6, prefix: ""),
        Case(name: "Frame Relay", link: .frameRelay, prefix: "1841 038e"),
    ]

    @Test("IPv6", arguments: beforeIPv6)
    func ipv6(example: Case) {
        #expect(summary(decode(Build.hex(example.prefix) + Inside.ipv6, link: example.link)) == Inside.ipv6Summary)
    }

    static let withoutIP: [(name: String, link: LinkType, frame: String)] = [
        ("ARP", .ethernet, "ffffffffffff 020000000001 0806 0001 0800 0604 0001"),
        ("LLDP", .ethernet, "0180c200000e 020000000001 88cc 0207"),
        ("spanning tree", .ethernet, "0180c2000000 020000000001 0026 424203 0000"),
        ("Novell's raw IPX", .ethernet, "ffffffffffff 020000000001 0022 ffff 0022"),
        ("PPP's control protocol", .ppp, "ff03 c021 0101 0004"),
        ("MPLS with an alert", .ethernet, "020000000002 020000000001 8847 0000e140 45"),
        ("netlink", .linuxCooked, "0004 0338 0000 0000000000000000 0000 45"),
    ]

    @Test("a frame of another protocol is no IP packet, and not malformed", arguments: withoutIP)
    func others(name: String, link: LinkType, frame: String) {
        let packet = decode(Build.hex(frame), link: link)
        #expect(packet.kind == .nonIP && packet.problem == .none)
        #expect(packet.bytes == 0)
    }

    @Test("a packet of an unknown link type cannot be decoded")
    func unknownLink() {
        let packet = decode(Inside.ethernet, link: LinkType(rawValue: 147))
        #expect(packet.kind == .malformed && packet.problem == .unknownLinkType)
    }

    @Test("a link header cut off or impossible is malformed")
    func malformed() {
        #expect(summary(decode(Build.hex("020000000002 0200"))) == "malformed: link header cut off")
        #expect(
            summary(decode(Build.hex("0000 0700 00000000"), link: .radiotap))
                == "malformed: link header contradicts itself")
        #expect(summary(decode([], link: .raw)) == "malformed: IP header cut off")
    }

    @Test("the padding of a frame is not read as a header")
    func padding() {
        let empty = Build.ipv4([], protocol: 6)
        let packet = decode(Build.ethernet(empty + Build.tcp()))
        #expect(packet.kind == .ip && !packet.hasPorts)
        #expect(packet.problem == .truncatedTransportHeader)
        #expect(packet.bytes == 20 && packet.wireBytes == 54)
    }
}
