public import EventTime

/// Where a simulated pipeline runs: sources that stall and fail, a clock that jumps, workers that go on in any order,
/// all of it decided by the seed. One world lasts from a start of the pipeline to its end or its next fault.
public final class SimulatedWorld {
    /// How rough it is there. A number says that something happens once in so many times; 0: never.
    public struct Weather: Sendable {
        /// Times that a source is asked.
        public var stalls = 20
        /// How many times a stalled source goes on to have nothing, at most.
        public var longestStall = 8
        /// Times that a source is asked, or an element is written, or the pipeline makes a step.
        public var faults = 150
        /// Faults in a run, at most: then it comes to its end.
        public var mostFaults = 6
        /// Steps of the pipeline: a checkpoint is asked for.
        public var checkpoints = 4
        /// How far the clock goes on in a step, at most, in ns.
        public var longestStep: Nanoseconds = 1_000_000
        /// Numbers of workers to start with.
        public var workers = [1, 2, 3, 8]
        /// Elements that a source gives in a turn, at most.
        public var turnSizes = [1, 2, 7, 64]

        public init() {}

        /// One worker, no stalls, no faults: what other weathers are compared with.
        public static var calm: Self {
            var weather = Self()
            (weather.stalls, weather.faults, weather.checkpoints) = (0, 0, 0)
            (weather.workers, weather.turnSizes) = ([1], [64])
            return weather
        }
    }

    /// What the simulator breaks a pipeline with.
    public struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        public var place: String
        public var description: String { "a simulated fault \(place)" }
    }

    public let clock: ManualClock
    let weather: Weather
    var random: SimulatedRandom
    /// Faults that may still come.
    var faultsLeft: Int

    init(_ weather: Weather, clock: ManualClock, random: SimulatedRandom, faultsLeft: Int) {
        self.weather = weather
        self.clock = clock
        self.random = random
        self.faultsLeft = faultsLeft
    }

    /// A source of the elements of a collection, that stalls and fails as the weather is.
    public func source<Elements: Collection>(_ elements: Elements) -> SimulatedSource<CollectionSource<Elements>> {
        source(CollectionSource(elements))
    }

    /// Another source, that stalls and fails as the weather is.
    public func source<Base: StreamSource & ~Copyable>(_ base: consuming Base) -> SimulatedSource<Base> {
        SimulatedSource(base, in: self)
    }

    func fail(_ place: String) throws(Fault) {
        guard faultsLeft > 0, random.oneIn(weather.faults) else { return }
        faultsLeft -= 1
        throw Fault(place: place)
    }
}

/// A source that has nothing at times, and breaks at times.
public struct SimulatedSource<Base: StreamSource & ~Copyable>: StreamSource, ~Copyable {
    public typealias Element = Base.Element
    public typealias Position = Base.Position

    private var base: Base
    private let world: SimulatedWorld
    /// How many times more there is nothing.
    private var stall = 0

    init(_ base: consuming Base, in world: SimulatedWorld) {
        self.base = base
        self.world = world
    }

    public mutating func next() throws -> SourceReading<Element> {
        try world.fail("in a source")
        if stall == 0, world.random.oneIn(world.weather.stalls) {
            stall = Int.random(in: 1...max(1, world.weather.longestStall), using: &world.random)
        }
        guard stall == 0 else {
            stall -= 1
            return .nothingNow
        }
        return try base.next()
    }

    public var position: Position { base.position }

    public mutating func seek(to position: Position) throws { try base.seek(to: position) }
}
