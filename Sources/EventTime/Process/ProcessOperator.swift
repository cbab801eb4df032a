/// Runs a ``ProcessFunction`` over a keyed stream.
///
/// Timers of one advance of time fire in the order of (time, key), and with them those that the function sets
/// meanwhile, where they are due too. A timer set for an element fires at an advance, never at once.
public struct ProcessOperator<Function: ProcessFunction>: ~Copyable, KeyedOperator {
    public typealias Key = Function.Key
    public typealias Value = Function.Input
    public typealias Result = Function.Output
    public typealias Input = Keyed<Key, Value>
    public typealias Output = Keyed<Key, Result>

    @usableFromInline let function: Function
    @usableFromInline var context: Function.Context

    public init(_ function: Function) {
        self.function = function
        context = Function.Context(function.states)
    }

    /// Keys for which there is state or a timer.
    public var keyCount: Int { context.slots.count }

    /// Timers set.
    public var timerCount: Int { context.eventTimers.count + context.processingTimers.count }

    @inlinable @inline(__always)
    public mutating func process(_ element: Timed<Input>, emit: (Timed<Output>) -> Void) {
        context.enter(element.value.key, at: element.time)
        function.process(element.value.value, in: &context)
        finish(emit)
    }

    @inlinable public mutating func advance(to watermark: Nanoseconds, emit: (Timed<Output>) -> Void) {
        guard watermark > context.watermark else { return }
        context.currentWatermark = watermark
        while let timer = context.nextTimer(through: watermark) {
            function.timer(timer, in: &context)
            finish(emit)
        }
        context.clocks.event = watermark
        context.expire()
    }

    @inlinable public mutating func advanceProcessingTime(to now: Nanoseconds, emit: (Timed<Output>) -> Void) {
        guard now >= context.processingTime else { return }
        context.now = now
        context.clocks.processing = now
        while let timer = context.nextProcessingTimer(through: now) {
            function.timer(timer, in: &context)
            finish(emit)
        }
        context.expire()
    }

    /// Hands on what the function emitted, and lets go of a key of which nothing is left.
    @inlinable @inline(__always)
    mutating func finish(_ emit: (Timed<Output>) -> Void) {
        if context.output.count > 0 {
            let key = context.key
            context.output.drain { result in emit(Timed(Keyed(key, result.value), at: result.time)) }
        }
        context.leave()
    }

    public func snapshot(into state: inout StateEncoder) { context.snapshot(into: &state) }

    /// Takes over the keys of some groups from a checkpoint; parts of it that hold none of them are not looked into.
    public mutating func restore(from state: inout StateDecoder, keeping groups: KeyGroups) throws(StateError) {
        try context.restore(from: &state, keeping: groups)
    }
}
