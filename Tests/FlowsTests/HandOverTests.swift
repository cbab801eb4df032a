import EventTime
import Flows
import Packets
import TestSupport
import Testing

@Suite("What a flow table hands over")
struct HandOverTests {
    private let packet = DecodedPacket.ip(.host(1), 1000, .host(2), 53)

    @Test("is a visit for each slice a flow is seen in, in the order of the packets")
    func visits() {
        var driver = FlowTableDriver()
        for (time, slice) in [(0, 0), (1, 0), (12, 1), (13, 0), (14, 1)] as [(Nanoseconds, Int64)] {
            driver.add(packet, at: time, slice: slice)
        }
        driver.add(packet, at: 14, slice: 1, isRevising: true)
        #expect(
            driver.sink.visits == [
                .init(flow: 0, slice: 0, isFirst: true), .init(flow: 0, slice: 1, isFirst: false),
                .init(flow: 0, slice: 0, isFirst: false), .init(flow: 0, slice: 1, isFirst: false),
                .init(flow: 0, slice: 1, isFirst: false, isRevising: true),
            ])
    }

    @Test("is all that came, each time it is asked, also in the midst of a slice")
    func flushInSlice() {
        var driver = FlowTableDriver()
        for count in 1...5 as ClosedRange<UInt64> {
            driver.add(packet, at: Nanoseconds(count))
            driver.flush()
            #expect(driver.sink.traffic.values.map(\.low.packets) == [count])
        }
    }

    struct Run: Equatable {
        var records: Set<FlowRecord>
        var traffic: [RecordingSink.Place: [UInt64]]
    }

    /// Adds random packets, flushing and expiring now and then as `schedule` says.
    private func run(seed: UInt64, schedule: UInt64) -> (run: Run, expected: [RecordingSink.Place: [UInt64]]) {
        var random = SeededRandom(seed: seed)
        var calls = SeededRandom(seed: schedule)
        var driver = FlowTableDriver(FlowLimits(idleTimeout: 20, activeTimeout: 70))
        // What went in, by key and slice.
        var given = RecordingSink()
        var clock: Nanoseconds = random.pick(-1000...1000)
        for _ in 0..<400 {
            clock += random.oneIn(12) ? random.pick(0...60) : random.pick(0...3)
            let time = random.oneIn(5) ? clock - random.pick(0...30) : clock
            var (from, to) = (random.pick(1...3), random.pick(1...3))
            let port: UInt16 = random.pick(1...2)
            if random.oneIn(2) { swap(&from, &to) }
            var packet = DecodedPacket.ip(
                .host(from), port, .host(to), 1, transport: random.oneIn(2) ? .tcp : .udp,
                bytes: random.pick(20...1500))
            if packet.transport == 6 {
                packet.tcpFlags = random.pick([16, 16, 16, 2, 18, 17, 4])
                packet.tcpSequence = random.pick(1...2)
            }
            // More than a flow's own counts can hold, alone or after some.
            if seed % 3 == 2, random.oneIn(6) {
                packet.bytes = random.pick(1 << 29...1 << 33 - 1)
                packet.wireBytes = random.pick(1 << 29...UInt32.max)
            }
            let slice = time.floored(dividingBy: 10)
            if schedule > 0, calls.oneIn(4) { driver.expire(before: clock - calls.pick(0...5)) }
            if schedule > 0, calls.oneIn(4) { driver.flush() }
            driver.add(packet, at: time, slice: slice, clock: clock)
            let sent = Traffic(packets: 1, bytes: packet.bytes, wireBytes: UInt64(packet.wireBytes))
            let flowPacket = FlowPacket(packet, time: time)
            given.add(
                flowPacket.key, slice, flowPacket.isFromHigh ? Traffic() : sent,
                flowPacket.isFromHigh ? sent : Traffic())
        }
        driver.expire(before: clock)
        let records = driver.finish()
        #expect(Set(records).count == records.count, "no two flows are alike here")
        func numbers(_ sink: RecordingSink) -> [RecordingSink.Place: [UInt64]] {
            sink.traffic.mapValues {
                [$0.low.packets, $0.low.bytes, $0.low.wireBytes, $0.high.packets, $0.high.bytes, $0.high.wireBytes]
            }
        }
        return (Run(records: Set(records), traffic: numbers(driver.sink)), numbers(given))
    }

    @Test(
        "is what came in, and the flows are the same, whenever it flushes and expires",
        arguments: 0..<12 as Range<UInt64>)
    func schedules(seed: UInt64) {
        let (once, given) = run(seed: seed, schedule: 0)
        #expect(once.traffic == given)
        #expect(once.records.reduce(0) { $0 + $1.sourcePackets + $1.destinationPackets } == 400)
        for schedule in 1...4 as ClosedRange<UInt64> {
            let (often, _) = run(seed: seed, schedule: schedule)
            #expect(often.traffic == given, "schedule \(schedule)")
            #expect(often.records == once.records, "schedule \(schedule)")
        }
    }
}
