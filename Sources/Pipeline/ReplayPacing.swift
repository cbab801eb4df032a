import EventTime

/// Holds a replay back to a multiple of the capture's own pace.
struct ReplayPacing {
    private let speed: Double
    private var firstTime: Nanoseconds?
    private var started: Int64 = 0

    /// `speed`: 1 for the capture's own pace, 2 for twice as fast; positive.
    init(speed: Double) { self.speed = speed }

    /// Waits until a packet of this time is due; packets that step back are due at once. Returns early on a signal.
    mutating func wait(for time: Nanoseconds) {
        guard let firstTime else {
            self.firstTime = time
            started = MonotonicClock.now()
            return
        }
        let distance = Double(time.saturatingAdd(firstTime == .min ? .max : -firstTime)) / speed
        let due = distance >= Double(Int64.max) - Double(started) ? Int64.max : started + Int64(max(0, distance))
        // A quarter of a second at a time, so that a signal is heeded.
        while !RunSignals.wantsStop {
            let left = due - MonotonicClock.now()
            guard left > 0 else { return }
            MonotonicClock.sleep(min(left, 250_000_000))
        }
    }
}
