/// What timers and lifetimes go by.
@frozen public enum TimeDomain: UInt8, Hashable, Sendable {
    /// Event time, as the watermark tells it.
    case eventTime = 1
    /// The clock of whoever drives the operator.
    case processingTime = 2
}
