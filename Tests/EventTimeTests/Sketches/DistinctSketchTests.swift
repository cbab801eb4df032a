import EventTime
import TestSupport
import Testing

@Suite("Distinct counts")
struct DistinctSketchTests {
    private func sketch<Element: StreamKey>(
        _ elements: some Sequence<Element>, exactUpTo: Int = 1024, precision: Int = 14
    ) -> DistinctSketch<Element> {
        var sketch = DistinctSketch<Element>(exactUpTo: exactUpTo, precision: precision)
        for element in elements { sketch.insert(element) }
        return sketch
    }

    @Test("are exact up to the bound, whatever repeats, and no further", arguments: [0, 1, 2, 9, 10, 100, 1024])
    func exactUpToBound(bound: Int) {
        for seed: UInt64 in 1...10 {
            var random = SeededRandom(seed: seed)
            var sketch = DistinctSketch<Int>(exactUpTo: bound, precision: 10)
            var truth: Set<Int> = []
            for _ in 0..<bound * 3 + 20 {
                let element = random.pick(0...bound + 3) &* 0x1_0000_0001
                sketch.insert(element)
                truth.insert(element)
                #expect(sketch.isExact == (truth.count <= bound), "seed \(seed)")
                if truth.count <= bound { #expect(sketch.count == truth.count, "seed \(seed)") }
            }
        }
    }

    @Test("of words are exact too")
    func words() {
        let words = (0..<500).map { "word \($0 % 250)" }
        #expect(sketch(words).count == 250)
        #expect(sketch([""]).count == 1)
        #expect(sketch([] as [String]).count == 0)
    }

    @Test("beyond the bound err by what the precision promises", arguments: [5, 8, 11, 14])
    func error(precision: Int) {
        let promised = HyperLogLog.standardError(precision: precision)
        let size = Double(1 << precision)
        // From a tenth of the registers to ten times as many: where estimates are put together differently.
        for share in [0.1, 0.5, 1, 2.5, 5, 10] {
            let truth = max(10, min(60_000, Int(size * share)))
            let seeds = max(12, min(200, 600_000 / truth))
            var (sum, squares, worst) = (0.0, 0.0, 0.0)
            for seed in 0..<UInt64(seeds) {
                var random = SeededRandom(seed: seed)
                var sketch = HyperLogLog(precision: precision)
                for _ in 0..<truth { sketch.insert(hash: random.next()) }
                let error = sketch.estimate / Double(truth) - 1
                sum += error
                squares += error * error
                worst = max(worst, error.magnitude)
            }
            let spread = (squares / Double(seeds)).squareRoot()
            let place: Comment = "\(truth) elements, \(seeds) seeds: \(sum / Double(seeds)) ± \(spread)"
            // The error of a spread measured with so many seeds is 1 / √(2 · seeds) of it.
            #expect(spread < promised * (1 + 3 / (2 * Double(seeds)).squareRoot()), place)
            #expect((sum / Double(seeds)).magnitude < 4 * promised / Double(seeds).squareRoot(), place)
            #expect(worst < 5 * promised, place)
        }
    }

    @Test("of numbers in a row, of their multiples and of words err no more")
    func unmixedElements() {
        let promised = HyperLogLog.standardError(precision: 12)
        for (name, element) in [
            ("in a row", { $0 }), ("multiples of 2^32", { $0 << 32 }), ("negative", { -$0 }),
            ("addresses", { $0 * 256 + 1 }),
        ] as [(String, (Int) -> Int)] {
            let count = sketch((0..<40_000).map(element), precision: 12).count
            #expect((Double(count) / 40_000 - 1).magnitude < 4 * promised, "\(name): \(count)")
        }
        let count = sketch((0..<40_000).map { "host-\($0).example" }, precision: 12).count
        #expect((Double(count) / 40_000 - 1).magnitude < 4 * promised, "words: \(count)")
    }

    @Test("depend on the set alone: any order, any tree of merges, equal bytes")
    func merging() {
        for seed: UInt64 in 1...60 {
            var random = SeededRandom(seed: seed)
            let spread = random.pick([5, 40, 300])
            let elements = (0..<random.pick(0...400)).map { _ in random.pick(0...spread) }
            let parts = (0..<random.pick(2...5)).map { part in
                elements.filter { _ in random.oneIn(2) }
            }
            func make(_ elements: [Int]) -> DistinctSketch<Int> { sketch(elements, exactUpTo: 60, precision: 6) }
            let whole = make(parts.flatMap { $0 }.shuffled(using: &random))
            var left = make([])
            for part in parts { left.merge(make(part)) }
            var right = make([])
            for part in parts.reversed() {
                var merged = make(part)
                merged.merge(right)
                right = merged
            }
            #expect(left == whole && right == whole, "seed \(seed)")
            #expect(bytes(of: left) == bytes(of: whole) && bytes(of: right) == bytes(of: whole), "seed \(seed)")
            var twice = whole
            twice.merge(whole)
            #expect(twice == whole, "seed \(seed)")
        }
    }

    @Test("of different precisions merge as if all had been seen at the lower one")
    func differentPrecisions() {
        for seed: UInt64 in 1...20 {
            var random = SeededRandom(seed: seed)
            let (a, b) = (
                (0..<3000).map { _ in random.pick(0...5000) }, (0..<3000).map { _ in random.pick(0...5000) }
            )
            var high = sketch(a, exactUpTo: 100, precision: 12)
            var low = sketch(b, exactUpTo: 50, precision: 7)
            let before = high
            high.merge(low)
            low.merge(before)
            #expect(high == sketch(a + b, exactUpTo: 50, precision: 7), "seed \(seed)")
            #expect(low == high, "seed \(seed)")
        }
        // Both exact, but not together under the lower bound; and one exact whose precision is the lower one.
        var few = sketch(0..<40, exactUpTo: 50, precision: 9)
        few.merge(sketch(30..<60, exactUpTo: 40, precision: 5))
        #expect(few == sketch(0..<60, exactUpTo: 40, precision: 5))
        var many = sketch(0..<100, exactUpTo: 50, precision: 9)
        many.merge(sketch(30..<60, exactUpTo: 50, precision: 5))
        #expect(many == sketch(0..<100, exactUpTo: 50, precision: 5))
    }

    @Test("come back from bytes; damaged ones are refused or usable")
    func state() throws {
        for (seed, size) in [(1, 0), (2, 1), (3, 7), (4, 60), (5, 61), (6, 2000)] as [(UInt64, Int)] {
            try checkBytes(of: sketch(0..<size, exactUpTo: 60, precision: 6), seed: seed) { survivor in
                var merged = sketch(0..<30, exactUpTo: 60, precision: 6)
                merged.merge(survivor)
                merged.insert(7)
                #expect(merged.count >= 0)
            }
            try checkBytes(of: sketch((0..<size).map(String.init), exactUpTo: 60, precision: 4), seed: seed) {
                #expect($0.count >= 0)
            }
        }
    }

    @Test("refuse bytes that no sketch has")
    func refusal() {
        func refused(_ what: Comment, _ body: (inout StateEncoder) -> Void) {
            #expect(throws: StateError.self, what) {
                try decoded(StateEncoder.bytes(body), as: DistinctSketch<Int>.self)
            }
        }
        func start(_ state: inout StateEncoder, isExact: Bool, precision: UInt8 = 4) {
            state.encode(UInt16(3))
            isExact.encode(into: &state)
            state.encode(precision)
        }
        refused("elements twice") {
            start(&$0, isExact: true)
            [1, 1].encode(into: &$0)
        }
        refused("elements out of order") {
            start(&$0, isExact: true)
            [2, 1].encode(into: &$0)
        }
        refused("more than the bound") {
            start(&$0, isExact: true)
            [1, 2, 3, 4].encode(into: &$0)
        }
        refused("no such precision") {
            start(&$0, isExact: true, precision: 19)
            [1].encode(into: &$0)
        }
        refused("registers of nothing") { state in
            start(&state, isExact: false)
            for _ in 0..<16 { state.encode(UInt8(0)) }
        }
        refused("too long a run") { state in
            start(&state, isExact: false)
            for _ in 0..<16 { state.encode(UInt8(62)) }
        }
    }

    @Test("of registers that are all full are the highest number, not a trap")
    func full() throws {
        let full = [4] + [UInt8](repeating: 61, count: 16)
        #expect(try decoded(full, as: HyperLogLog.self).count == .max)
        #expect(HyperLogLog(precision: 18).count == 0)
    }

    @Test("aggregate a window's elements")
    func aggregate() {
        let aggregate = ApproximateDistinct<Int>(exactUpTo: 4)
        var (early, late) = (aggregate.makeAccumulator(), aggregate.makeAccumulator())
        for element in [1, 2, 1] { aggregate.add(element, to: &early) }
        for element in [2, 3] { aggregate.add(element, to: &late) }
        aggregate.merge(late, into: &early)
        #expect(aggregate.result(of: early) == 3)
    }
}
