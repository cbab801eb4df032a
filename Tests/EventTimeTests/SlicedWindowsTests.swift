import EventTime
import TestSupport
import Testing

@Suite("Sliced windows")
struct SlicedWindowsTests {
    /// A random stream of things and advances of event time; every firing is compared.
    private func compare(
        seed: UInt64, _ windows: SlidingWindows, allowedLateness: Nanoseconds, guess: ((TestKey) -> Int32)? = nil
    ) {
        var random = SeededRandom(seed: seed)
        var model = WindowModel(windows, allowedLateness: allowedLateness)
        var driver = WindowDriver(windows, allowedLateness: allowedLateness)
        driver.guess = guess
        var now: Nanoseconds = random.pick(-200...200)
        for step in 0..<60 {
            if random.oneIn(3) {
                now += random.oneIn(8) ? random.pick(0...40 * windows.sliceLength) : random.pick(0...12)
                let dirty = model.dirtyWindows
                let firings = driver.advance(to: now, dirty: dirty)
                let expected = model.advance(to: now)
                #expect(firings == expected, "\(windows), lateness \(allowedLateness), seed \(seed), step \(step)")
                guard firings == expected else { return }
            } else {
                let back: Nanoseconds = random.oneIn(2) ? random.pick(0...allowedLateness + windows.size) : 0
                let first = windows.slice(containing: now - back + random.pick(0...2 * windows.size))
                let last = first + (random.oneIn(2) ? random.pick(0...2 * windows.slicesPerWindow + 2) : 0)
                // A thing lies in slices that some window takes: neither too late nor between two windows.
                guard (first...last).allSatisfy(model.takes) else { continue }
                let thing = TestThing(
                    key: TestKey(name: random.pick(0...9)), slices: first...last, value: random.pick(-5...5))
                model.add(thing)
                driver.add(thing) { !model.revisable($0).isEmpty }
            }
        }
        let dirty = model.dirtyWindows
        let (firings, expected) = (driver.advance(to: .max, dirty: dirty), model.advance(to: .max))
        #expect(
            firings == expected,
            "\(windows), lateness \(allowedLateness), seed \(seed), at the end")
    }

    static let shapes: [(size: Nanoseconds, slide: Nanoseconds)] = [
        (10, 10), (10, 5), (12, 3), (10, 4), (7, 3), (9, 1), (3, 10), (6, 15), (1, 1),
    ]

    @Test("fire what a recomputation of every window from all elements says, nothing being late", arguments: shapes)
    func onTime(size: Nanoseconds, slide: Nanoseconds) {
        for seed in 0..<60 as Range<UInt64> {
            compare(
                seed: seed, SlidingWindows(size: size, slide: slide, offset: Int64(seed % 5) - 2),
                allowedLateness: 0)
        }
    }

    @Test("fire again what late elements changed, as a recomputation says", arguments: shapes)
    func allowedLateness(size: Nanoseconds, slide: Nanoseconds) {
        for seed in 0..<120 as Range<UInt64> {
            var random = SeededRandom(seed: ~seed)
            compare(
                seed: seed, SlidingWindows(size: size, slide: slide, offset: random.pick(-30...30)),
                allowedLateness: random.pick([1, 3, 10, 25, 60, 200]))
        }
    }

    @Test("say the same whatever is guessed of a key's number", arguments: shapes, [0, 25] as [Nanoseconds])
    func guesses(shape: (size: Nanoseconds, slide: Nanoseconds), allowedLateness: Nanoseconds) {
        let windows = SlidingWindows(size: shape.size, slide: shape.slide)
        for seed in 0..<20 as Range<UInt64> {
            // Mostly a number that some key has or had, often this one: keys get numbers in the order they come.
            compare(seed: seed, windows, allowedLateness: allowedLateness) {
                Int32(($0.name + Int32(seed)) % 12) - 1
            }
            compare(seed: seed, windows, allowedLateness: allowedLateness) { _ in seed % 2 == 0 ? .min : .max }
        }
    }

    @Test("give a key one number for as long as a slice has a row of it, and then to another")
    func numbers() {
        var driver = WindowDriver(SlidingWindows(size: 10, slide: 1), allowedLateness: 0)
        var numbers: [Int32] = []
        for time in 0..<300 as Range<Nanoseconds> {
            // Key 0 comes each third slice, each other key in one slice of its own.
            for name in time % 3 == 0 ? [0, Int32(time) + 1] : [Int32(time) + 1] {
                let key = TestKey(name: name)
                driver.add(TestThing(key: key, slices: time...time, value: 1)) { _ in false }
                #expect(driver.operation.number(of: key) >= 0)
            }
            numbers.append(driver.operation.number(of: TestKey(name: 0)))
            _ = driver.advance(to: time, dirty: [])
            // Ten slices of the window, and the one under way.
            #expect(driver.operation.keyCount <= 12)
        }
        #expect(Set(numbers).count == 1)
        _ = driver.advance(to: 1000, dirty: [])
        #expect(driver.operation.keyCount == 0)
        #expect(driver.operation.number(of: TestKey(name: 0)) == -1)
    }

    @Test("need no time and no memory for a gap of a million windows")
    func gap() {
        var driver = WindowDriver(SlidingWindows(size: 60, slide: 1), allowedLateness: 100)
        var fired = 0
        for round in 0..<20 as Range<Int64> {
            let slice = round * 1_000_000
            driver.add(TestThing(key: TestKey(name: 1), slices: slice...slice, value: 1)) { _ in false }
            fired += driver.advance(to: slice + 1, dirty: []).count
            #expect(driver.operation.sliceCount <= 2)
        }
        fired += driver.advance(to: .max, dirty: []).count
        #expect(fired == 20 * 60)
    }

    @Test("keep no slice longer than some window needs it")
    func memory() {
        var driver = WindowDriver(SlidingWindows(size: 10, slide: 2), allowedLateness: 6)
        for time in 0..<400 as Range<Nanoseconds> {
            let slice = driver.operation.windows.slice(containing: time)
            driver.add(TestThing(key: TestKey(name: 1), slices: slice...slice, value: 1)) { _ in false }
            _ = driver.advance(to: time, dirty: [])
            // Five slices of the window, three of lateness, and the one under way.
            #expect(driver.operation.sliceCount <= 9)
        }
        _ = driver.advance(to: 1000, dirty: [])
        #expect(driver.operation.sliceCount == 0)
    }

    @Test("show a late thing in a window that has not fired though it came into sight in one that has")
    func chainAcrossTheFront() {
        // Slices of 1; windows [0, 5), [3, 8), … Nothing is there before slice 5, so the running window is behind.
        var driver = WindowDriver(SlidingWindows(size: 5, slide: 3), allowedLateness: 100)
        _ = driver.advance(to: 5, dirty: [])
        driver.add(TestThing(key: TestKey(name: 1), slices: 2...5, value: 1)) { $0 < 5 }
        let firings = driver.advance(to: 8, dirty: [0])
        #expect(firings.map(\.window.start) == [0, 3])
        #expect(firings.map { $0.rows.map(\.things) } == [[1], [1]])
        #expect(firings.map { $0.rows.map(\.count) } == [[3], [3]])
    }
}
