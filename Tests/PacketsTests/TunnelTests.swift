import Packets
import TestSupport
import Testing

private typealias Build = PacketBuilder

@Suite("A tunnel is followed to the packet inside")
struct TunnelTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let number: UInt8
        let content: [UInt8]
        var testDescription: String { name }

        init(_ name: String, number: UInt8, _ content: [UInt8]) {
            self.name = name
            self.number = number
            self.content = content
        }

        /// A tunnel over UDP.
        init(_ name: String, from source: UInt16 = 50000, to destination: UInt16, _ content: [UInt8]) {
            self.init(name, number: 17, Build.udp(content, from: source, to: destination))
        }
    }

    static let frame = Inside.ethernet
    static let withIPv4: [Case] = [
        Case("IP in IP", number: 4, Inside.ipv4),
        Case("Ethernet in IP", number: 97, Build.hex("3000") + frame),
        Case("Ethernet by number 143", number: 143, frame),
        Case("MPLS in IP", number: 137, Build.mpls(Inside.ipv4)),
        Case("AH", number: 51, Build.authentication(next: 4, Inside.ipv4)),
        Case("GRE", number: 47, Build.gre(Inside.ipv4, type: 0x0800)),
        Case(
            "GRE with checksum, key, sequence", number: 47,
            Build.gre(Inside.ipv4, type: 0x0800, flags: 0xb000, fields: Build.zeros(12))),
        Case(
            "GRE with routing", number: 47,
            Build.gre(
                Inside.ipv4, type: 0x0800, flags: 0x4000, fields: Build.hex("00000000 0800 0004 01020304 00000000"))
        ),
        Case(
            "PPTP", number: 47,
            Build.gre(Build.hex("ff03 0021") + Inside.ipv4, type: 0x880b, flags: 0x3081, fields: Build.zeros(12))),
        Case("Ethernet in GRE", number: 47, Build.gre(frame, type: 0x6558)),
        Case("MPLS in GRE", number: 47, Build.gre(Build.mpls(Inside.ipv4), type: 0x8847)),
        Case("802.11 in GRE", number: 47, Build.gre(Build.wlan(Inside.ipv4), type: 0x8200)),
        Case("WCCP", number: 47, Build.gre(Build.zeros(4) + Inside.ipv4, type: 0x883e)),
        Case(
            "Cisco metadata in GRE", number: 47,
            Build.gre(Build.hex("0800 0101 0001 0000") + Inside.ipv4, type: 0x8909)),
        Case("ERSPAN I", number: 47, Build.gre(frame, type: 0x88be)),
        Case(
            "ERSPAN II", number: 47,
            Build.gre(Build.hex("10010001 00000000") + frame, type: 0x88be, flags: 0x1000, fields: Build.zeros(4))),
        Case(
            "ERSPAN III", number: 47,
            Build.gre(
                Build.hex("20010001 00000000 00000000") + frame, type: 0x22eb, flags: 0x1000, fields: Build.zeros(4)
            )),
        Case(
            "ERSPAN III with a subheader", number: 47,
            Build.gre(
                Build.hex("20010001 00000000 00000001") + Build.zeros(8) + frame, type: 0x22eb, flags: 0x1000,
                fields: Build.zeros(4))),
        Case("PIM Register", number: 103, Build.hex("21000000 00000000") + Inside.ipv4),
        Case("VXLAN", to: 4789, Build.vxlan(frame)),
        Case("VXLAN of Linux", to: 8472, Build.vxlan(frame)),
        Case("VXLAN in the other direction", from: 4789, to: 50000, Build.vxlan(frame)),
        Case("VXLAN-GPE", to: 4790, Build.hex("0c000001 00000100") + Inside.ipv4),
        Case("NSH in VXLAN-GPE", to: 4790, Build.hex("0c000004 00000100 00020201 000001ff") + Inside.ipv4),
        Case("Geneve", to: 6081, Build.geneve(frame, type: 0x6558)),
        Case("Geneve with options", to: 6081, Build.geneve(Inside.ipv4, type: 0x0800, options: Build.zeros(8))),
        Case("GTP-U", from: 2152, to: 2152, Build.gtp(Inside.ipv4)),
        Case("GTP-U with sequence numbers", to: 2152, Build.gtp(Inside.ipv4, flags: 0x32, fields: Build.zeros(4))),
        Case(
            "GTP-U with extension headers", to: 2152,
            Build.gtp(Inside.ipv4, flags: 0x34, fields: Build.hex("000000c0 01000185 01100500"))),
        Case("L2TP", from: 1701, to: 1701, Build.hex("0002 0005 0006 ff03 0021") + Inside.ipv4),
        Case(
            "L2TP with all fields", from: 1701, to: 1701,
            Build.hex("4a02 003a 0005 0006 00010001 0000 ff03 0021") + Inside.ipv4),
        Case("CAPWAP, Ethernet", to: 5247, Build.hex("00 100200 00000000") + frame),
        Case(
            "CAPWAP, 802.11", to: 5247, Build.hex("00 100300 00000000") + Build.wlan(Inside.ipv4, control: "02 08")),
        Case("LISP", to: 4341, Build.zeros(8) + Inside.ipv4),
        Case("MPLS over UDP", to: 6635, Build.mpls(Inside.ipv4)),
        Case("GRE over UDP", to: 4754, Build.gre(Inside.ipv4, type: 0x0800)),
        Case("TZSP", to: 37008, Build.hex("0100 0001 0a01aa 01") + frame),
        Case("AMT", to: 2268, Build.hex("0600") + Inside.ipv4),
        Case("AYIYA", to: 5072, Build.hex("41521104 00000000") + Build.zeros(36) + Inside.ipv4),
        Case(
            "three tunnels", number: 4,
            Build.ipv4(
                Build.gre(Build.ipv4(Build.udp(Build.vxlan(frame), to: 4789), protocol: 17), type: 0x0800),
                protocol: 47)),
    ]

    @Test("IPv4", arguments: withIPv4)
    func ipv4(example: Case) {
        for outside in [
            Build.ipv4(example.content, protocol: example.number),
            Build.ipv6(example.content, next: example.number),
        ] {
            let inner = decode(outside, link: .raw)
            #expect(summary(inner) == Inside.ipv4Summary)
            #expect(inner.hasPorts && inner.destinationPort == 80 && inner.problem == .none)
            #expect(inner.wireBytes == UInt32(outside.count))
            let outer = decode(outside, layer: .outer, link: .raw)
            #expect(outer.bytes == UInt64(outside.count))
            #expect(outer.source.description == (outer.source.family == .v4 ? "10.0.0.1" : "fd00::1"))
        }
    }

    static let withIPv6: [Case] = [
        Case("6in4", number: 41, Inside.ipv6),
        Case("GRE", number: 47, Build.gre(Inside.ipv6, type: 0x86dd)),
        Case("Teredo", to: 3544, Inside.ipv6),
        Case(
            "Teredo with indications", from: 3544, to: 50000,
            Build.hex("00010000 0000000000000000 00 0000 1234 01020304") + Inside.ipv6),
        Case("AYIYA", from: 5072, to: 5072, Build.hex("41521129 00000000") + Build.zeros(36) + Inside.ipv6),
        Case("GTP-U", to: 2152, Build.gtp(Inside.ipv6)),
        Case("SRv6", number: 43, [41] + Build.hex("02 04 00 00000000") + Build.zeros(16) + Inside.ipv6),
    ]

    @Test("IPv6", arguments: withIPv6)
    func ipv6(example: Case) {
        let outside =
            example.number == 43
            ? Build.ipv6(example.content, next: 43) : Build.ipv4(example.content, protocol: example.number)
        #expect(summary(decode(outside, link: .raw)) == Inside.ipv6Summary)
    }

    static let notFollowed: [Case] = [
        Case("VXLAN on another port", to: 4788, Build.vxlan(frame)),
        Case("a client of DNS on VXLAN's port", from: 4789, to: 53, Build.vxlan(frame)),
        Case("a GTP echo", to: 2152, Build.hex("3201 0004 00000000 00000000")),
        Case("L2TP's control messages", from: 1701, to: 1701, Build.hex("c802 0014 0005 0000 00000000 8008")),
        Case("an encrypted CAPWAP frame", to: 5247, Build.hex("01 000000") + frame),
        Case("a fragment of a CAPWAP frame", to: 5247, Build.hex("00 100280 00000000") + frame),
        Case("an answer of AYIYA's", to: 5072, Build.hex("41521429 00000000") + Build.zeros(36) + Inside.ipv6),
        Case("ESP", number: 50, Build.zeros(8) + Inside.ipv4),
        Case("a PIM Hello", number: 103, Build.hex("20000000 00010002")),
        Case("GRE with ARP", number: 47, Build.gre(Inside.ipv4, type: 0x0806)),
    ]

    @Test("unless nothing is inside, and that is no problem", arguments: notFollowed)
    func others(example: Case) {
        let packet = decode(Build.ipv4(example.content, protocol: example.number), link: .raw)
        #expect(packet.source.description == "10.0.0.1" && packet.transport == example.number)
        #expect(packet.problem == .none)
    }

    @Test("and stays outside where the header inside is invalid")
    func invalidInside() {
        var broken = Inside.ipv4
        broken[0] = 0x44
        let packet = decode(
            Build.ipv4(Build.udp(Build.gtp(broken), from: 2152, to: 2152), protocol: 17), link: .raw)
        #expect(packet.kind == .ip && packet.source.description == "10.0.0.1")
        #expect(packet.hasPorts && packet.destinationPort == 2152)

        let cut = decode(Build.ipv4(Array(Inside.ipv4.prefix(19)), protocol: 4), link: .raw)
        #expect(cut.source.description == "10.0.0.1" && cut.problem == .truncatedNetworkHeader)
        #expect(decode(Build.ipv4(broken, protocol: 4), link: .raw).problem == .badIPv4HeaderLength)
    }

    @Test("but not beyond what the header outside claims")
    func claims() {
        let outside = Build.ipv4(Inside.ipv4, protocol: 4, totalLength: 39)
        #expect(summary(decode(outside, link: .raw)) == "10.0.0.1 > 10.0.0.2 ipv4 39")
        let datagram = Build.ipv4(Build.udp(Build.gtp(Inside.ipv4), to: 2152, length: 20), protocol: 17)
        #expect(decode(datagram, link: .raw).source.description == "10.0.0.1")
    }

    @Test("however deep, up to a bound")
    func depth() {
        var packet = Inside.ipv4
        for _ in 0..<100 { packet = Build.ipv4(packet, protocol: 4) }
        #expect(summary(decode(packet, link: .raw)) == Inside.ipv4Summary)
        for _ in 0..<600 { packet = Build.ipv4(packet, protocol: 4) }
        #expect(decode(packet, link: .raw).problem == .tooManyHeaders)
        #expect(decode(packet, link: .raw).kind == .ip)
    }
}

@Suite("What separates flows")
struct SeparationTests {
    func tagged(_ identifiers: [UInt16]) -> UInt32 {
        var frame = Inside.ipv4
        var type: UInt16 = 0x0800
        for identifier in identifiers.reversed() {
            frame = Build.vlan(identifier, frame, type: type)
            type = 0x8100
        }
        return decode(Build.ethernet(frame, type: type)).separation
    }

    @Test("is the VLAN identifiers, and their order, not the priority")
    func vlans() {
        #expect(tagged([]) == 0)
        #expect(tagged([0]) == 0, "a priority tag is no VLAN")
        #expect(tagged([0xe005]) == tagged([5]))
        let digests = [tagged([5]), tagged([6]), tagged([5, 6]), tagged([6, 5]), tagged([5, 5])]
        #expect(Set(digests).count == digests.count && !digests.contains(0))
    }

    @Test("is the network identifier of VXLAN and Geneve, for the packet inside only")
    func overlays() {
        func frame(_ network: UInt32) -> [UInt8] {
            Build.ipv4(Build.udp(Build.vxlan(Inside.ethernet, network: network), to: 4789), protocol: 17)
        }
        #expect(decode(frame(1), link: .raw).separation != 0)
        #expect(decode(frame(1), link: .raw).separation != decode(frame(2), link: .raw).separation)
        #expect(decode(frame(1), layer: .outer, link: .raw).separation == 0)
        let geneve = Build.ipv4(
            Build.udp(Build.geneve(Inside.ethernet, type: 0x6558, network: 7), to: 6081), protocol: 17)
        #expect(decode(geneve, link: .raw).separation != 0)
    }

    @Test("is nothing that differs between the directions of a flow")
    func directions() {
        let labelled = decode(Build.ethernet(Build.mpls(Inside.ipv4, label: 99), type: 0x8847))
        let keyed = decode(
            Build.ipv4(Build.gre(Inside.ipv4, type: 0x0800, flags: 0x2000, fields: [1, 2, 3, 4]), protocol: 47),
            link: .raw)
        let endpoint = decode(Build.ipv4(Build.udp(Build.gtp(Inside.ipv4), to: 2152), protocol: 17), link: .raw)
        for packet in [labelled, keyed, endpoint] {
            #expect(summary(packet) == Inside.ipv4Summary && packet.separation == 0)
        }
    }
}
