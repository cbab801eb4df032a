import Packets
import TestSupport
import Testing

private typealias Build = PacketBuilder

@Suite("A transport header")
struct TransportTests {
    @Test("of TCP gives ports, sequence number and flags")
    func tcp() {
        let packet = decode(
            Build.ipv4(Build.tcp(from: 1234, to: 443, sequence: 0xdead_beef, flags: 0x12), protocol: 6), link: .raw)
        #expect(packet.hasPorts && packet.sourcePort == 1234 && packet.destinationPort == 443)
        #expect(packet.tcpSequence == 0xdead_beef && packet.tcpFlags == 0x12)
    }

    static let ported: [(number: UInt8, needed: Int)] = [(6, 4), (17, 4), (136, 4), (33, 4), (132, 12)]

    @Test("that begins with ports gives them as soon as they are there", arguments: ported)
    func ports(number: UInt8, needed: Int) {
        let header = Build.hex("04d2 0050 00000001 00000000 5002")
        for count in 0...header.count {
            let packet = decode(Build.ipv4(Array(header.prefix(count)), protocol: number), link: .raw)
            #expect(packet.hasPorts == (count >= needed), "\(count) bytes")
            #expect(packet.sourcePort == (count >= needed ? 1234 : 0))
            #expect(packet.destinationPort == (count >= needed ? 80 : 0))
            #expect(packet.transport == number && packet.kind == .ip)
            #expect(packet.tcpFlags == (number == 6 && count == 14 ? 2 : 0))
        }
    }

    @Test("of ICMP and ICMPv6 gives type and code", arguments: [1, 58] as [UInt8])
    func icmp(number: UInt8) {
        let packet = decode(Build.ipv4([3, 1] + Build.zeros(6) + Inside.ipv4, protocol: number), link: .raw)
        #expect(packet.hasPorts && packet.sourcePort == 3 && packet.destinationPort == 1)
        #expect(packet.source.description == "10.0.0.1", "what an error quotes is no packet")
    }

    @Test("of another protocol is not read", arguments: [2, 50, 89, 112, 253] as [UInt8])
    func others(number: UInt8) {
        let packet = decode(Build.ipv4(Build.tcp(), protocol: number), link: .raw)
        #expect(packet.transport == number && !packet.hasPorts && packet.problem == .none)
        #expect(packet.sourcePort == 0 && packet.tcpFlags == 0)
    }

    @Test("has a name that IANA gave, in lower case, or a number")
    func names() {
        let expected: [UInt8: String] = [
            1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 33: "dccp", 47: "gre", 50: "esp", 58: "ipv6-icmp",
            132: "sctp",
            136: "udplite", 253: "253",
        ]
        for (number, name) in expected {
            #expect(TransportProtocol(rawValue: number).description == name)
        }
        #expect(TransportProtocol(rawValue: 253).name == nil)
    }
}

@Suite("A decode problem")
struct DecodeProblemTests {
    @Test("has words of its own")
    func words() {
        #expect(Set(DecodeProblem.allCases.map(\.description)).count == DecodeProblem.allCases.count)
        #expect(DecodeProblem.badIPv4HeaderLength.description == "IPv4 header length below 20")
    }
}
