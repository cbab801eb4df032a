import EventTime
import TestSupport
import Testing

/// Against a dictionary of how many folds hold an item, over random merging and taking away.
@Suite("Distinct items")
struct DistinctItemsTests {
    /// Folds come and go as slices do in a window that moves; some are merged twice.
    private func compare<Item: StreamKey>(
        seeds: Range<UInt64> = 0..<60, folds: ClosedRange<Int> = 1...12, item: (inout SeededRandom) -> Item
    ) throws {
        for seed in seeds {
            var random = SeededRandom(seed: seed)
            let width = random.pick(folds)
            let most = random.pick(1...40)
            var window: [(fold: DistinctItems<Item>, items: Set<Item>)] = []
            var total = DistinctItems<Item>()
            var counts: [Item: Int] = [:]
            for step in 0..<3 * width + 20 {
                var (fold, items) = (DistinctItems<Item>(), Set<Item>())
                for _ in 0..<random.pick(0...most) {
                    let item = item(&random)
                    fold.insert(item)
                    items.insert(item)
                    #expect(fold.count == items.count)
                }
                total.merge(&fold)
                for item in items { counts[item, default: 0] += 1 }
                window.append((fold, items))
                if window.count > width {
                    var oldest = window.removeFirst()
                    // A copy keeps what it holds.
                    let before = (total, Self.held(counts))
                    total.subtract(&oldest.fold)
                    for item in oldest.items { counts[item, default: 0] -= 1 }
                    #expect(before.0.count == before.1.count, "seed \(seed), step \(step)")
                }
                #expect(total.count == Self.held(counts).count, "seed \(seed), step \(step)")
            }
            // Whatever the way, equal folds have equal bytes, and are read back as what they were.
            let bytes = StateEncoder.bytes { total.encode(into: &$0) }
            var other = DistinctItems<Item>()
            for part in window.reversed() {
                var fold = part.fold
                other.merge(&fold)
            }
            #expect(StateEncoder.bytes { other.encode(into: &$0) } == bytes)
            var decoder = StateDecoder(bytes)
            var restored = try DistinctItems<Item>(from: &decoder)
            #expect(decoder.remaining == 0)
            #expect(StateEncoder.bytes { restored.encode(into: &$0) } == bytes)
            for var part in window { restored.subtract(&part.fold) }
            #expect(restored.count == 0)
        }
    }

    private static func held<Item>(_ counts: [Item: Int]) -> [Item: Int] { counts.filter { $0.value > 0 } }

    @Test func areCountedNextToEachOther() throws {
        try compare { Int32($0.pick(-200...200)) }
        try compare { UInt8(truncatingIfNeeded: $0.pick(0...255)) }
    }

    @Test func areCountedFarFromEachOther() throws {
        try compare { $0.oneIn(8) ? $0.pick([Int64.min, -1, 0, .max]) : $0.pick(Int64.min...(.max)) }
        try compare { UInt64($0.pick(0...9)) << 60 }
    }

    @Test func areCountedWithoutNeighbours() throws {
        try compare { String($0.pick(0...60)) }
    }

    @Test func areCountedWhereTheyLieAtWiderAddresses() throws {
        try compare { WideItem($0.pick(0...60)) }
    }

    @Test func areCountedInHundredsOfFolds() throws {
        try compare(seeds: 0..<6, folds: 250...600) { Int($0.pick(0...90)) }
    }

    @Test func foldsOfFoldsAreTakenAway() {
        var (first, second, both) = (DistinctItems<Int>(), DistinctItems<Int>(), DistinctItems<Int>())
        for item in 0..<100 { first.insert(item) }
        for item in 50..<150 { second.insert(item) }
        for _ in 0..<5 { both.merge(&first) }
        both.merge(&second)
        var three = DistinctItems<Int>()
        three.merge(&both)
        three.merge(&both)
        three.merge(&second)
        #expect(three.count == 150)
        three.subtract(&both)
        three.subtract(&both)
        #expect(three.count == 100)
        three.subtract(&second)
        #expect(three.count == 0)
    }

    /// Small tables fill up to the last slot: what is not there is looked for in vain, and comes and goes all the same.
    @Test(arguments: [4, 8, 16, 17, 32]) func fillATable(clusters: Int) {
        for seed in 0..<30 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            // Far from each other: a cluster each.
            let items = (0..<clusters).map { _ in Int64(truncatingIfNeeded: random.next()) & ~63 }
            var (full, absent, window) = (DistinctItems<Int64>(), DistinctItems<Int64>(), DistinctItems<Int64>())
            for item in items { full.insert(item) }
            absent.insert(1)
            #expect(full.count == clusters)
            window.merge(&full)
            window.subtract(&absent)
            #expect(window.count == clusters)
            for item in items.shuffled(using: &random) {
                var one = DistinctItems<Int64>()
                one.insert(item)
                window.subtract(&one)
                window.subtract(&absent)
                window.merge(&one)
                window.subtract(&one)
            }
            #expect(window.count == 0)
        }
    }

    @Test func useTheirMemoryAgain() {
        var items = DistinctItems<String>()
        for round in 0..<3 {
            for item in 0..<100 { items.insert("\(round) \(item)") }
            #expect(items.count == 100)
            items.removeAll()
            #expect(items.count == 0)
        }
    }

    @Test func refuseStateThatNoneOfThemWrote() {
        func refuses(_ items: [(Int32, Int64)]) {
            let bytes = StateEncoder.bytes { state in
                state.encode(UInt64(items.count))
                for item in items {
                    item.0.encode(into: &state)
                    state.encode(item.1)
                }
            }
            #expect(throws: StateError.self) {
                var decoder = StateDecoder(bytes)
                _ = try DistinctItems<Int32>(from: &decoder)
            }
        }
        refuses([(1, 0)])
        refuses([(1, -1)])
        refuses([(2, 1), (1, 1)])
        refuses([(2, 1), (2, 1)])
    }
}

/// A vector, which the processor reads at multiples of its size only.
struct WideItem: StreamKey {
    var lanes: SIMD4<UInt32>

    init(_ number: UInt32) { lanes = .init(number, number &* 3, number ^ 5, 7) }
    init(from state: inout StateDecoder) throws(StateError) { self.init(try state.decode()) }
    func encode(into state: inout StateEncoder) { state.encode(lanes.x) }
    var stableHash: UInt64 { UInt64(lanes.x).stableHash }
    static func < (a: Self, b: Self) -> Bool { a.lanes.x < b.lanes.x }
}
