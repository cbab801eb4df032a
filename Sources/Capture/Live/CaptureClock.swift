/// Makes event times of the kernel's timestamps: the same, unless the system's clock was set back by more than the
/// watermark's delay absorbs. Then time goes on from where it was, ahead of the clock, so that packets are not late
/// until the clock has caught up; when it is set forward again, or has caught up, the timestamps count once more.
///
/// Each source (an interface, and the clock itself) is corrected on its own: packets of one may come from before the
/// step when those of another come from behind it.
struct CaptureClock {
    /// Backward steps up to this are none; `Int64.max` for any.
    private let tolerance: Int64
    private var corrections: [Int64]
    /// The latest time that any source has shown.
    private(set) var newest = Int64.min
    /// The newest time less the tolerance.
    private var earliest = Int64.min
    /// The steps back that were corrected since they were last taken.
    private(set) var steps: [Int64] = []

    init(sources: Int, tolerance: Int64) {
        self.tolerance = tolerance
        corrections = Array(repeating: 0, count: sources)
    }

    /// The event time of something that `source` stamped with `stamp`. `now` reads the system's clock, and is asked
    /// only where the stamp is far behind.
    @inline(__always)
    mutating func eventTime(of stamp: Int64, source: Int, now: () -> Int64) -> Int64 {
        if stamp >= newest {
            if corrections[source] != 0 { corrections[source] = 0 }
            advance(to: stamp)
            return stamp
        }
        if stamp >= earliest, corrections[source] == 0 { return stamp }
        return olderTime(of: stamp, source: source, now: now)
    }

    @inline(never)
    private mutating func olderTime(of stamp: Int64, source: Int, now: () -> Int64) -> Int64 {
        let time = stamp.clampedAdd(corrections[source])
        // A straggler belongs to the clock as it was: the clock itself is not back there.
        guard time < earliest, now().clampedAdd(corrections[source]) < earliest else {
            advance(to: time)
            return time
        }
        // Perhaps another source has met the same step before.
        let latest = newest.clampedAdd(tolerance)
        for correction in corrections where correction > corrections[source] {
            let corrected = stamp.clampedAdd(correction)
            if corrected >= earliest, corrected <= latest {
                corrections[source] = correction
                advance(to: corrected)
                return corrected
            }
        }
        steps.append(newest.clampedAdd(time == .min ? .max : -time))
        corrections[source] = newest.clampedAdd(stamp == .min ? .max : -stamp)
        return newest
    }

    /// Time has come this far already.
    mutating func goOn(from time: Int64) { advance(to: time) }

    @inline(__always)
    private mutating func advance(to time: Int64) {
        guard time > newest else { return }
        newest = time
        earliest = tolerance == .max ? .min : time.clampedAdd(-tolerance)
    }

    mutating func takeSteps() -> [Int64] {
        defer { steps.removeAll() }
        return steps
    }
}
