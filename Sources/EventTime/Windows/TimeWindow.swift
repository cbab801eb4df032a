/// A half-open stretch of event time, `[start, end)`.
public struct TimeWindow: Hashable, Sendable {
    public var start: Nanoseconds
    public var end: Nanoseconds

    @inlinable public init(start: Nanoseconds, end: Nanoseconds) {
        self.start = start
        self.end = end
    }
}
