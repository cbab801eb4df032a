/// A half-open stretch of event time, `[start, end)`.
@frozen public struct TimeWindow: Hashable, BitwiseCopyable, Sendable {
    public var start: Nanoseconds
    public var end: Nanoseconds

    @inlinable public init(start: Nanoseconds, end: Nanoseconds) {
        self.start = start
        self.end = end
    }

    /// All of time: the window of windows without bounds. It is never complete.
    @inlinable public static var always: TimeWindow { TimeWindow(start: .min, end: .max) }

    /// The last nanosecond that belongs to the window: the window is complete when the watermark comes to it.
    @inlinable public var lastNanosecond: Nanoseconds {
        self == .always ? .max : end.saturatingAdd(-1)
    }

    /// From when on, by the watermark, nothing more is taken: `nil` where that time never comes.
    @inlinable public func closing(allowedLateness: Nanoseconds) -> Nanoseconds? {
        let (closing, overflow) = lastNanosecond.addingReportingOverflow(allowedLateness)
        return overflow || closing == .max ? nil : closing
    }

    /// Whether `watermark` has passed the last nanosecond by the allowed lateness: elements come too late for it.
    @inlinable public func isClosed(watermark: Nanoseconds, allowedLateness: Nanoseconds) -> Bool {
        closing(allowedLateness: allowedLateness).map { $0 <= watermark } ?? false
    }
}
