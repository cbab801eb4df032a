import EventTime
import EventTimeTesting
import TestSupport
import Testing

@Suite("Keyed state and timers")
struct KeyedStateTests {
    typealias Harness = OperatorHarness<ProcessOperator<EveryState>>

    static let timesToLive: [TimeToLive?] = [
        nil, .eventTime(40), .eventTime(25, refresh: .onReadAndWrite), .processingTime(40),
        .processingTime(25, refresh: .onReadAndWrite),
    ]

    @Test(
        "are what a naive model says, however many workers there are and however often they restart",
        arguments: 0..<300)
    func model(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let timeToLive = Self.timesToLive[Int(seed) % Self.timesToLive.count]
        let groups = random.pick([128, 16, 100])
        func makeOperator() -> ProcessOperator<EveryState> { ProcessOperator(EveryState(timeToLive)) }
        var model = EveryStateModel(timeToLive)
        var steady = Harness(parallelism: 1, makeOperator)
        var restarted = Harness(parallelism: random.pick([1, 2, 8]), groups: groups, makeOperator)
        let keys = random.pick(1...12)
        var time: Nanoseconds = 0
        var now: Nanoseconds = 0
        for step in 0..<random.pick(1...120) {
            let place: Comment = "seed \(seed), step \(step)"
            switch random.pick(0...19) {
            case 0, 1, 2:
                let watermark = time - random.pick(0...30)
                model.advance(to: watermark)
                steady.advance(to: watermark)
                restarted.advance(to: watermark)
                #expect(steady.keyCount() == model.keys.count, place)
            case 3:
                now += random.pick(0...30)
                model.setProcessingTime(to: now)
                steady.setProcessingTime(to: now)
                restarted.setProcessingTime(to: now)
                #expect(steady.keyCount() == model.keys.count, place)
            case 4:
                let saved = restarted.snapshot()
                let single = try Harness(parallelism: 1, restoring: saved, makeOperator)
                #expect(single.snapshot() == steady.snapshot(), place)
                restarted = try Harness(
                    parallelism: random.pick([1, 2, 8]), groups: groups, restoring: saved, makeOperator)
            default:
                time += random.pick(-10...15)
                let key = random.pick(1...keys)
                let command = Command.random(&random, at: time, now: now)
                model.push(command, key: key, at: time)
                steady.push(command, key: key, at: time)
                restarted.push(command, key: key, at: time)
            }
            let expected = model.takeOutput()
            for output in [steady.takeOutput(), restarted.takeOutput()] {
                try #require(output.map(\.value.value) == expected.map(\.text), place)
                try #require(output.map(\.value.key) == expected.map(\.key), place)
                try #require(output.map(\.time) == expected.map(\.time), place)
            }
        }
        model.advance(to: .max)
        steady.finish()
        restarted.finish()
        let expected = model.takeOutput().map(\.text)
        #expect(steady.takeValues() == expected, "seed \(seed)")
        #expect(restarted.takeValues() == expected, "seed \(seed)")
        #expect(steady.keyCount() == model.keys.count, "seed \(seed)")
        if timeToLive?.domain == .eventTime { #expect(steady.timerCount() > 0 || steady.keyCount() == 0) }
    }

    @Test("saved bytes that were changed give an error or another state, and never a trap")
    func hostileBytes() throws {
        for seed in 0..<20 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let timeToLive = Self.timesToLive[Int(seed) % Self.timesToLive.count]
            func makeOperator() -> ProcessOperator<EveryState> { ProcessOperator(EveryState(timeToLive)) }
            var harness = Harness(parallelism: 1, makeOperator)
            for step in 0..<150 {
                let time = Nanoseconds(step)
                harness.push(.random(&random, at: time, now: 0), key: random.pick(1...6), at: time)
            }
            let bytes = harness.snapshot().parts[0]
            var refused = 0
            for _ in 0..<200 {
                var changed = bytes
                switch random.pick(0...3) {
                case 0: changed.removeLast(random.pick(1...changed.count))
                case 1: changed.insert(random.pick(0...255), at: random.pick(0...changed.count))
                default:
                    for _ in 0..<random.pick(1...4) {
                        changed[random.pick(0...changed.count - 1)] = random.oneIn(2) ? 255 : random.pick(0...255)
                    }
                }
                do throws(StateError) {
                    var restored = try Harness(parallelism: 2, restoring: .init(parts: [changed]), makeOperator)
                    // Whatever was taken for state is state: it can be used and saved.
                    for key in 1...6 { restored.push(.show, key: key, at: 10) }
                    restored.advance(to: 1000)
                    _ = restored.snapshot()
                } catch {
                    refused += 1
                }
            }
            #expect(refused > 50, "seed \(seed)")
        }
    }
}
