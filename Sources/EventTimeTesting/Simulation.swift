public import EventTime

/// Runs a pipeline in a ``SimulatedWorld``, again from its last checkpoint after each fault, until its input has
/// ended; and does exactly the same again when given the same seed.
///
///     try Simulation.check(seeds: 0..<1000) { world in
///         world.source(readings).stream(at: \.time, watermarks: .boundedOutOfOrderness(5))
///             .keyed(by: \.sensor)
///             .process(SilentSensor())
///     }
///
/// The pipeline's code is the same as in earnest: sources, operators, workers' turns and their merging, checkpoints,
/// commits of a sink in two phases. There are no threads: the seed decides which worker goes on.
public struct Simulation: Sendable {
    /// What a run came to.
    public struct Outcome<Element> {
        /// What the sink committed, in order: each result once.
        public var results: [Timed<Element>] = []
        /// What the pipeline was broken by, in order.
        public var faults: [String] = []
        /// Checkpoints that were kept.
        public var checkpoints = 0
        /// Steps of the pipeline, in all its starts.
        public var steps = 0
    }

    /// A run whose results were not those that they should be. Its seed brings it back.
    public struct Failure: Error, CustomStringConvertible {
        public let seed: UInt64
        public let reason: String
        public var description: String { "the simulation with seed \(seed): \(reason)" }
    }

    public let seed: UInt64
    public var weather: SimulatedWorld.Weather
    /// Steps after which a run is taken to hang.
    public var mostSteps = 1_000_000

    public init(seed: UInt64, weather: SimulatedWorld.Weather = .init()) {
        self.seed = seed
        self.weather = weather
    }

    /// Runs the pipeline that `build` makes, which is called for each start. Throws ``Failure`` where it hangs, and
    /// what the pipeline throws but for simulated faults.
    public func run<Stream: EventStream & ~Copyable>(
        _ build: (SimulatedWorld) throws -> Stream
    ) throws -> Outcome<Stream.Element> {
        var outcome = Outcome<Stream.Element>()
        let output = SimulatedOutput<Stream.Element>()
        let clock = ManualClock(now: .second)
        var kept: Snapshot?
        var random = SimulatedRandom(seed: seed)
        var faultsLeft = weather.mostFaults
        while true {
            let world = SimulatedWorld(weather, clock: clock, random: random, faultsLeft: faultsLeft)
            do {
                try live(try build(world), in: world, from: &kept, output, &outcome)
                outcome.results = output.elements
                return outcome
            } catch let fault as SimulatedWorld.Fault {
                outcome.faults.append(fault.place)
            }
            (random, faultsLeft) = (world.random, world.faultsLeft)
        }
    }

    /// One life of the pipeline: to the end of its input, or to a fault.
    private func live<Stream: EventStream & ~Copyable>(
        _ stream: consuming Stream, in world: SimulatedWorld, from kept: inout Snapshot?,
        _ output: SimulatedOutput<Stream.Element>, _ outcome: inout Outcome<Stream.Element>
    ) throws {
        var job = stream.sink(into: SimulatedSink(output, in: world))
        let options = StreamRun.Options(
            workers: weather.workers.randomElement(using: &world.random) ?? 1,
            turnSize: weather.turnSizes.randomElement(using: &world.random) ?? 1, clock: world.clock,
            scheduler: SimulatedScheduler(world))
        try job.open(options, from: kept)
        while true {
            outcome.steps += 1
            guard outcome.steps < mostSteps else { throw Failure(seed: seed, reason: "hangs") }
            if world.random.oneIn(weather.checkpoints) { try job.requestSnapshot() }
            world.clock.advance(by: .random(in: 0...weather.longestStep, using: &world.random))
            try world.fail("between two steps")
            let progress = try job.step()
            while let snapshot = job.takeSnapshot() {
                try world.fail("before a checkpoint was kept")
                kept = snapshot
                outcome.checkpoints += 1
                try world.fail("before a checkpoint was committed")
                try job.commit(snapshot.checkpoint)
            }
            if progress == .ended { return try job.finish() }
        }
    }

    /// Runs the pipeline in fair weather and then, for each seed, in `weather`, and throws ``Failure`` for the first
    /// seed with which other results come out. For pipelines whose results do not depend on processing time.
    ///
    /// `print` is given the faults and restarts there were, so that a test can see that the weather was rough enough.
    @discardableResult
    public static func check<Stream: EventStream & ~Copyable>(
        seeds: Range<UInt64>, weather: SimulatedWorld.Weather = .init(), _ build: (SimulatedWorld) throws -> Stream
    ) throws -> (faults: Int, checkpoints: Int) where Stream.Element: Equatable {
        let expected = try Self(seed: 0, weather: .calm).run(build).results
        var seen = (faults: 0, checkpoints: 0)
        for seed in seeds {
            let outcome = try Self(seed: seed, weather: weather).run(build)
            seen.faults += outcome.faults.count
            seen.checkpoints += outcome.checkpoints
            if let reason = difference(expected, outcome.results) {
                throw Failure(seed: seed, reason: "\(reason), after \(outcome.faults.count) faults")
            }
        }
        return seen
    }

    private static func difference<Element: Equatable>(
        _ expected: [Timed<Element>], _ found: [Timed<Element>]
    ) -> String? {
        for (place, (wanted, got)) in zip(expected, found).enumerated() where wanted != got {
            return "result \(place) is \(got), and should be \(wanted)"
        }
        return expected.count == found.count ? nil : "\(found.count) results, and should be \(expected.count)"
    }
}

/// What a pipeline's sink has written: outlives the pipeline, as a file would.
final class SimulatedOutput<Element> {
    var elements: [Timed<Element>] = []
}

/// Writes to the output, breaks at times, and cuts back what was not committed.
struct SimulatedSink<Element>: StreamSink {
    private let output: SimulatedOutput<Element>
    private let world: SimulatedWorld
    /// Results that a commit has made final: they are never cut back.
    private var committed: UInt64 = 0

    init(_ output: SimulatedOutput<Element>, in world: SimulatedWorld) {
        self.output = output
        self.world = world
    }

    mutating func write(_ element: Timed<Element>) throws {
        try world.fail("in the sink")
        output.elements.append(element)
    }

    mutating func preCommit(checkpoint: UInt64) throws -> [UInt8] {
        try world.fail("in the sink's first phase")
        return StateEncoder.bytes { $0.encode(UInt64(output.elements.count)) }
    }

    mutating func commit(_ preCommitted: [UInt8]) throws {
        try world.fail("in the sink's second phase")
        var state = StateDecoder(preCommitted)
        committed = max(committed, try state.decode())
    }

    mutating func abort(beyond preCommitted: [UInt8]?) throws {
        var count: UInt64 = 0
        if let preCommitted {
            var state = StateDecoder(preCommitted)
            count = try state.decode()
        }
        guard count <= output.elements.count else { throw StateError.unreadable("results were lost") }
        output.elements.removeLast(output.elements.count - Int(count))
    }
}

/// Lets workers go on in the order that the seed decides.
final class SimulatedScheduler: WorkerScheduler {
    private let world: SimulatedWorld
    private var workers: [() -> Bool] = []

    init(_ world: SimulatedWorld) { self.world = world }

    func add(_ work: @escaping () -> Bool) { workers.append(work) }

    func yield() {
        guard !workers.isEmpty else { return }
        for _ in 0..<Int.random(in: 0...workers.count * 2, using: &world.random) { _ = goOn() }
    }

    func wait(until isReady: () -> Bool) {
        // A worker that has nothing to do is as likely to be chosen as another: so it goes in earnest.
        while !isReady() { _ = goOn() }
    }

    private func goOn() -> Bool {
        workers[Int.random(in: workers.indices, using: &world.random)]()
    }
}
