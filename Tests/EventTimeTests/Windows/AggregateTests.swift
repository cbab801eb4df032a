import EventTime
import TestSupport
import Testing

/// Each aggregate alone, against what its words mean, in windows that take slices apart and put them together.
@Suite("An aggregate, in sliding windows as in one pass:")
struct AggregateTests {
    /// Compares each window's result with that of all its elements at once.
    private func compare<Function: Aggregate, Expected: Equatable>(
        _ function: Function, keepsOrder: Bool = false, _ result: (Function.Result) -> Expected,
        _ expected: ([Function.Input]) -> Expected, element: (inout SeededRandom) -> Function.Input
    ) {
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let windows = SlidingWindows(size: random.pick(1...30), slide: random.pick(1...12))
            var sliced = SlicedWindowOperator<Int, SlidingWindows, Function>(
                windows, aggregate: function, allowedLateness: 9)
            var general = WindowOperator(
                EventTimeWindows<Int, Function.Input>(windows), trigger: EventTimeTrigger(), aggregate: function,
                allowedLateness: 9)
            var kept: [(key: Int, time: Nanoseconds, element: Function.Input)] = []
            func check(_ fired: WindowResult<Int, Function.Result>, _ kind: String) {
                guard let window = fired.window else {
                    Issue.record("no window")
                    return
                }
                var held = kept.filter { $0.key == fired.key && $0.time >= window.start && $0.time < window.end }
                if keepsOrder { held.sort { $0.time < $1.time } }
                let (found, wanted) = (result(fired.result), expected(held.map(\.element)))
                #expect(found == wanted, "\(kind), seed \(seed), \(window)")
            }
            var time: Nanoseconds = 0
            for _ in 0..<60 {
                time += random.pick(0...4)
                let (key, value) = (random.pick(0...1), element(&random))
                // Where order counts, no element comes late.
                let late: Nanoseconds = keepsOrder ? 0 : random.pick(0...9)
                kept.append((key, time - late, value))
                _ = sliced.process(key: key, element: value, at: time - late) { check($0, "slices") }
                _ = general.process(key: key, element: value, at: time - late) { check($0, "general") }
                sliced.advance(to: time - 5) { check($0, "slices") }
                general.advance(to: time - 5) { check($0, "general") }
            }
            // A restored fold goes on as the one that was saved.
            let bytes = StateEncoder.bytes { sliced.snapshot(into: &$0) }
            var decoder = StateDecoder(bytes)
            var restored = SlicedWindowOperator<Int, SlidingWindows, Function>(
                windows, aggregate: function, allowedLateness: 9)
            #expect(throws: Never.self) { try restored.restore(from: &decoder) }
            restored.advance(to: .max) { check($0, "restored slices") }
            general.advance(to: .max) { check($0, "general") }
        }
    }

    private static func number(_ random: inout SeededRandom) -> Int64 { random.pick(-9...9) }

    @Test func count() { compare(Count<Int64>(), { $0 }, \.count, element: Self.number) }

    @Test func sumWrapsAroundAndComesBack() {
        compare(Sum<Int8>(), { $0 }, { $0.reduce(0, &+) }, element: { $0.pick(Int8.min...Int8.max) })
    }

    @Test func averageIsExactBeyond64Bits() {
        compare(
            Average<Int64>(), { $0 },
            { elements in
                elements.isEmpty
                    ? nil : Double(elements.reduce(Int128(0)) { $0 + Int128($1) }) / Double(elements.count)
            },
            element: {
                $0.oneIn(2) ? .max : $0.pick(-9...9)
            })
    }

    @Test func floatingSumAndAverageOfWholeNumbers() {
        compare(FloatingSum(), { $0 }, { $0.reduce(0, +) }, element: { Double($0.pick(-999...999)) })
        compare(
            FloatingAverage(), { $0 },
            {
                $0.isEmpty ? nil : $0.reduce(0, +) / Double($0.count)
            },
            element: {
                Double($0.pick(-999...999))
            })
    }

    @Test func floatingSumKeepsWhatALargeNumberSwallows() {
        var fold = FloatingSum().makeAccumulator()
        for number in [1.0, 1e100, 1.0, -1e100] { FloatingSum().add(number, to: &fold) }
        #expect(FloatingSum().result(of: fold) == 2)
    }

    @Test func minimumAndMaximum() {
        compare(Min<Int64>(), { $0 }, { $0.min() }, element: Self.number)
        compare(Max<Int64>(), { $0 }, { $0.max() }, element: Self.number)
        compare(Max<String>(), { $0 }, { $0.max() }, element: { String($0.pick(0...999)) })
    }

    @Test func largest() {
        compare(Largest<Int64>(3), { $0 }, { Array($0.sorted(by: >).prefix(3)) }, element: Self.number)
    }

    @Test func collectKeepsTheOrder() {
        compare(Collect<Int64>(), keepsOrder: true, { $0 }, { $0 }, element: Self.number)
    }

    @Test func reduceKeepsTheOrder() {
        compare(
            Reduce<String> { $0 + $1 }, keepsOrder: true, { $0 },
            {
                $0.isEmpty ? nil : $0.joined()
            },
            element: {
                String($0.pick(0...9))
            })
    }

    @Test func distinctCountAndMostFrequent() {
        compare(DistinctCount<Int64>(), { $0 }, { Set($0).count }, element: Self.number)
        compare(
            MostFrequent<Int64>(2), { $0.map { [$0.item, $0.count] } },
            { elements in
                let counts = Dictionary(elements.map { ($0, 1 as Int64) }, uniquingKeysWith: +)
                return Array(
                    counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
                        .prefix(2).map { [$0.key, $0.value] })
            },
            element: {
                Self.number(&$0)
            })
    }

    @Test func exactQuantiles() {
        compare(
            ExactQuantiles<Int64>([0, 0.5, 1]), { $0 },
            { elements in
                let sorted = elements.sorted()
                return sorted.isEmpty
                    ? [] : [sorted[0], sorted[(sorted.count + 1) / 2 - 1], sorted[sorted.count - 1]]
            },
            element: {
                Self.number(&$0)
            })
    }

    @Test func approximateDistinctIsExactForFew() {
        compare(
            ApproximateDistinct<Int64>(exactUpTo: 100, precision: 10), { $0 }, { Set($0).count },
            element: Self.number)
    }

    @Test func folds() {
        let product = Fold<Int64, Int64, Int64>(
            1, adding: { $0 = $0 &* $1 }, merging: { $0 = $0 &* $1 }, result: { $0 })
        compare(product, { $0 }, { $0.reduce(1, &*) }, element: Self.number)
    }

    @Test func severalInOnePass() {
        let three = combine(Count<Int64>(), Sum<Int64>(), Min<Int64>())
        compare(three, { [Int64($0.0), $0.1, $0.2 ?? 0] }, Self.three, element: Self.number)
        let two = Sum<Int64>().and(Max<Int64>()).of { (text: String) in Int64(text) ?? 0 }
        compare(two, { [$0.0, $0.1 ?? 0] }, Self.two, element: { String(Self.number(&$0)) })
    }

    private static func three(_ elements: [Int64]) -> [Int64] {
        [Int64(elements.count), elements.reduce(0, +), elements.min() ?? 0]
    }

    private static func two(_ texts: [String]) -> [Int64] {
        let numbers = texts.compactMap { Int64($0) }
        return [numbers.reduce(0, +), numbers.max() ?? 0]
    }
}
