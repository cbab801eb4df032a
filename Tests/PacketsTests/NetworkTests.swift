import Packets
import TestSupport
import Testing

private typealias Build = PacketBuilder

@Suite("An IPv4 header")
struct IPv4Tests {
    /// A DNS query as a loopback interface had it.
    static let query = """
        45 00 00 39 d2 8a 40 00 40 11 6a 27 7f 00 00 01 7f 00 00 01
        c3 50 00 35 00 25 fe 38 12 34 01 00 00 01 00 00 00 00 00 00 07 65 78 61 6d 70 6c 65 03 63 6f 6d 00 00 01 00 01
        """

    @Test("gives addresses, length, protocol and ports")
    func fields() {
        let packet = decode(Build.hex(Self.query), link: .raw)
        #expect(summary(packet) == "127.0.0.1 > 127.0.0.1 udp 57")
        #expect(packet.hasPorts && packet.sourcePort == 50000 && packet.destinationPort == 53)
        #expect(packet.fragment == .whole && packet.fragmentIdentification == 0)
        #expect(packet.separation == 0 && packet.problem == .none)
    }

    static let invalid: [(first: UInt8, totalLength: UInt16, problem: DecodeProblem)] = [
        (0x55, 40, .badNetworkHeader), (0x44, 40, .badIPv4HeaderLength), (0x40, 40, .badIPv4HeaderLength),
        (0x45, 19, .badIPv4TotalLength), (0x45, 1, .badIPv4TotalLength), (0x46, 23, .badIPv4TotalLength),
    ]

    @Test("that contradicts itself is malformed", arguments: invalid)
    func contradiction(first: UInt8, totalLength: UInt16, problem: DecodeProblem) {
        var header = Build.ipv4(Build.tcp(), protocol: 6, totalLength: totalLength)
        header[0] = first
        let packet = decode(header, link: .raw)
        #expect(packet.kind == .malformed && packet.problem == problem && packet.bytes == 0)
    }

    @Test("of another version than Ethernet says is malformed")
    func version() {
        #expect(decode(Build.ethernet(Inside.ipv6)).problem == .badIPv4Version)
        #expect(decode(Build.ethernet(Inside.ipv4, type: 0x86dd)).problem == .badIPv6Version)
    }

    @Test("claims its bytes, however many were captured")
    func claims() {
        #expect(decode(Build.ipv4(Build.tcp(), protocol: 6, totalLength: 1500), link: .raw).bytes == 1500)
        #expect(decode(Build.ipv4(Build.tcp(), protocol: 6, totalLength: 20), link: .raw).bytes == 20)
    }

    @Test("with length 0 goes to the frame's end on the wire")
    func segmentationOffload() {
        let frame = Build.ethernet(Build.ipv4(Build.tcp(), protocol: 6, totalLength: 0))
        #expect(decode(frame).bytes == 40)
        #expect(decode(frame, originalLength: 65_000).bytes == 64_986)
        #expect(decode(frame, originalLength: 65_000).hasPorts)
        let inside = Build.ipv4(Build.tcp(), protocol: 6, source: 11, totalLength: 0)
        #expect(decode(Build.ethernet(Build.ipv4(inside, protocol: 4) + Build.zeros(9))).bytes == 40)
    }

    @Test("names the last stop of a source route as its destination, until it was reached")
    func sourceRoute() {
        func destination(pointer: UInt8) -> String {
            let route: [UInt8] = [1, 131, 11, pointer, 9, 9, 9, 1, 9, 9, 9, 2]
            return decode(Build.ipv4(Build.tcp(), protocol: 6, options: route), link: .raw).destination.description
        }
        #expect(destination(pointer: 4) == "9.9.9.2")
        #expect(destination(pointer: 8) == "9.9.9.2")
        #expect(destination(pointer: 12) == "10.0.0.2")
        #expect(destination(pointer: 5) == "10.0.0.2")
    }

    static let fragments: [(field: UInt16, fragment: DecodedPacket.Fragment, identification: UInt32)] = [
        (0x0000, .whole, 0), (0x4000, .whole, 0), (0x8000, .whole, 0),
        (0x2000, .first, 77), (0x2001, .later, 77), (0x0001, .later, 77), (0x1fff, .later, 77),
    ]

    @Test("says which fragment it has", arguments: fragments)
    func fragment(field: UInt16, fragment: DecodedPacket.Fragment, identification: UInt32) {
        let packet = decode(
            Build.ipv4(Build.udp(), protocol: 17, fragment: field, identification: 77), link: .raw)
        #expect(packet.fragment == fragment && packet.fragmentIdentification == identification)
        #expect(packet.hasPorts == (fragment != .later))
        #expect(packet.transport == 17 && packet.problem == .none)
    }

    @Test("is followed into a tunnel by a first fragment, not by a later one")
    func tunnelledFragments() {
        let first = Build.ipv4(Inside.ipv4, protocol: 4, fragment: 0x2000)
        let later = Build.ipv4(Inside.ipv4, protocol: 4, fragment: 0x0001)
        #expect(summary(decode(first, link: .raw)) == Inside.ipv4Summary)
        #expect(decode(first, link: .raw).fragment == .whole)
        #expect(summary(decode(later, link: .raw)) == "10.0.0.1 > 10.0.0.2 ipv4 60")
    }
}

@Suite("An IPv6 header")
struct IPv6Tests {
    @Test("gives addresses, length, protocol and ports")
    func fields() {
        let packet = decode(Build.ethernet(Build.ipv6(Build.udp([1, 2]), next: 17), type: 0x86dd))
        #expect(summary(packet) == "fd00::1 > fd00::2 udp 50")
        #expect(packet.sourcePort == 40000 && packet.destinationPort == 53)
    }

    static let chains: [(name: String, first: UInt8, headers: [UInt8])] = [
        ("hop-by-hop", 0, Build.options(next: 6, [])),
        ("routing", 43, Build.options(next: 6, [])),
        ("destination", 60, Build.options(next: 6, [])),
        ("authentication", 51, Build.authentication(next: 6, [])),
        (
            "all", 0,
            Build.options(
                next: 43, Build.options(next: 51, Build.authentication(next: 60, Build.options(next: 6, []))))
        ),
        (
            "a fragment that is whole", 44,
            Build.fragmentHeader(next: 6, offset: 0, more: false, identification: 9, [])
        ),
    ]

    @Test("is followed through its extension headers", arguments: chains)
    func extensions(name: String, first: UInt8, headers: [UInt8]) {
        let packet = decode(Build.ipv6(headers + Build.tcp(), next: first), link: .raw)
        #expect(packet.transport == 6 && packet.hasPorts && packet.destinationPort == 80)
        #expect(packet.bytes == UInt64(60 + headers.count))
        #expect(packet.fragment == .whole && packet.problem == .none)
    }

    @Test(
        "ends at mobility, host identity, Shim6 and encrypted content", arguments: [135, 139, 140, 50] as [UInt8])
    func ends(number: UInt8) {
        let packet = decode(Build.ipv6(Build.options(next: 6, Build.tcp()), next: number), link: .raw)
        #expect(packet.transport == number && !packet.hasPorts && packet.problem == .none)
    }

    @Test("has extension headers that are cut off")
    func cutExtensions() {
        let packet = decode(Build.ipv6([6, 9, 0, 0, 0, 0, 0, 0], next: 60), link: .raw)
        #expect(packet.kind == .ip && packet.transport == 6 && packet.problem == .truncatedExtensionHeader)
    }

    @Test("says which fragment it has")
    func fragments() {
        func packet(offset: UInt16, more: Bool) -> DecodedPacket {
            decode(
                Build.ipv6(
                    Build.fragmentHeader(
                        next: 17, offset: offset, more: more, identification: 0xabcd_ef01, Build.udp()),
                    next: 44), link: .raw)
        }
        #expect(packet(offset: 0, more: true).fragment == .first)
        #expect(packet(offset: 0, more: true).hasPorts)
        #expect(packet(offset: 0, more: true).fragmentIdentification == 0xabcd_ef01)
        #expect(packet(offset: 1, more: true).fragment == .later)
        #expect(packet(offset: 100, more: false).fragment == .later)
        #expect(!packet(offset: 100, more: false).hasPorts)
        #expect(packet(offset: 100, more: false).transport == 17)
    }

    @Test("of a jumbogram has the option's length, of nothing else")
    func jumbogram() {
        func packet(length: String) -> DecodedPacket {
            let options = Build.hex("06 00 c2 04" + length)
            return decode(
                Build.ipv6(options + Build.tcp(), next: 0, payloadLength: 0), link: .raw, originalLength: 70_040)
        }
        #expect(packet(length: "00011170").bytes == 70_040)
        #expect(packet(length: "00011170").hasPorts)
        #expect(packet(length: "0000001c").bytes == 40)
        let empty = decode(Build.ipv6(Build.tcp(), next: 6, payloadLength: 0), link: .raw)
        #expect(empty.bytes == 40 && !empty.hasPorts)
    }
}
