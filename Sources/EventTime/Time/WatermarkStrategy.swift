/// Says how far event time has come, from the elements alone: the same input gives the same watermarks.
///
/// ``Watermarks`` has the usual ones; conform to this for one that keeps state of its own.
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

/// The usual watermark strategies.
///
///     .boundedOutOfOrderness(5 * .second).withIdleness(after: 30 * .second)
public struct Watermarks<Element>: WatermarkStrategy {
    @usableFromInline var times: BoundedOutOfOrderness
    /// Where elements carry marks of their own.
    @usableFromInline let mark: ((Timed<Element>) -> Nanoseconds?)?
    /// Elements from one announcement to the next, and still to come before it.
    @usableFromInline var interval: UInt64 = 1
    @usableFromInline var countdown: UInt64 = 1
    /// Not announced yet.
    @usableFromInline var newest: Nanoseconds?
    public private(set) var idleTimeout: Nanoseconds?
    public private(set) var alignment: WatermarkAlignment.Membership?

    @usableFromInline init(delay: Nanoseconds?, mark: ((Timed<Element>) -> Nanoseconds?)?) {
        times = BoundedOutOfOrderness(delay: delay)
        self.mark = mark
    }

    /// Times come in order: the watermark is the newest time less 1 ns (Flink's `AscendingTimestampsWatermarks`).
    @inlinable public static func monotonous() -> Self { Self(delay: 0, mark: nil) }

    /// Times come out of order by `delay` ns at most: the watermark is the newest time, less the delay, less 1 ns
    /// (Flink's `BoundedOutOfOrdernessWatermarks`). What comes later than that may be late.
    @inlinable public static func boundedOutOfOrderness(_ delay: Nanoseconds) -> Self {
        Self(delay: delay, mark: nil)
    }

    /// No watermark before the end of the input: nothing is late.
    @inlinable public static func atEnd() -> Self { Self(delay: nil, mark: nil) }

    /// `mark` says after each element how far time has come, or `nil`: for sources that carry marks of their own.
    @inlinable public static func punctuated(_ mark: @escaping (Timed<Element>) -> Nanoseconds?) -> Self {
        Self(delay: nil, mark: mark)
    }

    /// The same watermarks, announced only after every `count` elements: for pipelines in which each advance costs.
    public consuming func every(_ count: Int) -> Self {
        precondition(count > 0)
        interval = UInt64(count)
        countdown = interval
        return self
    }

    /// A source that has been asked and had nothing for `timeout` ns of processing time is idle: others do not wait for
    /// its watermark until it gives something again. A source that is not asked, as what follows is busy, is not idle.
    public consuming func withIdleness(after timeout: Nanoseconds) -> Self {
        precondition(timeout > 0)
        idleTimeout = timeout
        return self
    }

    /// A source whose watermark is more than `drift` ns ahead of the slowest one in `group` is not read until the
    /// others have come nearer, so that what they wait for need not be kept.
    public consuming func aligned(in group: WatermarkAlignment, drift: Nanoseconds) -> Self {
        alignment = .init(group: group, drift: drift)
        return self
    }

    @inlinable @inline(__always)
    public mutating func watermark(after element: Timed<Element>) -> Nanoseconds? {
        let reached: Nanoseconds? =
            if let mark { mark(element) } else { times.observe(element.time) ? times.watermark : nil }
        guard interval > 1 else { return reached }
        return announce(reached)
    }

    @usableFromInline mutating func announce(_ reached: Nanoseconds?) -> Nanoseconds? {
        if let reached { newest = max(newest ?? reached, reached) }
        countdown -= 1
        guard countdown == 0 else { return nil }
        countdown = interval
        defer { newest = nil }
        return newest
    }

    public func snapshot(into state: inout StateEncoder) {
        state.encode(times.newest)
        state.encode(countdown)
        newest.encode(into: &state)
    }

    public mutating func restore(from state: inout StateDecoder) throws(StateError) {
        _ = times.observe(try state.decode(Nanoseconds.self))
        countdown = try state.decode()
        guard 1...interval ~= countdown else { throw state.invalid("a countdown of \(countdown)") }
        newest = try Nanoseconds?(from: &state)
    }
}
