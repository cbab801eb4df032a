import EventTime
import Flows
import Packets
import TestSupport
import Testing

@Suite("A flow's time")
struct FlowTimeoutTests {
    private let idle: Nanoseconds = 60 * .second
    private let active: Nanoseconds = 300 * .second
    private let packet = DecodedPacket.ip(.host(1), 1000, .host(2), 53)

    @Test("ends when there was no packet for longer than the idle timeout, to the nanosecond")
    func idleTimeout() {
        #expect(flows([(0, packet), (idle, packet)]) == ["10.0.0.1:1000 > 10.0.0.2:53 2/0 end"])
        #expect(
            flows([(0, packet), (idle + 1, packet)]) == [
                "10.0.0.1:1000 > 10.0.0.2:53 1/0 idle", "10.0.0.1:1000 > 10.0.0.2:53 1/0 end",
            ])
    }

    @Test("is over for the table when nothing before the timeout's end is still to come")
    func expiry() {
        var driver = FlowTableDriver()
        driver.add(packet, at: 7)
        driver.expire(before: 7 + idle)
        #expect(driver.table.count == 1)
        driver.expire(before: 8 + idle)
        #expect(driver.table.count == 0)
        #expect(driver.sink.records.map(\.endReason) == [.idle])
        #expect(driver.sink.records.map(\.knownAt) == [7 + idle])
    }

    @Test("ends with the input, and the table begins anew, whatever was guessed before")
    func endOfInput() {
        var driver = FlowTableDriver()
        for port in 1...40 as ClosedRange<UInt16> { driver.add(.ip(.host(1), port, .host(2), 53), at: 0) }
        var again = FlowPacket(.ip(.host(1), 7, .host(2), 53), time: 1)
        let guess = driver.table.prefetchFlow(hash: again.key.tableHash)
        #expect(guess >= 0)
        #expect(driver.finish().count == 40)
        #expect(driver.table.count == 0)
        driver.table.add(
            &again, hash: again.key.tableHash, guess: guess, clock: 1, slice: 0, sink: &driver.sink)
        driver.add(packet, at: 2)
        driver.expire(before: 1 + idle)
        #expect(driver.table.count == 2)
        driver.expire(before: 2 + idle)
        #expect(driver.sink.records.suffix(1).map(\.endReason) == [.idle])
        #expect(driver.finish().suffix(2).map(\.start) == [1, 2])
        #expect(driver.sink.records.count == 42)
    }

    @Test("is cut by the active timeout at the packet that reaches it, and goes on in the same direction")
    func activeTimeout() {
        let answer = DecodedPacket.ip(.host(2), 53, .host(1), 1000)
        var packets = stride(from: 0, to: active, by: Int(idle)).map { ($0, packet) }
        #expect(flows(packets + [(active - 1, answer)]) == ["10.0.0.1:1000 > 10.0.0.2:53 5/1 end"])
        packets += [(active, answer), (active + 1, packet)]
        #expect(
            flows(packets) == [
                "10.0.0.1:1000 > 10.0.0.2:53 5/0 active", "10.0.0.1:1000 > 10.0.0.2:53 1/1 end",
            ])
    }

    @Test("counts from its earliest packet to its latest, whatever their order")
    func startAndEnd() {
        var driver = FlowTableDriver()
        for (time, clock) in [(100, 100), (40, 101), (130, 130), (90, 131)] as [(Nanoseconds, Nanoseconds)] {
            driver.add(packet, at: time, clock: clock)
        }
        let records = driver.finish()
        #expect(records.map(\.start) == [40])
        #expect(records.map(\.end) == [130])
    }

    @Test("that goes back by more than the idle timeout begins another flow")
    func backwards() {
        #expect(flows([(1000 + idle, packet), (1000, packet)]).count == 1)
        #expect(flows([(1000 + idle, packet), (999, packet)]).count == 2)
    }

    @Test("may be anywhere in 64 bits")
    func extremes() {
        let times: [Nanoseconds] = [.min, .min + 1, -1, 0, .max - 1, .max]
        var driver = FlowTableDriver()
        for time in times {
            driver.expire(before: time)
            driver.add(packet, at: time)
        }
        #expect(driver.finish().map(\.sourcePackets) == [2, 2, 2])
        // The same, without expiry, and backwards.
        #expect(flows(times.map { ($0, packet) }).count == 3)
        #expect(flows(times.reversed().map { ($0, packet) }).count == 3)
    }
}

@Suite("A flow table at its limit")
struct EvictionTests {
    private func packet(_ host: Int) -> DecodedPacket { .ip(.host(host), 1, .host(200), 53) }

    @Test("is not taken for another one that ended after it had been looked for")
    func guesses() {
        var driver = FlowTableDriver(FlowLimits(maximumFlows: 1))
        var packet = FlowPacket(.ip(.host(1), 1000, .host(2), 53), time: 3)
        let hash = packet.key.tableHash
        driver.add(.ip(.host(1), 1000, .host(2), 53), at: 1)
        let guess = driver.table.prefetchFlow(hash: hash)
        #expect(guess >= 0)
        // Takes its place in the full table.
        driver.add(.ip(.host(3), 1000, .host(4), 53), at: 2)
        driver.table.add(&packet, hash: hash, guess: guess, clock: 3, slice: 0, sink: &driver.sink)
        #expect(
            driver.finish().map(\.summary) == [
                "10.0.0.1:1000 > 10.0.0.2:53 1/0 evicted", "10.0.0.3:1000 > 10.0.0.4:53 1/0 evicted",
                "10.0.0.1:1000 > 10.0.0.2:53 1/0 end",
            ])
    }

    @Test("evicts the flow that would end first")
    func order() {
        var driver = FlowTableDriver(FlowLimits(maximumFlows: 3))
        for (time, host) in [(0, 1), (2, 2), (4, 3), (6, 1), (8, 4), (10, 5), (12, 6)] {
            driver.add(packet(host), at: Nanoseconds(time) * .second)
            #expect(driver.table.count <= 3)
        }
        let evicted = driver.sink.records
        // Host 1 was heard again at 6 s: 2 and 3 go first.
        #expect(evicted.map(\.source) == [.host(2), .host(3), .host(1)])
        #expect(evicted.allSatisfy { $0.endReason == .evicted })
        #expect(evicted.map(\.knownAt) == [8, 10, 12].map { $0 * .second })
        #expect(driver.finish().count == 6)
    }

    @Test("takes a closed flow before others, and a flow whose time was over is not called evicted")
    func reasons() {
        var driver = FlowTableDriver(FlowLimits(maximumFlows: 2))
        driver.add(packet(1), at: 0)
        driver.add(.ip(.host(3), 1, .host(4), 1, transport: .tcp, flags: Flags.rst), at: 20 * .second)
        driver.add(packet(2), at: 21 * .second)
        #expect(driver.sink.records.map(\.endReason) == [.rst])
        driver.add(packet(5), at: 61 * .second)
        #expect(driver.sink.records.map(\.endReason) == [.rst, .idle])
        #expect(driver.sink.records.last?.knownAt == 60 * .second)
    }

    @Test("loses no packet", arguments: [1, 2, 10])
    func totals(limit: Int) {
        var random = SeededRandom(seed: UInt64(limit))
        var driver = FlowTableDriver(FlowLimits(maximumFlows: limit))
        for step in 0..<500 {
            driver.add(packet(random.pick(1...40)), at: Nanoseconds(step) * .second / 3, slice: Int64(step / 50))
            if random.oneIn(20) { driver.expire(before: Nanoseconds(step) * .second / 3) }
            #expect(driver.table.count <= limit)
        }
        let records = driver.finish()
        #expect(records.reduce(0) { $0 + $1.sourcePackets } == 500)
        #expect(driver.sink.traffic.values.reduce(0) { $0 + $1.low.packets + $1.high.packets } == 500)
    }
}
