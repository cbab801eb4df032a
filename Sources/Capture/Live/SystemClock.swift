import Glibc

/// The system's clocks, in nanoseconds.
enum SystemClock {
    /// Since the epoch: what the kernel stamps packets with. It may step.
    static func realtime() -> Int64 { read(CLOCK_REALTIME) }

    /// Only goes forward.
    static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        let (seconds, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? (time.tv_sec < 0 ? .min : .max) : seconds.clampedAdd(Int64(time.tv_nsec))
    }
}

extension Int64 {
    /// The sum, or the nearest number that 64 bits hold.
    @inline(__always)
    func clampedAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
