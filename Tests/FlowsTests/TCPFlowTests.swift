import EventTime
import Flows
import Packets
import TestSupport
import Testing

@Suite("A TCP flow")
struct TCPFlowTests {
    @Test("has as initiator the sender of the SYN, else the first sender, else who is answered by a SYN-ACK")
    func initiator() {
        #expect(
            flows([(0, client(Flags.syn)), (1, server(Flags.syn | Flags.ack))]) == [
                "10.0.0.1:1000 > 10.0.0.2:80 1/1 end"
            ])
        // Picked up in mid-stream.
        #expect(flows([(0, server(Flags.ack)), (1, client(Flags.ack))]) == ["10.0.0.2:80 > 10.0.0.1:1000 1/1 end"])
        // The SYN itself was not seen, or comes after its answer.
        #expect(
            flows([(0, server(Flags.syn | Flags.ack)), (1, client(Flags.ack))]) == [
                "10.0.0.1:1000 > 10.0.0.2:80 1/1 end"
            ])
        #expect(
            flows([(0, server(Flags.syn | Flags.ack)), (1, client(Flags.syn))]) == [
                "10.0.0.1:1000 > 10.0.0.2:80 1/1 end"
            ])
    }

    @Test("opened from both ends at once is one flow, of the one whose SYN came first")
    func simultaneousOpen() {
        let packets: [(Nanoseconds, DecodedPacket)] = [
            (0, server(Flags.syn, sequence: 7)), (1, client(Flags.syn, sequence: 9)),
            (2, client(Flags.syn | Flags.ack, sequence: 9)), (3, server(Flags.syn | Flags.ack, sequence: 7)),
            (4, client(Flags.ack)),
        ]
        #expect(flows(packets) == ["10.0.0.2:80 > 10.0.0.1:1000 2/3 end"])
    }

    @Test("closed by a FIN from each side ends as fin; one FIN alone does not end it")
    func orderlyClose() {
        let closing: [(Nanoseconds, DecodedPacket)] = [
            (0, client(Flags.syn)), (1, client(Flags.fin | Flags.ack)), (2, server(Flags.fin | Flags.ack)),
        ]
        #expect(flows(closing + [(3, client(Flags.ack))]) == ["10.0.0.1:1000 > 10.0.0.2:80 3/1 fin"])
        #expect(flows(Array(closing.prefix(2))) == ["10.0.0.1:1000 > 10.0.0.2:80 2/0 end"])
        #expect(flows([(0, client(Flags.fin)), (1, client(Flags.fin))]) == ["10.0.0.1:1000 > 10.0.0.2:80 2/0 end"])
    }

    @Test("reset by either side ends as rst, also after a close")
    func reset() {
        #expect(
            flows([(0, client(Flags.syn)), (1, server(Flags.rst | Flags.ack))]) == [
                "10.0.0.1:1000 > 10.0.0.2:80 1/1 rst"
            ])
        let closed: [(Nanoseconds, DecodedPacket)] = [
            (0, client(Flags.fin)), (1, server(Flags.fin)), (2, client(Flags.rst)),
        ]
        #expect(flows(closed) == ["10.0.0.1:1000 > 10.0.0.2:80 2/1 rst"])
    }

    @Test("takes a repeated SYN as its own, and a new SYN on the same ports as another flow")
    func portReuse() {
        let open: [(Nanoseconds, DecodedPacket)] = [
            (0, client(Flags.syn, sequence: 5)), (1, client(Flags.syn, sequence: 5)),
            (2, server(Flags.syn | Flags.ack)), (3, client(Flags.ack)),
        ]
        #expect(flows(open + [(4, client(Flags.syn, sequence: 5))]) == ["10.0.0.1:1000 > 10.0.0.2:80 4/1 end"])
        // What was replaced without a FIN was given up: rst.
        #expect(
            flows(open + [(4, client(Flags.syn, sequence: 6))]) == [
                "10.0.0.1:1000 > 10.0.0.2:80 3/1 rst", "10.0.0.1:1000 > 10.0.0.2:80 1/0 end",
            ])
        // Half closed, then used again.
        let halfClosed = open + [(4, server(Flags.fin)), (5, client(Flags.syn, sequence: 6))]
        #expect(flows(halfClosed).first == "10.0.0.1:1000 > 10.0.0.2:80 3/2 fin")
        // Opened anew from the other end.
        #expect(
            flows(open + [(4, server(Flags.syn, sequence: 99))]) == [
                "10.0.0.1:1000 > 10.0.0.2:80 3/1 rst", "10.0.0.2:80 > 10.0.0.1:1000 1/0 end",
            ])
        // A mid-stream flow and then a SYN.
        #expect(
            flows([(0, client(Flags.ack)), (1, client(Flags.syn))]) == [
                "10.0.0.1:1000 > 10.0.0.2:80 1/0 rst", "10.0.0.1:1000 > 10.0.0.2:80 1/0 end",
            ])
    }

    @Test("that is closed takes stragglers for five seconds after the last one, and a SYN at once as another flow")
    func linger() {
        let closed: [(Nanoseconds, DecodedPacket)] = [(0, client(Flags.fin)), (0, server(Flags.fin))]
        let linger = FlowLimits.closedLinger
        #expect(linger == 5 * .second)
        #expect(
            flows(closed + [(linger, client(Flags.ack)), (2 * linger, client(Flags.ack))]) == [
                "10.0.0.1:1000 > 10.0.0.2:80 3/1 fin"
            ])
        #expect(
            flows(closed + [(linger + 1, client(Flags.ack))]) == [
                "10.0.0.1:1000 > 10.0.0.2:80 1/1 fin", "10.0.0.1:1000 > 10.0.0.2:80 1/0 end",
            ])
        #expect(
            flows(closed + [(1, client(Flags.syn))]) == [
                "10.0.0.1:1000 > 10.0.0.2:80 1/1 fin", "10.0.0.1:1000 > 10.0.0.2:80 1/0 end",
            ])
        // Not longer than the idle timeout.
        let limits = FlowLimits(idleTimeout: .second)
        #expect(flows(closed + [(.second + 1, client(Flags.ack))], limits).count == 2)
        #expect(flows(closed + [(.second, client(Flags.ack))], limits).count == 1)
    }

    @Test("remembers the flags of each side")
    func flags() {
        var driver = FlowTableDriver()
        driver.add(server(Flags.syn | Flags.ack), at: 0)
        driver.add(client(Flags.ack | 8), at: 1)
        driver.add(client(Flags.fin | Flags.ack), at: 2)
        let records = driver.finish()
        #expect(records.map(\.sourceTCPFlags) == [Flags.ack | 8 | Flags.fin])
        #expect(records.map(\.destinationTCPFlags) == [Flags.syn | Flags.ack])
    }
}
