/// How long keyed state lives after its last use.
///
/// A value is not visible from the moment on at which its lifetime has passed, and is freed as the clock passes that
/// moment: an expired value is never seen, and takes no memory. Elements of a list and entries of a map live and die
/// each on their own.
///
/// In event time, the clock is the watermark, or the time of the timer that fires where that is earlier; a value was
/// last used at the time of the element that used it. A value used before its clock was first set lives from then on.
public struct TimeToLive: Hashable, Sendable {
    /// What counts as use.
    public enum Refresh: Hashable, Sendable {
        case onWrite
        case onReadAndWrite
    }

    public let duration: Nanoseconds
    public let domain: TimeDomain
    public let refresh: Refresh

    /// A lifetime of `duration` nanoseconds of event time, which is positive.
    public static func eventTime(_ duration: Nanoseconds, refresh: Refresh = .onWrite) -> Self {
        Self(duration: duration, domain: .eventTime, refresh: refresh)
    }

    /// A lifetime of `duration` nanoseconds of processing time, which is positive.
    public static func processingTime(_ duration: Nanoseconds, refresh: Refresh = .onWrite) -> Self {
        Self(duration: duration, domain: .processingTime, refresh: refresh)
    }

    private init(duration: Nanoseconds, domain: TimeDomain, refresh: Refresh) {
        precondition(duration > 0, "a time to live is positive")
        self.duration = duration
        self.domain = domain
        self.refresh = refresh
    }
}
