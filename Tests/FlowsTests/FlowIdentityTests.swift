import EventTime
import Flows
import Packets
import TestSupport
import Testing

@Suite("Packets belong to one flow")
struct FlowIdentityTests {
    @Test("where they share the five-tuple in either direction, and not where an address, port or protocol differs")
    func fiveTuple() {
        let packets: [DecodedPacket] = [
            .ip(.host(9), 1000, .host(2), 53), .ip(.host(2), 53, .host(9), 1000), .ip(.host(9), 1001, .host(2), 53),
            .ip(.host(9), 1000, .host(2), 53, transport: .tcp), .ip(.host(9), 1000, .host(3), 53),
            .ip(.host6(9), 1000, .host6(2), 53), .ip(.host6(2), 53, .host6(9), 1000),
        ]
        #expect(
            flows(packets.enumerated().map { (Nanoseconds($0), $1) }) == [
                "10.0.0.9:1000 > 10.0.0.2:53 1/1 end", "10.0.0.9:1001 > 10.0.0.2:53 1/0 end",
                "10.0.0.9:1000 > 10.0.0.2:53 1/0 end", "10.0.0.9:1000 > 10.0.0.3:53 1/0 end",
                "2001:db8::9:1000 > 2001:db8::2:53 1/1 end",
            ])
    }

    @Test("not where one-way ICMP messages of the same type and code go both ways")
    func oneWayBothWays() {
        let packets: [(Nanoseconds, DecodedPacket)] = [
            (0, .ip(.host(1), 3, .host(2), 3, transport: .icmp)),
            (1, .ip(.host(2), 3, .host(1), 3, transport: .icmp)),
            (2, .ip(.host(1), 3, .host(2), 3, transport: .icmp)),
        ]
        #expect(Set(flows(packets)) == ["10.0.0.1:3 > 10.0.0.2:3 2/0 end", "10.0.0.2:3 > 10.0.0.1:3 1/0 end"])
    }

    @Test("of fragments at both ends of time")
    func fragmentsAtTheEnds() {
        for time in [Nanoseconds.min, .max] {
            let packets: [(Nanoseconds, DecodedPacket)] = [
                (time, .fragment(.first, of: 7, .host(1), 1000, .host(2), 53)),
                (time, .fragment(.later, of: 7, .host(1), 1000, .host(2), 53)),
            ]
            #expect(flows(packets) == ["10.0.0.1:1000 > 10.0.0.2:53 2/0 end"])
        }
    }

    @Test("of a host with itself, told apart by their ports")
    func selfTraffic() {
        let packets: [(Nanoseconds, DecodedPacket)] = [
            (0, .ip(.host(1), 2000, .host(1), 80)), (1, .ip(.host(1), 80, .host(1), 2000)),
            (2, .ip(.host(1), 80, .host(1), 2000)),
        ]
        #expect(flows(packets) == ["10.0.0.1:2000 > 10.0.0.1:80 1/2 end"])
    }

    @Test("where their VLAN or tunnel is the same")
    func separation() {
        var packets: [(Nanoseconds, DecodedPacket)] = []
        for (time, separation) in [0, 7, 8, 7].enumerated() {
            var packet = DecodedPacket.ip(.host(1), 1000, .host(2), 53)
            packet.separation = UInt32(separation)
            packets.append((Nanoseconds(time), packet))
        }
        var driver = FlowTableDriver()
        for (time, packet) in packets { driver.add(packet, at: time) }
        let records = driver.finish()
        #expect(records.map(\.separation) == [0, 7, 8])
        #expect(records.map(\.sourcePackets) == [1, 2, 1])
    }

    private func icmp(_ from: Int, _ to: Int, _ type: UInt16, _ code: UInt16) -> DecodedPacket {
        .ip(.host(from), type, .host(to), code, transport: .icmp)
    }

    @Test("where one ICMP message answers the other")
    func icmpConversations() {
        for (request, reply) in [(8, 0), (13, 14), (15, 16), (17, 18), (10, 9)] as [(UInt16, UInt16)] {
            #expect(
                flows([(0, icmp(5, 2, request, 0)), (1, icmp(2, 5, reply, 0)), (2, icmp(5, 2, request, 0))]) == [
                    "10.0.0.5:\(request) > 10.0.0.2:\(reply) 2/1 end"
                ])
        }
        let solicitation = DecodedPacket.ip(.host6(1), 135, .host6(2), 0, transport: .icmpv6)
        let advertisement = DecodedPacket.ip(.host6(2), 136, .host6(1), 0, transport: .icmpv6)
        #expect(flows([(0, solicitation), (1, advertisement)]) == ["2001:db8::1:135 > 2001:db8::2:136 1/1 end"])
        // A host's request to itself and its answer.
        #expect(flows([(0, icmp(1, 1, 8, 0)), (1, icmp(1, 1, 0, 0))]) == ["10.0.0.1:8 > 10.0.0.1:0 1/1 end"])
    }

    @Test("not where ICMP messages of the same kind go both ways: they answer nothing")
    func icmpOneWay() {
        #expect(
            flows([(0, icmp(5, 2, 3, 1)), (1, icmp(2, 5, 3, 1)), (2, icmp(5, 2, 3, 1)), (3, icmp(5, 2, 11, 0))])
                == [
                    "10.0.0.5:3 > 10.0.0.2:1 2/0 end", "10.0.0.2:3 > 10.0.0.5:1 1/0 end",
                    "10.0.0.5:11 > 10.0.0.2:0 1/0 end",
                ])
    }
}

@Suite("Fragments")
struct FragmentTests {
    private func first(_ identification: UInt32, from: Int = 1, to: Int = 2) -> DecodedPacket {
        .fragment(.first, of: identification, .host(from), 1000, .host(to), 53)
    }

    private func later(_ identification: UInt32, from: Int = 1, to: Int = 2) -> DecodedPacket {
        .fragment(.later, of: identification, .host(from), 1000, .host(to), 53)
    }

    @Test("after the first belong to its flow, whichever flow it is")
    func belong() {
        let whole = DecodedPacket.ip(.host(1), 1000, .host(2), 53)
        #expect(
            flows([(0, whole), (1, first(7)), (2, later(7)), (3, later(7))]) == [
                "10.0.0.1:1000 > 10.0.0.2:53 4/0 end"
            ])
        // Two datagrams of different flows, interleaved.
        let other = DecodedPacket.fragment(.first, of: 8, .host(1), 2000, .host(2), 53)
        #expect(
            flows([(0, first(7)), (1, other), (2, later(8)), (3, later(7)), (4, later(8))]) == [
                "10.0.0.1:1000 > 10.0.0.2:53 2/0 end", "10.0.0.1:2000 > 10.0.0.2:53 3/0 end",
            ])
    }

    @Test("that come before their first, or without it, stay with the portless flow of their addresses")
    func withoutFirst() {
        #expect(
            flows([(0, later(7)), (1, first(7)), (2, later(7))]) == [
                "10.0.0.1:0 > 10.0.0.2:0 1/0 end", "10.0.0.1:1000 > 10.0.0.2:53 2/0 end",
            ])
    }

    @Test("of the other direction, another pair of hosts or another protocol are of another datagram")
    func otherDatagrams() {
        #expect(
            flows([(0, first(7)), (1, later(7, from: 2, to: 1))]) == [
                "10.0.0.1:1000 > 10.0.0.2:53 1/0 end", "10.0.0.2:0 > 10.0.0.1:0 1/0 end",
            ])
        #expect(flows([(0, first(7)), (1, later(7, from: 1, to: 3))]).count == 2)
        var tcp = later(7)
        tcp.transport = TransportProtocol.tcp.rawValue
        #expect(flows([(0, first(7)), (1, tcp)]).count == 2)
        var tagged = later(7)
        tagged.separation = 12
        #expect(flows([(0, first(7)), (1, tagged)]).count == 2)
    }

    @Test("are one datagram's for sixty seconds")
    func lifetime() {
        let limits = FlowLimits(idleTimeout: 1000 * .second)
        #expect(flows([(0, first(7)), (60 * .second, later(7))], limits).count == 1)
        #expect(flows([(0, first(7)), (60 * .second + 1, later(7))], limits).count == 2)
    }
}
