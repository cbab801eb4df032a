public import EventTime

/// Drives an operator by hand, element by element, with a clock that stands still until it is turned: what Flink's
/// KeyedOneInputStreamOperatorTestHarness is there.
///
///     var alarms = OperatorHarness(ProcessOperator(SilentSensor()))
///     alarms.push(1, key: "attic", at: 0)
///     alarms.advance(to: 60 * .second)
///     #expect(alarms.takeOutput().map(\.value.value) == [Alarm(sensor: "attic", silentSince: 0)])
///
/// A keyed operator may be driven as any number of parallel ones, each with its key groups, as workers run them; what
/// comes out is the same.
public struct OperatorHarness<Operator: StreamOperator & ~Copyable>: ~Copyable {
    /// Holds an operator where an array cannot.
    final class Instance {
        var step: Operator
        init(_ step: consuming Operator) { self.step = step }
    }

    /// What was saved of each parallel operator.
    public struct Saved: Hashable, Sendable {
        public var parts: [[UInt8]]

        public init(parts: [[UInt8]]) { self.parts = parts }
    }

    private let instances: [Instance]
    /// Which instance takes an element.
    private let route: (Operator.Input) -> Int
    /// Puts what an advance of time made the instances emit in order.
    private let order: (inout [Timed<Operator.Output>]) -> Void
    private var output: [Timed<Operator.Output>] = []
    /// How far event time has come; `Int64.min`: nowhere yet.
    public private(set) var watermark = Nanoseconds.min
    /// What the clock shows, in ns since the epoch.
    public private(set) var processingTime: Nanoseconds = 0

    private init(
        _ instances: [Instance], route: @escaping (Operator.Input) -> Int,
        order: @escaping (inout [Timed<Operator.Output>]) -> Void
    ) {
        self.instances = instances
        self.route = route
        self.order = order
        setProcessingTime(to: 0)
    }

    /// Drives one operator.
    public init(_ step: consuming Operator) {
        self.init([Instance(step)], route: { _ in 0 }, order: { _ in })
    }

    /// Drives one operator that begins with what was saved of another. Throws ``StateError`` where that does not fit.
    public init(_ step: consuming Operator, restoring saved: Saved) throws(StateError) {
        self.init(step)
        guard saved.parts.count == 1 else {
            throw .unreadable("saved by \(saved.parts.count) operators, not by one")
        }
        var state = StateDecoder(saved.parts[0])
        try instances[0].step.restore(from: &state)
        try state.finish()
    }

    /// Gives an element to the operator of its key.
    public mutating func push(_ element: Operator.Input, at time: Nanoseconds) {
        instances[route(element)].step.process(Timed(element, at: time)) { output.append($0) }
    }

    /// Advances event time; does nothing where it has come so far already.
    public mutating func advance(to watermark: Nanoseconds) {
        guard watermark > self.watermark else { return }
        self.watermark = watermark
        var fired: [Timed<Operator.Output>] = []
        for instance in instances { instance.step.advance(to: watermark) { fired.append($0) } }
        order(&fired)
        output += fired
    }

    /// Ends the input: event time advances as far as it can.
    public mutating func finish() { advance(to: .max) }

    /// Turns the clock.
    public mutating func setProcessingTime(to now: Nanoseconds) {
        processingTime = now
        var fired: [Timed<Operator.Output>] = []
        for instance in instances { instance.step.advanceProcessingTime(to: now) { fired.append($0) } }
        order(&fired)
        output += fired
    }

    /// What was emitted since this was last asked.
    public mutating func takeOutput() -> [Timed<Operator.Output>] {
        defer { output = [] }
        return output
    }

    /// Saves the state of the operators. Equal states have equal bytes.
    public func snapshot() -> Saved {
        Saved(parts: instances.map { instance in StateEncoder.bytes { instance.step.snapshot(into: &$0) } })
    }
}

extension OperatorHarness where Operator: KeyedOperator & ~Copyable {
    /// Drives `parallelism` operators, each with its share of `groups` key groups.
    public init(
        parallelism: Int, groups: Int = KeyGroups.defaultCount, _ makeOperator: () -> Operator
    ) {
        let shares = (0..<parallelism).map { KeyGroups(worker: $0, of: parallelism, count: groups) }
        self.init(
            shares.map { _ in Instance(makeOperator()) },
            route: { element in shares.firstIndex { $0.contains(element.key) } ?? 0 },
            order: { fired in
                fired.sort { $0.time != $1.time ? $0.time < $1.time : $0.value.key < $1.value.key }
            })
    }

    /// Drives `parallelism` operators that begin with what any number of others had saved. Throws ``StateError`` where
    /// that does not fit.
    public init(
        parallelism: Int, groups: Int = KeyGroups.defaultCount, restoring saved: Saved,
        _ makeOperator: () -> Operator
    ) throws(StateError) {
        self.init(parallelism: parallelism, groups: groups, makeOperator)
        for (worker, instance) in instances.enumerated() {
            let share = KeyGroups(worker: worker, of: parallelism, count: groups)
            for part in saved.parts {
                var state = StateDecoder(part)
                try instance.step.restore(from: &state, keeping: share)
                try state.finish()
            }
        }
    }

    /// Gives a value to the operator of its key.
    public mutating func push(_ value: Operator.Value, key: Operator.Key, at time: Nanoseconds) {
        push(Keyed(key, value), at: time)
    }

    /// What was emitted since this was last asked, without keys.
    public mutating func takeValues() -> [Operator.Result] { takeOutput().map(\.value.value) }

    /// What was emitted since this was last asked, apart: results, and the side output.
    public mutating func takeSides<Main, Side>() -> (main: [Main], side: [Side])
    where Operator.Result == WithSide<Main, Side> {
        var sides: (main: [Main], side: [Side]) = ([], [])
        for result in takeValues() {
            switch result {
            case .main(let value): sides.main.append(value)
            case .side(let value): sides.side.append(value)
            }
        }
        return sides
    }
}

extension OperatorHarness where Operator: ~Copyable {
    /// Keys for which the operators have state or a timer.
    public func keyCount<Function>() -> Int where Operator == ProcessOperator<Function> {
        instances.reduce(0) { $0 + $1.step.keyCount }
    }

    /// Timers that are set.
    public func timerCount<Function>() -> Int where Operator == ProcessOperator<Function> {
        instances.reduce(0) { $0 + $1.step.timerCount }
    }
}
