/// Windows as a step of a keyed stream. What no window took and is late comes out aside.
public struct WindowStep<Operation: WindowOperation & ~Copyable>: KeyedOperator, ~Copyable {
    public typealias Key = Operation.Key
    public typealias Value = Operation.Element
    public typealias Result = WithSide<WindowResult<Operation.Key, Operation.Result>, Operation.Element>

    @usableFromInline var operation: Operation
    @usableFromInline let make: () -> Operation

    @inlinable init(_ make: @escaping () -> Operation) {
        operation = make()
        self.make = make
    }

    @inlinable @inline(__always)
    public mutating func process(_ element: Timed<Keyed<Key, Value>>, emit: (Timed<Keyed<Key, Result>>) -> Void) {
        let (key, value) = (element.value.key, element.value.value)
        let fate = operation.process(key: key, element: value, at: element.time) { Self.pass($0, emit) }
        if fate == .late { emit(Timed(Keyed(key, .side(value)), at: element.time)) }
    }

    @inlinable @inline(__always)
    public func prefetch(_ key: Key, _ step: PrefetchStep) { operation.prefetch(key, step) }

    @inlinable @inline(__always)
    public mutating func advance(to watermark: Nanoseconds, emit: (Timed<Keyed<Key, Result>>) -> Void) {
        operation.advance(to: watermark) { Self.pass($0, emit) }
    }

    @inlinable @inline(__always)
    public mutating func advanceProcessingTime(to now: Nanoseconds, emit: (Timed<Keyed<Key, Result>>) -> Void) {
        operation.advanceProcessingTime(to: now) { Self.pass($0, emit) }
    }

    @inlinable @inline(__always)
    static func pass(
        _ result: WindowResult<Key, Operation.Result>, _ emit: (Timed<Keyed<Key, Result>>) -> Void
    ) {
        emit(Timed(Keyed(result.key, .main(result)), at: result.time))
    }

    @inlinable public func snapshot(into state: inout StateEncoder) { operation.snapshot(into: &state) }

    @inlinable
    public mutating func restore(from state: inout StateDecoder, keeping groups: KeyGroups) throws(StateError) {
        // Into an operation of its own first, which then writes what is to be kept.
        var saved = make()
        try saved.restore(from: &state)
        var kept = StateDecoder(
            StateEncoder.bytes { part in saved.snapshot(into: &part) { groups.contains($0) } })
        try operation.restore(from: &kept)
    }
}

extension KeyedStream where Upstream: ~Copyable, Inner: ~Copyable {
    /// A keyed stream behind windows; late elements are aside.
    public typealias WindowedWithLate<Operation: WindowOperation & ~Copyable> = KeyedStream<
        Upstream, Chain<Inner, WindowStep<Operation>>
    > where Operation.Key == Key, Operation.Element == Element, Operation.Result: Sendable

    /// A keyed stream behind windows.
    public typealias Windowed<Operation: WindowOperation & ~Copyable> = KeyedStream<
        Upstream,
        Chain<
            Chain<Inner, WindowStep<Operation>>,
            KeyedCompactMap<
                Key, WithSide<WindowResult<Key, Operation.Result>, Element>, WindowResult<Key, Operation.Result>
            >
        >
    > where Operation.Key == Key, Operation.Element == Element, Operation.Result: Sendable

    /// What windows of any kind say of each key: ``WindowOperator``, ``SlicedWindowOperator`` and the like, with their
    /// triggers. `makeWindows` is called for each worker. Late elements come aside: see
    /// ``EventStream/sideOutput(into:)``.
    @inlinable public consuming func windowWithLate<Operation: WindowOperation & SendableMetatype & ~Copyable>(
        _ makeWindows: @escaping @Sendable @autoclosure () -> Operation
    ) -> WindowedWithLate<Operation> {
        process(WindowStep { makeWindows() })
    }

    /// What windows of any kind say of each key; late elements are dropped.
    @inlinable public consuming func window<Operation: WindowOperation & SendableMetatype & ~Copyable>(
        _ makeWindows: @escaping @Sendable @autoclosure () -> Operation
    ) -> Windowed<Operation> {
        process(WindowStep { makeWindows() }).compactMap { result in
            switch result {
            case .main(let main): main
            case .side: nil
            }
        }
    }

    /// Each key's elements in tumbling or sliding windows of event time, folded; late elements are dropped.
    @inlinable public consuming func window<Function: Aggregate>(
        _ windows: SlidingWindows, aggregate function: Function, allowedLateness: Nanoseconds = 0
    ) -> Windowed<SlicedWindowOperator<Key, SlidingWindows, Function>>
    where Function.Input == Element, Function.Result: Sendable {
        window(SlicedWindowOperator(windows, aggregate: function, allowedLateness: allowedLateness))
    }

    /// Each key's elements in sessions, which end when nothing comes for `gap` ns of event time, folded; late elements
    /// are dropped.
    @inlinable public consuming func sessions<Function: Aggregate>(
        gap: Nanoseconds, aggregate function: Function, allowedLateness: Nanoseconds = 0
    ) -> Windowed<WindowOperator<SessionWindows<Key, Element>, EventTimeTrigger<Element>, Function>>
    where Function.Input == Element, Function.Result: Sendable {
        window(
            WindowOperator(
                SessionWindows<Key, Element>(gap: gap), trigger: EventTimeTrigger<Element>(), aggregate: function,
                allowedLateness: allowedLateness))
    }
}
