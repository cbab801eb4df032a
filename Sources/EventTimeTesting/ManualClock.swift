public import EventTime

/// A clock of processing time that goes on only when it is told to.
public final class ManualClock: ProcessingClock {
    public private(set) var now: Nanoseconds

    public init(now: Nanoseconds = 0) { self.now = now }

    /// Goes on by `time` ns, which is not negative.
    public func advance(by time: Nanoseconds) {
        precondition(time >= 0)
        now = now.saturatingAdd(time)
    }

    /// Nobody waits: the time has passed.
    public func wait(_ time: Nanoseconds) { advance(by: time) }
}
