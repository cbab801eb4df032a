import EventTime
import EventTimeTesting
import TestSupport
import Testing

private struct Reading: Sendable {
    var sensor: Int
    var time: Nanoseconds
    var value: Int

    static func some(_ count: Int, seed: UInt64) -> [Self] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { number in
            Reading(
                sensor: random.pick(1...9), time: Nanoseconds(number * 4) + random.pick(-15...15), value: number)
        }
    }
}

/// Sums up each sensor's readings, and tells the sum when the sensor has been silent for 40 ns.
private struct SumUntilSilence: ProcessFunction {
    typealias Key = Int
    typealias Output = String

    let sum = ReducingState<Int>("sum") { $0 + $1 }
    let deadline = ValueState<Nanoseconds>("deadline")

    func process(_ reading: Reading, in context: inout Context) {
        context.add(reading.value, to: sum)
        let due = max(context[deadline] ?? .min, context.time + 40)
        if let before = context[deadline], before != due { context.deleteTimer(at: before) }
        context[deadline] = due
        context.setTimer(at: due)
    }

    func timer(_ timer: FiredTimer, in context: inout Context) {
        context.emit("\(context.key): \(context[sum] ?? 0)")
        context.clear(sum)
        context.clear(deadline)
    }
}

/// Sums up each sensor's readings by stretches of 50 ns: the order in which they come makes no difference.
private struct SumByStretch: ProcessFunction {
    typealias Key = Int
    typealias Output = String

    let sums = MapState<Nanoseconds, Int>("sums")

    func process(_ reading: Reading, in context: inout Context) {
        let end = reading.time.roundedDown(toMultipleOf: 50) + 50
        context[sums, end, default: 0] += reading.value
        context.setTimer(at: end - 1)
    }

    func timer(_ timer: FiredTimer, in context: inout Context) {
        context.emit("\(context.key): \(context[sums, timer.time + 1] ?? 0)")
        context[sums, timer.time + 1] = nil
    }
}

/// Numbers what it is given: wrongly, as it forgets its count when it is restored.
private struct ForgetfulCounter: StreamOperator {
    var count = 0

    mutating func process(_ element: Timed<String>, emit: (Timed<String>) -> Void) {
        count += 1
        emit(Timed("\(count) \(element.value)", at: element.time))
    }
}

@Suite("A simulation")
struct SimulationTests {
    private static let readings = Reading.some(300, seed: 1)

    @Test("ends with the results of fair weather, whatever stalls, breaks and restarts")
    func sameResults() throws {
        let seen = try Simulation.check(seeds: 0..<150) { world in
            world.source(Self.readings[..<200]).stream(at: \.time, watermarks: .boundedOutOfOrderness(15))
                .keyed(by: \.sensor)
                .process(SumUntilSilence())
        }
        #expect(seen.faults > 150)
        #expect(seen.checkpoints > 150)
    }

    @Test("is of several sources and keyed parts, too")
    func severalSources() throws {
        try Simulation.check(seeds: 0..<100) { world in
            world.source(Self.readings[..<100]).stream(at: \.time, watermarks: .boundedOutOfOrderness(30))
                .union(
                    world.source(Self.readings[50..<200]).stream(at: \.time, watermarks: .boundedOutOfOrderness(30))
                )
                .keyed(by: \.sensor)
                .process(SumByStretch())
                .keyed(groups: 5, by: \.count)
                .map(\.count)
                .reduce(+)
        }
    }

    @Test("finds state that is not saved, and shows the seed that brings the failure back")
    func findsMistakes() throws {
        func build(_ world: SimulatedWorld) -> some EventStream<String> & ~Copyable {
            world.source(Self.readings).stream(at: \.time, watermarks: .boundedOutOfOrderness(15))
                .map { "\($0.value)" }
                .through(ForgetfulCounter())
        }
        var found: Simulation.Failure?
        do {
            try Simulation.check(seeds: 0..<50, build)
        } catch let failure as Simulation.Failure {
            found = failure
        }
        let seed = try #require(found).seed
        #expect(throws: Simulation.Failure.self) { try Simulation.check(seeds: seed..<seed + 1, build) }
        #expect("\(try #require(found))".contains("seed \(seed)"))
    }

    @Test("does the same again with the same seed, and something else with another")
    func reproducible() throws {
        var traces: Set<[String]> = []
        for seed in 0..<20 as Range<UInt64> {
            let runs = try (0..<2).map { _ in
                let outcome = try Simulation(seed: seed).run { world in
                    world.source(Self.readings).stream(at: \.time, watermarks: .boundedOutOfOrderness(15))
                        .keyed(by: \.sensor)
                        .process(SumUntilSilence())
                }
                return outcome.faults + ["\(outcome.steps) \(outcome.checkpoints)"]
            }
            #expect(runs[0] == runs[1], "seed \(seed)")
            traces.insert(runs[0])
        }
        #expect(traces.count > 15)
    }
}
