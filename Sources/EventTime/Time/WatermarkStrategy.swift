/// Says how far event time has come, from the elements alone: the same input gives the same watermarks.
public protocol WatermarkStrategy<Element> {
    associatedtype Element

    /// Takes note of an element and answers the watermark to announce behind it: up to there, everything has come.
    /// `nil`, or what is not above the last one: none.
    mutating func watermark(after element: Timed<Element>) -> Nanoseconds?

    /// After how long without an element the source is idle, in ns of processing time; `nil`: never.
    var idleTimeout: Nanoseconds? { get }
    /// The sources that this one may not run ahead of.
    var alignment: WatermarkAlignment.Membership? { get }

    func snapshot(into state: inout StateEncoder)
    mutating func restore(from state: inout StateDecoder) throws(StateError)
}

extension WatermarkStrategy {
    @inlinable public var idleTimeout: Nanoseconds? { nil }
    @inlinable public var alignment: WatermarkAlignment.Membership? { nil }
    @inlinable public func snapshot(into state: inout StateEncoder) {}
    @inlinable public mutating func restore(from state: inout StateDecoder) throws(StateError) {}
}

/// The newest time seen, less a delay, less 1 ns: Flink's `BoundedOutOfOrdernessWatermarks`; with a delay of 0 its
/// `AscendingTimestampsWatermarks`.
public struct BoundedWatermarks<Element>: WatermarkStrategy {
    @usableFromInline var times: BoundedOutOfOrderness

    @inlinable public init(delay: Nanoseconds?) { times = BoundedOutOfOrderness(delay: delay) }

    @inlinable @inline(__always)
    public mutating func watermark(after element: Timed<Element>) -> Nanoseconds? {
        times.observe(element.time) ? times.watermark : nil
    }

    public func snapshot(into state: inout StateEncoder) { state.encode(times.newest) }

    public mutating func restore(from state: inout StateDecoder) throws(StateError) {
        _ = times.observe(try state.decode(Nanoseconds.self))
    }
}

/// Asks a function for the watermark after each element: for sources that carry marks of their own.
public struct PunctuatedWatermarks<Element>: WatermarkStrategy {
    @usableFromInline let watermark: (Timed<Element>) -> Nanoseconds?

    @inlinable public init(_ watermark: @escaping (Timed<Element>) -> Nanoseconds?) { self.watermark = watermark }

    @inlinable @inline(__always)
    public mutating func watermark(after element: Timed<Element>) -> Nanoseconds? { watermark(element) }
}

/// Announces another strategy's watermark only after every so many elements: for pipelines in which each advance costs.
public struct PeriodicWatermarks<Base: WatermarkStrategy>: WatermarkStrategy {
    @usableFromInline var base: Base
    @usableFromInline let interval: UInt64
    @usableFromInline var countdown: UInt64
    @usableFromInline var newest: Nanoseconds?

    @inlinable init(_ base: Base, every interval: Int) {
        precondition(interval > 0)
        self.base = base
        self.interval = UInt64(interval)
        countdown = self.interval
    }

    @inlinable public mutating func watermark(after element: Timed<Base.Element>) -> Nanoseconds? {
        newest = base.watermark(after: element) ?? newest
        countdown -= 1
        guard countdown == 0 else { return nil }
        countdown = interval
        return newest
    }

    @inlinable public var idleTimeout: Nanoseconds? { base.idleTimeout }
    @inlinable public var alignment: WatermarkAlignment.Membership? { base.alignment }

    public func snapshot(into state: inout StateEncoder) {
        base.snapshot(into: &state)
        state.encode(countdown)
        newest.encode(into: &state)
    }

    public mutating func restore(from state: inout StateDecoder) throws(StateError) {
        try base.restore(from: &state)
        countdown = try state.decode()
        guard 1...interval ~= countdown else { throw state.invalid("a countdown of \(countdown)") }
        newest = try Nanoseconds?(from: &state)
    }
}

/// Another strategy, with idleness or alignment.
public struct ObservedWatermarks<Base: WatermarkStrategy>: WatermarkStrategy {
    @usableFromInline var base: Base
    public let idleTimeout: Nanoseconds?
    public let alignment: WatermarkAlignment.Membership?

    @inlinable init(
        _ base: Base, idleTimeout: Nanoseconds?, alignment: WatermarkAlignment.Membership?
    ) {
        precondition(idleTimeout ?? 1 > 0)
        self.base = base
        self.idleTimeout = idleTimeout
        self.alignment = alignment
    }

    @inlinable @inline(__always)
    public mutating func watermark(after element: Timed<Base.Element>) -> Nanoseconds? {
        base.watermark(after: element)
    }

    @inlinable public func snapshot(into state: inout StateEncoder) { base.snapshot(into: &state) }

    @inlinable public mutating func restore(from state: inout StateDecoder) throws(StateError) {
        try base.restore(from: &state)
    }
}

extension WatermarkStrategy {
    /// Times come in order: the watermark is the newest time less 1 ns.
    @inlinable public static func monotonous<Event>() -> Self where Self == BoundedWatermarks<Event> {
        BoundedWatermarks(delay: 0)
    }

    /// Times come out of order by `delay` ns at most. What comes later than that may be late.
    @inlinable public static func boundedOutOfOrderness<Event>(
        _ delay: Nanoseconds
    ) -> Self where Self == BoundedWatermarks<Event> {
        BoundedWatermarks(delay: delay)
    }

    /// No watermark before the end of the input: nothing is late.
    @inlinable public static func atEnd<Event>() -> Self where Self == BoundedWatermarks<Event> {
        BoundedWatermarks(delay: nil)
    }

    /// `watermark` says after each element how far time has come, or `nil`.
    @inlinable public static func punctuated<Event>(
        _ watermark: @escaping (Timed<Event>) -> Nanoseconds?
    ) -> Self where Self == PunctuatedWatermarks<Event> {
        PunctuatedWatermarks(watermark)
    }

    /// The same watermarks, announced only after every `count` elements.
    @inlinable public consuming func every(_ count: Int) -> PeriodicWatermarks<Self> {
        PeriodicWatermarks(self, every: count)
    }

    /// A source that has been asked and had nothing for `timeout` ns of processing time is idle: others do not wait for
    /// its watermark until it gives something again. A source that is not asked, as what follows is busy, is not idle.
    @inlinable public consuming func withIdleness(after timeout: Nanoseconds) -> ObservedWatermarks<Self> {
        ObservedWatermarks(self, idleTimeout: timeout, alignment: alignment)
    }

    /// A source whose watermark is more than `drift` ns ahead of the slowest one in `group` is not read until the
    /// others have come nearer, so that what they wait for need not be kept.
    @inlinable public consuming func aligned(
        in group: WatermarkAlignment, drift: Nanoseconds
    ) -> ObservedWatermarks<Self> {
        ObservedWatermarks(self, idleTimeout: idleTimeout, alignment: .init(group: group, drift: drift))
    }
}
