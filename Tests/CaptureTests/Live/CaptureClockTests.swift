import Testing

@testable import Capture

@Suite("The clock of a live capture")
struct CaptureClockTests {
    /// Feeds stamps of (source, stamp, clock) and gives the event times.
    private func times(
        _ clock: inout CaptureClock, _ stamps: [(source: Int, stamp: Int64, now: Int64)]
    ) -> [Int64] {
        stamps.map { stamp in clock.eventTime(of: stamp.stamp, source: stamp.source) { stamp.now } }
    }

    @Test("leaves stamps alone, in order or within the tolerance")
    func plain() {
        var clock = CaptureClock(sources: 2, tolerance: 10)
        #expect(
            times(&clock, [(0, 100, 100), (1, 95, 101), (0, 120, 120), (1, 110, 120)]) == [100, 95, 120, 110])
        #expect(clock.takeSteps() == [])
    }

    @Test("leaves a straggler alone, since the clock itself has not gone back")
    func straggler() {
        var clock = CaptureClock(sources: 1, tolerance: 10)
        #expect(times(&clock, [(0, 1000, 1000), (0, 500, 1001), (0, 1002, 1002)]) == [1000, 500, 1002])
        #expect(clock.takeSteps() == [])
    }

    @Test("goes on from where it was when the system's clock is set back")
    func stepBack() {
        var clock = CaptureClock(sources: 1, tolerance: 10)
        let found = times(&clock, [(0, 1000, 1000), (0, 400, 400), (0, 405, 405), (0, 402, 406), (0, 600, 600)])
        #expect(found == [1000, 1000, 1005, 1002, 1200])
        #expect(clock.takeSteps() == [600])
        #expect(clock.takeSteps() == [])
    }

    @Test("goes on from an earlier capture's time when the clock was set back in between")
    func goOn() {
        var clock = CaptureClock(sources: 1, tolerance: 10)
        clock.goOn(from: 1000)
        #expect(times(&clock, [(0, 400, 400), (0, 405, 405), (0, 2000, 2000)]) == [1000, 1005, 2000])
        #expect(clock.takeSteps() == [600])
        clock.goOn(from: 1500)
        #expect(times(&clock, [(0, 2001, 2001)]) == [2001])
    }

    @Test("takes the stamps again once they have caught up")
    func catchUp() {
        var clock = CaptureClock(sources: 1, tolerance: 10)
        let found = times(&clock, [(0, 1000, 1000), (0, 400, 400), (0, 2000, 2000), (0, 2003, 2003)])
        #expect(found == [1000, 1000, 2000, 2003])
    }

    @Test("follows a step forward")
    func stepForward() {
        var clock = CaptureClock(sources: 1, tolerance: 10)
        #expect(times(&clock, [(0, 100, 100), (0, 90_000, 90_000), (0, 90_001, 90_001)]) == [100, 90_000, 90_001])
    }

    @Test("corrects each source on its own, by the same step")
    func sources() {
        var clock = CaptureClock(sources: 3, tolerance: 10)
        // The clock is set back by 600 between the first source's packets; the second still has older ones.
        let found = times(
            &clock, [(0, 1000, 1000), (0, 401, 401), (1, 1000, 402), (1, 403, 403), (2, 404, 404)])
        #expect(found == [1000, 1000, 1000, 1002, 1003])
        #expect(clock.takeSteps() == [599], "one step, and not one for each source")
    }

    @Test("survives the ends of time")
    func extremes() {
        var clock = CaptureClock(sources: 1, tolerance: .max)
        #expect(times(&clock, [(0, .max, .max), (0, .min, .min), (0, 0, 0)]) == [.max, .min, 0])
        var strict = CaptureClock(sources: 1, tolerance: 0)
        let found = times(&strict, [(0, .max, .max), (0, .min, .min), (0, .min + 1, .min + 1), (0, 0, 0)])
        #expect(found.allSatisfy { $0 == .max })
    }
}
