import EventTime
import TestSupport
import Testing

@Suite("Heavy hitters")
struct HeavyHittersTests {
    private func sketch(_ elements: [Int], capacity: Int) -> HeavyHitters<Int> {
        var sketch = HeavyHitters<Int>(capacity: capacity)
        for element in elements { sketch.insert(element) }
        return sketch
    }

    /// Elements 1 to `range`, the n-th about 1 / n as often as the first.
    private func zipf(_ count: Int, range: Int, _ random: inout SeededRandom) -> [Int] {
        var sums: [Double] = []
        for rank in 1...range { sums.append((sums.last ?? 0) + 1 / Double(rank)) }
        return (0..<count).map { _ in
            let point = Double.random(in: 0..<sums[range - 1], using: &random)
            return 1 + (sums.firstIndex { $0 > point } ?? 0)
        }
    }

    private static let shapes = ["zipf", "uniform", "one after another", "few", "rising"]

    private func elements(_ shape: String, _ count: Int, _ random: inout SeededRandom) -> [Int] {
        switch shape {
        case "zipf": zipf(count, range: 300, &random)
        case "uniform": (0..<count).map { _ in random.pick(0...200) }
        case "one after another": Array(0..<count)
        case "few": (0..<count).map { _ in random.pick(0...9) }
        default: (0..<count).map { $0 * $0 / count }
        }
    }

    /// Holds a sketch to its promise about these elements.
    private func check(_ sketch: HeavyHitters<Int>, _ elements: [Int], _ place: Comment) {
        let truth = Dictionary(elements.map { ($0, UInt64(1)) }, uniquingKeysWith: +)
        let share = UInt64(elements.count) / UInt64(sketch.capacity)
        #expect(sketch.count == UInt64(elements.count), place)
        #expect(sketch.unheldBound <= share, place)
        let held = sketch.top(.max)
        #expect(held.count <= sketch.capacity && Set(held.map(\.element)).count == held.count, place)
        for counter in held {
            let count = truth[counter.element] ?? 0
            #expect(counter.count - counter.error <= count && count <= counter.count, place)
            #expect(counter.error <= share, place)
        }
        for (element, count) in truth {
            #expect(sketch.bounds(of: element).contains(count), place)
            if count > share { #expect(held.contains { $0.element == element }, place) }
        }
    }

    @Test("have true counts within their bounds, and none is missed", arguments: shapes)
    func bounds(shape: String) {
        for seed: UInt64 in 1...20 {
            var random = SeededRandom(seed: seed)
            let (capacity, count) = (random.pick([1, 2, 10, 50]), random.pick([0, 1, 100, 2000]))
            let elements = elements(shape, count, &random)
            check(sketch(elements, capacity: capacity), elements, "seed \(seed)")
        }
    }

    @Test("keep their promise through any tree of merges", arguments: shapes)
    func merging(shape: String) {
        for seed: UInt64 in 1...20 {
            var random = SeededRandom(seed: seed)
            let capacity = random.pick([1, 5, 20])
            let elements = elements(shape, 1500, &random)
            var parts: [(sketch: HeavyHitters<Int>, elements: [Int])] = []
            var rest = elements[...]
            while !rest.isEmpty {
                let part = Array(rest.prefix(random.pick(1...400)))
                rest = rest.dropFirst(part.count)
                parts.append((sketch(part, capacity: capacity), part))
            }
            while parts.count > 1 {
                let from = parts.remove(at: random.pick(0...parts.count - 1))
                let into = random.pick(0...parts.count - 1)
                parts[into].sketch.merge(from.sketch)
                parts[into].elements += from.elements
                // What comes after a merge is counted as well.
                let more = random.pick(0...3)
                parts[into].sketch.insert(more)
                parts[into].elements.append(more)
                check(parts[into].sketch, parts[into].elements, "seed \(seed)")
            }
        }
    }

    @Test("merge the same from both sides; with counters enough, associatively and exactly")
    func associativity() {
        for seed: UInt64 in 1...30 {
            var random = SeededRandom(seed: seed)
            let parts = (0..<3).map { _ in zipf(random.pick(0...200), range: 60, &random) }
            func merged(_ a: HeavyHitters<Int>, _ b: HeavyHitters<Int>) -> HeavyHitters<Int> {
                var a = a
                a.merge(b)
                return a
            }
            let small = parts.map { sketch($0, capacity: 10) }
            #expect(merged(small[0], small[1]) == merged(small[1], small[0]), "seed \(seed)")
            let large = parts.map { sketch($0, capacity: 60) }
            let left = merged(merged(large[0], large[1]), large[2])
            let right = merged(large[0], merged(large[1], large[2]))
            let whole = sketch(parts.flatMap { $0 }, capacity: 60)
            #expect(left == right && left == whole && bytes(of: left) == bytes(of: whole), "seed \(seed)")
        }
    }

    @Test("are the same after a checkpoint as without one")
    func restored() throws {
        for seed: UInt64 in 1...20 {
            var random = SeededRandom(seed: seed)
            let elements = zipf(2000, range: 300, &random)
            var through = sketch(Array(elements[..<1000]), capacity: 20)
            through = try decoded(bytes(of: through))
            for element in elements[1000...] { through.insert(element) }
            #expect(bytes(of: through) == bytes(of: sketch(elements, capacity: 20)), "seed \(seed)")
        }
    }

    @Test("come in the order of counts, then elements; a weight counts as often")
    func order() {
        var sketch = HeavyHitters<String>(capacity: 3)
        sketch.insert("b", count: 5)
        for element in ["c", "a", "c", "a", "d"] { sketch.insert(element, count: element == "d" ? 0 : 1) }
        #expect(sketch.top(2).map(\.element) == ["b", "a"])
        #expect(sketch.top(9).map(\.count) == [5, 2, 2])
        sketch.insert("d")
        #expect(sketch.bounds(of: "d") == 1...3 && sketch.bounds(of: "a") == 0...2)
        #expect(sketch.top(0).isEmpty && sketch.top(-1).isEmpty)
        sketch.insert("d", count: .max)
        #expect(sketch.count == .max && sketch.top(1)[0].count == .max)
    }

    @Test("of different capacities merge to the lower one")
    func differentCapacities() {
        for seed: UInt64 in 1...20 {
            var random = SeededRandom(seed: seed)
            let parts = (0..<2).map { _ in zipf(500, range: 100, &random) }
            var merged = sketch(parts[0], capacity: 40)
            merged.merge(sketch(parts[1], capacity: 10))
            #expect(merged.capacity == 10)
            check(merged, parts[0] + parts[1], "seed \(seed)")
        }
    }

    @Test("come back from bytes; damaged ones are refused or usable")
    func state() throws {
        for (seed, size) in [(1, 0), (2, 1), (3, 10), (4, 400)] as [(UInt64, Int)] {
            var random = SeededRandom(seed: seed)
            try checkBytes(of: sketch(zipf(size, range: 50, &random), capacity: 20), seed: seed) { survivor in
                var merged = sketch([1, 2, 3], capacity: 20)
                merged.merge(survivor)
                merged.merge(merged)
                merged.insert(4)
                #expect(merged.top(.max).count <= 20)
                _ = survivor.bounds(of: 1)
            }
        }
        // A large capacity that is only claimed takes no memory.
        let claim = StateEncoder.bytes {
            $0.encode(UInt32(1_048_576))
            $0.encode(UInt64.max)
            $0.encode(UInt32(9))
        }
        #expect(throws: StateError.self) { try decoded(claim, as: HeavyHitters<Int>.self) }
    }

    @Test("aggregate a window's elements")
    func aggregate() {
        let aggregate = ApproximateTop<String>(1)
        var (early, late) = (aggregate.makeAccumulator(), aggregate.makeAccumulator())
        for element in ["a", "b", "b"] { aggregate.add(element, to: &early) }
        for element in ["a", "a"] { aggregate.add(element, to: &late) }
        aggregate.merge(late, into: &early)
        #expect(aggregate.result(of: early).map(\.element) == ["a"])
        #expect(aggregate.result(of: early).map(\.count) == [3])
    }
}
