import Glibc

/// Says what time it is for the machine: a pipeline asks once a turn. Tests give it a clock that they turn by hand.
public protocol ProcessingClock {
    /// Processing time, in ns since the epoch.
    var now: Nanoseconds { get }
    /// Waits for at most `time` ns, as sources have nothing to give.
    func wait(_ time: Nanoseconds)
}

/// The system's clock of the time of day.
public struct SystemClock: ProcessingClock, Sendable {
    public init() {}

    public var now: Nanoseconds {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Nanoseconds(time.tv_sec).multipliedReportingOverflow(by: .second).partialValue
            .saturatingAdd(Nanoseconds(time.tv_nsec))
    }

    public func wait(_ time: Nanoseconds) {
        var span = timespec(tv_sec: Int(time / .second), tv_nsec: Int(time % .second))
        nanosleep(&span, nil)
    }
}
