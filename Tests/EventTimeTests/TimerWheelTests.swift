import EventTime
import TestSupport
import Testing

@Suite("A timer wheel")
struct TimerWheelTests {
    /// Fires what is due as its users do: a timer taken off too early is put back at its time.
    private func fired(_ wheel: inout TimerWheel, before time: Nanoseconds, _ times: [Int: Nanoseconds]) -> Set<Int>
    {
        var fired: Set<Int> = []
        var due: [UInt32] = []
        wheel.takeDue(before: time, into: &due)
        for timer in due.map({ Int($0) }) {
            guard let at = times[timer] else {
                Issue.record("timer \(timer) is not set")
                continue
            }
            if at >= time {
                wheel.set(timer, at: at)
            } else {
                #expect(fired.insert(timer).inserted, "timer \(timer) fired twice")
            }
        }
        return fired
    }

    private func expectFired(
        _ wheel: inout TimerWheel, before time: Nanoseconds, _ times: [Int: Nanoseconds], _ expected: Set<Int>
    ) {
        let fired = fired(&wheel, before: time, times)
        #expect(fired == expected, "before \(time)")
    }

    /// Scales of time against a resolution of 16: within the wheel's horizon of 4096, at its edge, and far beyond.
    @Test(
        "fires exactly the timers that are due, whatever was set and cancelled", arguments: [300, 5000, 1_000_000])
    func randomOperations(scale: Int64) {
        for seed in 0..<12 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var wheel = TimerWheel(resolution: 16)
            var times: [Int: Nanoseconds] = [:]
            var now: Nanoseconds = random.pick(-scale...scale)
            for step in 0..<300 {
                let timer = random.pick(0...40)
                switch random.pick(0...5) {
                case 0...2:
                    wheel.cancel(timer)
                    // Past times too: they are due at once.
                    times[timer] = now + random.pick(-scale...scale)
                    wheel.set(timer, at: times[timer] ?? now)
                case 3:
                    wheel.cancel(timer)
                    times[timer] = nil
                default:
                    now += random.oneIn(10) ? random.pick(0...10 * scale) : random.pick(0...scale / 10)
                    // A timer is due from its slot on: compare where slots begin.
                    let time = now.roundedDown(toMultipleOf: 16)
                    let due = Set(times.filter { $0.value < time }.keys)
                    let fired = fired(&wheel, before: time, times)
                    #expect(fired == due, "seed \(seed), step \(step)")
                    for timer in due { times[timer] = nil }
                }
                #expect(wheel.count == times.count, "seed \(seed), step \(step)")
            }
        }
    }

    @Test("fires a timer set before the earliest one that it has seen")
    func earlierTimer() {
        var wheel = TimerWheel(resolution: 1)
        let times: [Int: Nanoseconds] = [0: 1000, 1: 10]
        wheel.set(0, at: 1000)
        wheel.set(1, at: 10)
        expectFired(&wheel, before: 10, times, [])
        expectFired(&wheel, before: 11, times, [1])
        expectFired(&wheel, before: 1000, times, [])
        expectFired(&wheel, before: 1001, times, [0])
    }

    @Test("holds times at both ends of 64 bits", arguments: [1, 7, 1_000_000])
    func extremes(resolution: Nanoseconds) {
        var wheel = TimerWheel(resolution: resolution)
        let times: [Int: Nanoseconds] = [0: .max, 1: .min, 2: 0, 3: .max - 1, 4: .min + 1]
        for (timer, time) in times { wheel.set(timer, at: time) }
        expectFired(&wheel, before: -10_000_000, times, [1, 4])
        expectFired(&wheel, before: 10_000_000, times, [2])
        expectFired(&wheel, before: .max, times, [3])
        #expect(wheel.count == 1)
    }

    @Test("visits a far timer when it is due, not once for each slot on the way")
    func farTimers() {
        var wheel = TimerWheel(resolution: 1)
        wheel.set(0, at: 1 << 40)
        var visits = 0
        for step in 1...100 {
            var due: [UInt32] = []
            wheel.takeDue(before: Int64(step) << 33, into: &due)
            visits += due.count
            for timer in due { wheel.set(Int(timer), at: 1 << 40) }
        }
        #expect(visits <= 101)
        #expect(wheel.count == 1)
    }

    @Test("pops timers in the order of their slots, whatever was moved meanwhile", arguments: 0..<30)
    func popEarliest(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var wheel = TimerWheel(resolution: 8)
        var times: [Int: Nanoseconds] = [:]
        // Lazily moved: a timer stands in the wheel at its old time until it is visited.
        for timer in 0..<60 {
            let set: Nanoseconds = random.pick(0...1000)
            wheel.set(timer, at: set)
            times[timer] = set + (random.oneIn(3) ? random.pick(0...900) : 0)
        }
        var popped: [Int] = []
        while let timer = wheel.popEarliest({ times[$0] }) { popped.append(timer) }
        #expect(popped.count == 60 && Set(popped).count == 60)
        #expect(wheel.count == 0)
        let slots = popped.compactMap { times[$0].map { $0.floored(dividingBy: 8) } }
        #expect(slots == slots.sorted(), "seed \(seed)")
    }

    @Test("pops nothing where nothing is set")
    func empty() {
        var wheel = TimerWheel(resolution: 8)
        let none = wheel.popEarliest { _ in nil }
        #expect(none == nil)
        wheel.set(3, at: 5)
        wheel.cancel(3)
        wheel.cancel(3)
        wheel.cancel(99)
        let noneLeft = wheel.popEarliest { _ in nil }
        #expect(noneLeft == nil)
        #expect(wheel.count == 0)
    }
}
