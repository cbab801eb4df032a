import EventTime
import Synchronization
import TestSupport
import Testing

@Suite("Folds in one memory")
struct FoldMemoryTests {
    /// Against dictionaries of how many folds hold an item: folds get items, are merged, packed and taken away.
    private func compare<Item: StreamKey>(item: (inout SeededRandom) -> Item) {
        let function = DistinctCount<Item>()
        for seed in 0..<60 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let memory = ItemBlocks<Item>()
            let (width, most) = (random.pick(1...12), random.pick(1...40))
            var slices: [(fold: ItemFold<Item>, items: Set<Item>)] = []
            var (current, total) = (memory.makeFold(), memory.makeFold())
            var counts: [Item: Int] = [:]
            var nothing = NothingStacked()
            for step in 0..<3 * width + 20 {
                var items = Set<Item>()
                for _ in 0..<random.pick(0...most) {
                    let item = item(&random)
                    function.prefetch(item, for: &current)
                    function.add(item, to: &current, in: memory)
                    items.insert(item)
                    #expect(function.result(of: &nothing, beside: &current) == items.count)
                }
                memory.merge(&current, into: &total)
                for item in items { counts[item, default: 0] += 1 }
                let packed = memory.pack(&current)
                #expect(function.result(of: &nothing, beside: &current) == 0)
                // What is saved of it is what a fold of its own is.
                var alone = DistinctItems<Item>()
                for item in items { alone.insert(item) }
                let saved = function.fold(of: nothing, beside: packed)
                let bytes = StateEncoder.bytes { saved.encode(into: &$0) }
                #expect(bytes == StateEncoder.bytes { alone.encode(into: &$0) })
                slices.append((packed, items))
                if slices.count > width {
                    var oldest = slices.removeFirst()
                    memory.subtract(&oldest.fold, from: &total)
                    memory.reset(&oldest.fold)
                    for item in oldest.items { counts[item, default: 0] -= 1 }
                }
                let held = counts.values.count { $0 > 0 }
                #expect(function.result(of: &nothing, beside: &total) == held, "seed \(seed), step \(step)")
                if random.oneIn(5) {
                    let saved = function.fold(of: nothing, beside: total)
                    memory.reset(&total)
                    nothing = function.row(of: saved, beside: &total, in: memory)
                    #expect(function.result(of: &nothing, beside: &total) == held, "seed \(seed), step \(step)")
                }
            }
            memory.reset(&total)
            for slice in slices.indices { memory.reset(&slices[slice].fold) }
            memory.reset(&current)
            memory.release()
        }
    }

    @Test("count items next to each other, far from each other, and without neighbours")
    func items() {
        compare { Int32($0.pick(-300...300)) }
        compare { $0.pick(Int64.min...(.max)) }
        compare { String($0.pick(0...60)) }
        compare { WideItem($0.pick(0...60)) }
    }

    // MARK: Items that have memory of their own

    /// An item that is counted while it is there.
    struct CountedItem: StreamKey {
        final class Token: Sendable {
            let counter: Counter
            init(_ counter: Counter) {
                self.counter = counter
                counter.live.add(1, ordering: .relaxed)
            }
            deinit { counter.live.subtract(1, ordering: .relaxed) }
        }

        final class Counter: Sendable {
            let live = Atomic<Int>(0)
        }

        let number: Int
        let token: Token?

        init(_ number: Int, _ counter: Counter) { (self.number, token) = (number, Token(counter)) }
        init(from state: inout StateDecoder) throws(StateError) { (number, token) = (try Int(from: &state), nil) }
        func encode(into state: inout StateEncoder) { number.encode(into: &state) }
        var stableHash: UInt64 { number.stableHash }
        func hash(into hasher: inout Hasher) { hasher.combine(number) }
        static func == (a: Self, b: Self) -> Bool { a.number == b.number }
        static func < (a: Self, b: Self) -> Bool { a.number < b.number }
    }

    /// Whatever an operation still holds when it goes, its items go with it.
    private func drop<Operation: WindowOperation & ~Copyable>(_ seed: UInt64, _ make: () -> Operation) -> Int
    where Operation.Key == Int, Operation.Element == CountedItem {
        let counter = CountedItem.Counter()
        var random = SeededRandom(seed: seed)
        let held: Int
        do {
            var operation = make()
            for number in 0..<random.pick(1...400) {
                let item = CountedItem(random.pick(0...30), counter)
                _ = operation.process(key: random.pick(0...3), element: item, at: Int64(number)) { _ in }
                if random.oneIn(9) { operation.advance(to: Int64(number)) { _ in } }
                if random.oneIn(50) { _ = StateEncoder.bytes { operation.snapshot(into: &$0) } }
            }
            held = counter.live.load(ordering: .relaxed)
        }
        #expect(counter.live.load(ordering: .relaxed) == 0, "seed \(seed)")
        return held
    }

    @Test("let go of items when windows do, and of all when they go")
    func letGo() {
        var held = [0, 0, 0]
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededRandom(seed: ~seed)
            let function = DistinctCount<CountedItem>()
            let (size, slide) = (random.pick(1...20), random.pick(1...20))
            held[0] += drop(seed) {
                CountWindowOperator<Int, DistinctCount<CountedItem>>(size: size, aggregate: function)
            }
            held[1] += drop(seed) {
                CountWindowOperator<Int, DistinctCount<CountedItem>>(
                    size: size, slide: slide, aggregate: function)
            }
            held[2] += drop(seed) {
                WindowOperator(
                    SessionWindows<Int, CountedItem>(gap: Int64(size)), trigger: EventTimeTrigger(),
                    aggregate: function, allowedLateness: 3)
            }
        }
        #expect(held.allSatisfy { $0 > 100 })
    }

    // MARK: The memory itself

    @Test("goes with the operation, whose aggregate is nothing but bytes")
    func released() {
        func run<Operation: WindowOperation & ~Copyable>(_ make: () -> Operation)
        where Operation.Key == Int, Operation.Element == Int {
            var operation = make()
            #expect(WatchedMemory.live.load(ordering: .relaxed) == 1)
            _ = operation.process(key: 1, element: 2, at: 3) { _ in }
        }
        run { CountWindowOperator<Int, WatchedCount>(size: 5, slide: 2, aggregate: WatchedCount()) }
        #expect(WatchedMemory.live.load(ordering: .relaxed) == 0)
        run {
            WindowOperator(
                SessionWindows<Int, Int>(gap: 5), trigger: EventTimeTrigger(), aggregate: WatchedCount())
        }
        #expect(WatchedMemory.live.load(ordering: .relaxed) == 0)
    }
}

/// Keeps nothing, and says how many of it there are.
private struct WatchedMemory: FoldMemory {
    static let live = Atomic<Int>(0)

    static var isOwing: Bool { false }
    init() { Self.live.add(1, ordering: .relaxed) }
    func release() { Self.live.subtract(1, ordering: .relaxed) }
    func makeFold() {}
    func reset(_ fold: inout Void) {}
    func merge(_ later: inout Void, into fold: inout Void) {}
    func subtract(_ earlier: inout Void, from fold: inout Void) {}
    func pack(_ fold: inout Void) {}
    func prefetch(_ fold: borrowing Void) {}
}

private struct WatchedColumns: SliceColumns {
    typealias Window = NoColumns
    typealias Memory = WatchedMemory

    func release() {}
    func removeAll() {}
    func open(with window: NoColumns) {}
    func enter(_ window: NoColumns, numbers: UnsafePointer<UInt32>, rowCount: Int, keyCount: Int) {}
    func leave(_ window: NoColumns, numbers: UnsafePointer<UInt32>) {}
    func fill(_ window: NoColumns, rowCount: Int) {}
    func withRows<Failure: Error>(_ body: (Self) throws(Failure) -> Void) throws(Failure) { try body(self) }
}

/// ``Count`` with that memory.
private struct WatchedCount: Aggregate {
    func makeAccumulator() -> Int { 0 }
    func add(_ input: Int, to accumulator: inout Int) { accumulator += 1 }
    func merge(_ later: Int, into accumulator: inout Int) { accumulator += later }
    func result(of accumulator: Int) -> Int { accumulator }

    var rows: Count<Int> { Count() }
    func add(_ input: Int, to columns: WatchedColumns, row: Int) {}
    func addLate(_ input: Int, to columns: WatchedColumns, row: Int, number: Int, in window: NoColumns) {}
    func prefetch(_ input: Int, in columns: WatchedColumns, row: Int) {}
    func result(of row: inout Int, number: Int, in window: NoColumns) -> Int { row }
    func result(of row: inout Int, behind front: inout NothingStacked, number: Int, in window: NoColumns) -> Int {
        row
    }
    func fold(of row: Int, number: Int, in columns: WatchedColumns) -> Int { row }
    func row(of fold: Int, number: Int, into columns: WatchedColumns) -> Int { fold }

    func add(_ input: Int, to fold: inout Void, in memory: WatchedMemory) {}
    func prefetch(_ input: Int, for fold: inout Void) {}
    func result(of row: inout Int, beside fold: inout Void) -> Int { row }
    func result(of row: inout Int, behind front: inout NothingStacked, beside fold: inout Void) -> Int { row }
    func fold(of row: Int, beside fold: Void) -> Int { row }
    func row(of fold: Int, beside rest: inout Void, in memory: WatchedMemory) -> Int { fold }
}
