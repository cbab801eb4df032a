import EventTime
import TestSupport
import Testing

@Suite("The state of windows")
struct WindowStateTests {
    private typealias Sliced = SlicedWindowOperator<Int, SlidingWindows, Projected<Collect<Int>, TestElement>>
    private typealias Counted = CountWindowOperator<Int, Projected<Collect<Int>, TestElement>>

    /// Gives an operation a random stream, whose watermark ends at `end`.
    private func fill<Operation: WindowOperation & ~Copyable>(
        _ operation: inout Operation, _ random: inout SeededRandom, through end: Nanoseconds?
    ) where Operation.Key == Int, Operation.Element == TestElement {
        var time: Nanoseconds = 0
        for number in 0..<60 {
            time += random.pick(0...5)
            let element = TestElement(number: number, value: 0, gap: random.pick(1...9))
            _ = operation.process(key: random.pick(0...5), element: element, at: time - random.pick(0...30)) { _ in
            }
            if random.oneIn(3) { operation.advance(to: time - 9) { _ in } }
        }
        if let end { operation.advance(to: end) { _ in } }
    }

    private func sessions(_ lateness: Nanoseconds) -> WindowOperator<
        SessionWindows<Int, TestElement>, EventTimeTrigger<TestElement>, Projected<Collect<Int>, TestElement>
    > {
        WindowOperator(
            SessionWindows(gap: 7), trigger: EventTimeTrigger(), aggregate: WindowOperatorTests.numbers,
            allowedLateness: lateness)
    }

    private func early(_ windows: SlidingWindows, _ lateness: Nanoseconds) -> WindowOperator<
        EventTimeWindows<Int, TestElement>, PurgingTrigger<EarlyTrigger<TestElement>>,
        Projected<Collect<Int>, TestElement>
    > {
        WindowOperator(
            EventTimeWindows(windows), trigger: PurgingTrigger(EarlyTrigger(.elements(2))),
            aggregate: WindowOperatorTests.numbers, allowedLateness: lateness)
    }

    // MARK: Memory

    @Test("is gone when the last window has closed, with the lateness and not before")
    func freed() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let windows = random.pickSliding()
            let lateness: Nanoseconds = random.pick([0, 1, 40])
            // Behind the last element, the longest window and the lateness.
            let end: Nanoseconds = 60 * 5 + 24 + lateness
            var sliced = Sliced(windows, aggregate: WindowOperatorTests.numbers, allowedLateness: lateness)
            fill(&sliced, &random, through: end)
            #expect(sliced.sliceCount == 0 && sliced.foldCount == 0, "seed \(seed)")
            var early = early(windows, lateness)
            fill(&early, &random, through: end)
            #expect(early.windowCount == 0, "seed \(seed)")
            var sessions = sessions(lateness)
            fill(&sessions, &random, through: end)
            #expect(sessions.windowCount == 0, "seed \(seed)")
            var counted = CountWindowOperator<Int, Projected<Collect<Int>, TestElement>>(
                size: 1, aggregate: WindowOperatorTests.numbers)
            fill(&counted, &random, through: nil)
            #expect(counted.keyCount == 0, "seed \(seed)")
        }
        var held = sessions(50)
        _ = held.process(key: 1, element: TestElement(number: 1, value: 0, gap: 1), at: 10) { _ in }
        held.advance(to: 65) { _ in }
        #expect(held.windowCount == 1)
        held.advance(to: 66) { _ in }
        #expect(held.windowCount == 0)
    }

    // MARK: Hostile bytes

    /// Damages what an operation saved, and lets others restore it: an error, or an operation that works.
    private func damage<Operation: WindowOperation & ~Copyable>(_ seed: UInt64, _ make: () -> Operation) throws
    where Operation.Key == Int, Operation.Element == TestElement {
        var random = SeededRandom(seed: seed)
        var operation = make()
        fill(&operation, &random, through: nil)
        let bytes = StateEncoder.bytes { operation.snapshot(into: &$0) }
        for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
            var cut = make()
            var decoder = StateDecoder(Array(bytes[..<length]))
            #expect(throws: StateError.self) { try cut.restore(from: &decoder) }
        }
        for _ in 0..<60 {
            var damaged = bytes
            for _ in 0..<random.pick(1...3) where !damaged.isEmpty {
                let place = random.pick(0...damaged.count - 1)
                damaged[place] = random.pick([0, 1, 0x7F, 0x80, 0xFF, random.pick(0...255)])
            }
            var restored = make()
            var decoder = StateDecoder(damaged)
            do { try restored.restore(from: &decoder) } catch { continue }
            fill(&restored, &random, through: .max)
            _ = StateEncoder.bytes { restored.snapshot(into: &$0) }
        }
    }

    @Test("is refused or used where its bytes are damaged, and never traps")
    func hostile() throws {
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededRandom(seed: ~seed)
            let windows = random.pickSliding()
            let lateness: Nanoseconds = random.pick([0, 9, .max])
            try damage(seed) {
                Sliced(windows, aggregate: WindowOperatorTests.numbers, allowedLateness: lateness)
            }
            try damage(seed) {
                SlicedWindowOperator(
                    windows, aggregate: DistinctCount<Int>().of { (element: TestElement) in element.number * 40 },
                    allowedLateness: lateness)
            }
            let distinct = SlicedWindowOperatorTests.distinct
            try damage(seed) {
                SlicedWindowOperator(windows, aggregate: distinct, allowedLateness: lateness)
            }
            let step = random.pick(1...6 as ClosedRange<Int64>)
            let cumulating = CumulatingWindows<Int, TestElement>(size: step * random.pick(1...5), step: step)
            try damage(seed) {
                SlicedWindowOperator(
                    cumulating.layout, aggregate: SlicedWindowOperatorTests.packed, allowedLateness: lateness)
            }
            try damage(seed) { early(windows, lateness) }
            try damage(seed) { sessions(lateness) }
            let (size, slide) = (random.pick(1...6), random.pick(1...6))
            try damage(seed) { Counted(size: size, slide: slide, aggregate: WindowOperatorTests.numbers) }
            try damage(seed) { CountWindowOperator(size: size, slide: slide, aggregate: distinct) }
            try damage(seed) {
                WindowOperator(
                    SessionWindows<Int, TestElement>(gap: 7), trigger: EventTimeTrigger(), aggregate: distinct,
                    allowedLateness: lateness)
            }
        }
    }

    @Test("is refused where it has full slices of windows that have one slice alone")
    func slicesOfTumblingWindows() throws {
        // What a window of two slices saved, in which a key has one and an element more.
        var two = Counted(size: 4, slide: 2, aggregate: WindowOperatorTests.numbers)
        for number in 0..<3 {
            let element = TestElement(number: number, value: 0, gap: 1)
            _ = two.process(key: 1, element: element, at: 0) { _ in }
        }
        let bytes = StateEncoder.bytes { two.snapshot(into: &$0) }
        var one = Counted(size: 2, aggregate: WindowOperatorTests.numbers)
        var decoder = StateDecoder(bytes)
        #expect(throws: StateError.self) { try one.restore(from: &decoder) }
    }

    // MARK: The ends of time

    @Test("can be had at the ends of time, and is restored from there")
    func ends() throws {
        let times: [Nanoseconds] = [.min, .min + 1, -1, 0, .max - 3, .max - 2, .max - 1, .max]
        func run<Operation: WindowOperation & ~Copyable>(_ seed: UInt64, _ make: () -> Operation) throws
        where Operation.Key == Int, Operation.Element == TestElement {
            var random = SeededRandom(seed: seed)
            var operation = make()
            for number in 0..<30 {
                let element = TestElement(number: number, value: 0, gap: .max)
                _ = operation.process(key: 0, element: element, at: random.pick(times)) { _ in }
                if random.oneIn(3) { operation.advance(to: random.pick(times)) { _ in } }
                if random.oneIn(5) {
                    var decoder = StateDecoder(StateEncoder.bytes { operation.snapshot(into: &$0) })
                    operation = make()
                    try operation.restore(from: &decoder)
                    try decoder.finish()
                }
            }
            operation.advance(to: .max) { _ in }
        }
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededRandom(seed: ~seed)
            let windows =
                random.oneIn(2)
                ? random.pickSliding()
                : SlidingWindows(size: .max - random.pick(0...9), slide: .max / random.pick(1...9))
            let lateness: Nanoseconds = random.pick([0, 1, .max - 1, .max])
            try run(seed) {
                WindowOperator(
                    EventTimeWindows<Int, TestElement>(windows), trigger: EventTimeTrigger(),
                    aggregate: WindowOperatorTests.numbers, allowedLateness: lateness)
            }
            // With slices of a nanosecond, the firings of windows that are nearly all of time are too many.
            let layout = windows.size > 99 ? .tumbling(windows.slide, offset: windows.offset) : windows
            try run(seed) {
                Sliced(layout, aggregate: WindowOperatorTests.numbers, allowedLateness: lateness)
            }
            try run(seed) { sessions(lateness) }
            try run(seed) {
                WindowOperator(
                    CumulatingWindows<Int, TestElement>(size: 1 << 62, step: 1 << 60), trigger: EventTimeTrigger(),
                    aggregate: WindowOperatorTests.numbers, allowedLateness: lateness)
            }
        }
    }

    /// Windows that end behind all time end at once, and come by key or by start.
    private func ordered(_ firings: [TestWindowFiring]) -> [TestWindowFiring] {
        firings.sorted {
            ($0.firing.time, $0.key, $0.window?.start ?? 0) < ($1.firing.time, $1.key, $1.window?.start ?? 0)
        }
    }

    @Test("at the ends of time, made of slices or not, says the same")
    func endsOfSlices() {
        let times: [Nanoseconds] = [
            .min, .min + 1, .min + 2, .min + 5, -1, 0, .max - 5, .max - 3, .max - 2, .max - 1, .max,
        ]
        for seed in 0..<600 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let windows = random.pickSliding()
            // Slices of a nanosecond are one fewer than there are nanoseconds: their numbers end before.
            guard windows.sliceLength > 1 else { continue }
            let lateness: Nanoseconds = random.pick([0, 1, 3, .max - 1, .max])
            let function = WindowOperatorTests.numbers.map { $0.sorted() }
            var plain = WindowOperator(
                EventTimeWindows<Int, TestElement>(windows), trigger: EventTimeTrigger(), aggregate: function,
                allowedLateness: lateness)
            var sliced = SlicedWindowOperator<Int, _, _>(windows, aggregate: function, allowedLateness: lateness)
            for number in 0..<20 {
                var (expected, found): ([TestWindowFiring], [TestWindowFiring]) = ([], [])
                let time = random.pick(times)
                // A watermark of the last nanosecond but one completes windows whose slices go on behind it.
                if time != .max - 1, random.oneIn(4) {
                    plain.advance(to: time) { expected.append(.init($0)) }
                    sliced.advance(to: time) { found.append(.init($0)) }
                } else {
                    let element = TestElement(number: number, value: 0, gap: 1)
                    let key = random.pick(0...1)
                    let fate = plain.process(key: key, element: element, at: time) { expected.append(.init($0)) }
                    let other = sliced.process(key: key, element: element, at: time) { found.append(.init($0)) }
                    #expect(other == fate, "seed \(seed), step \(number)")
                }
                #expect(
                    ordered(found) == ordered(expected),
                    "seed \(seed), step \(number), lateness \(lateness), at \(time)")
            }
        }
    }

    @Test("of the windows that end behind all time holds each element once")
    func onceBehindTime() {
        let windows = CumulatingWindows<Int, TestElement>(size: 12, step: 3)
        var found: [TimeWindow] = []
        windows.assign(TestElement(number: 0, value: 0, gap: 1), key: 0, at: .max) { found.append($0) }
        #expect(found.count == Set(found).count && found.first?.end == .max)
    }

    @Test("costs late elements no more than the slices that hold something")
    func manySlices() {
        // Windows of an hour each hour less a nanosecond: 3,600,000,000,000 slices each.
        var operation = SlicedWindowOperator<Int, SlidingWindows, Projected<Count<Int>, TestElement>>(
            SlidingWindows(size: 3600 * .second, slide: 3600 * .second - 1), aggregate: Count().of(\.number),
            allowedLateness: .max)
        let element = TestElement(number: 0, value: 0, gap: 1)
        var counts: [Int] = []
        operation.advance(to: 7200 * .second) { _ in }
        for time in [1 as Nanoseconds, 5, 3599 * .second] {
            _ = operation.process(key: 0, element: element, at: time) { counts.append($0.result) }
        }
        #expect(counts == [1, 2, 3])
    }
}
