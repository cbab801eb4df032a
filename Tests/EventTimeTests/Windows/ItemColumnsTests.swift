import EventTime
import TestSupport
import Testing

/// Against sets: random slices come into a window, change late, leave it, and are used again.
@Suite("Distinct items beside rows")
struct ItemColumnsTests {
    /// A slice, and what it should hold.
    private struct Slice<Item: StreamKey> {
        var columns: SliceItems<Item>
        /// The keys' numbers, and their items, by row.
        var numbers: [UInt32]
        var items: [Set<Item>]
    }

    private func compare<Item: StreamKey>(
        seeds: Range<UInt64> = 0..<40, slices: ClosedRange<Int> = 1...12, keys: Int = 20,
        items: [Int] = [3, 40, 400],
        item: (inout SeededRandom) -> Item
    ) {
        for seed in seeds {
            var random = SeededRandom(seed: seed)
            let width = random.pick(slices)
            let (keyCount, most) = (random.pick(1...keys), random.pick(items))
            let function = DistinctCount<Item>()
            let window = WindowItems<Item>()
            var live: [Slice<Item>] = []
            var spares: [SliceItems<Item>] = []
            // By key, the slices that have each item.
            var held = Array(repeating: [Item: Int](), count: keyCount)
            func count(_ items: Set<Item>, _ number: UInt32, _ change: Int) {
                for item in items {
                    let slices = held[Int(number)][item, default: 0] + change
                    held[Int(number)][item] = slices == 0 ? nil : slices
                }
            }
            for step in 0..<3 * width + 10 {
                // Some begin in the midst of the window, with late elements alone.
                let isLate = random.oneIn(8)
                let slice = fill(
                    spares.popLast() ?? SliceItems(), of: window, keyCount: keyCount, most: isLate ? 0 : most,
                    &random, item)
                if random.oneIn(4) { check(slice, row: random.pick(0...slice.items.count - 1)) }
                slice.numbers.withUnsafeBufferPointer { numbers in
                    guard !isLate || step == 0, let base = numbers.baseAddress else { return }
                    slice.columns.enter(window, numbers: base, rowCount: numbers.count, keyCount: keyCount)
                }
                live.append(slice)
                for (row, number) in slice.numbers.enumerated() { count(slice.items[row], number, 1) }
                for _ in 0..<random.pick([0, 0, 1, 9]) {
                    let place = random.pick(0...live.count - 1)
                    let row = random.pick(0...live[place].items.count - 1)
                    let late = item(&random)
                    function.addLate(
                        late, to: live[place].columns, row: row, number: Int(live[place].numbers[row]), in: window)
                    if live[place].items[row].insert(late).inserted { count([late], live[place].numbers[row], 1) }
                    check(live[place], row: row)
                }
                if live.count > width {
                    let oldest = live.removeFirst()
                    oldest.numbers.withUnsafeBufferPointer { numbers in
                        guard let base = numbers.baseAddress else { return }
                        oldest.columns.leave(window, numbers: base)
                    }
                    for (row, number) in oldest.numbers.enumerated() { count(oldest.items[row], number, -1) }
                    oldest.columns.removeAll()
                    spares.append(oldest.columns)
                }
                var nothing = NothingStacked()
                let counts = (0..<keyCount).map { function.result(of: &nothing, number: $0, in: window) }
                #expect(counts == held.map(\.count), "seed \(seed), step \(step)")
            }
            for slice in live { slice.columns.release() }
            for columns in spares { columns.release() }
            window.release()
        }
    }

    private func fill<Item: StreamKey>(
        _ columns: SliceItems<Item>, of window: WindowItems<Item>, keyCount: Int, most: Int,
        _ random: inout SeededRandom, _ item: (inout SeededRandom) -> Item
    ) -> Slice<Item> {
        columns.open(with: window)
        let numbers = Array((0..<UInt32(keyCount)).shuffled(using: &random).prefix(random.pick(1...keyCount)))
        var slice = Slice(
            columns: columns, numbers: numbers, items: Array(repeating: Set<Item>(), count: numbers.count))
        for _ in 0..<random.pick(0...most) {
            let (row, item) = (random.pick(0...numbers.count - 1), item(&random))
            DistinctCount<Item>().add(item, to: columns, row: row)
            slice.items[row].insert(item)
        }
        return slice
    }

    /// A row alone is the fold of its items, byte for byte, and so are all of a slice that is read without changing it.
    private func check<Item: StreamKey>(_ slice: Slice<Item>, row: Int) {
        func bytes(_ row: Int, _ columns: SliceItems<Item>) -> [UInt8] {
            let fold = DistinctCount<Item>().fold(of: NothingStacked(), number: row, in: columns)
            return StateEncoder.bytes { fold.encode(into: &$0) }
        }
        func expected(_ row: Int) -> [UInt8] {
            var fold = DistinctItems<Item>()
            for item in slice.items[row] { fold.insert(item) }
            return StateEncoder.bytes { fold.encode(into: &$0) }
        }
        slice.columns.withRows { columns in
            for row in slice.items.indices { #expect(bytes(row, columns) == expected(row)) }
        }
        #expect(bytes(row, slice.columns) == expected(row))
    }

    @Test func areCountedNextToEachOther() {
        compare { Int32($0.pick(-200...200)) }
        compare { UInt8(truncatingIfNeeded: $0.pick(0...255)) }
    }

    @Test func areCountedFarFromEachOther() {
        compare { $0.oneIn(8) ? $0.pick([Int64.min, -1, 0, .max]) : $0.pick(Int64.min...(.max)) }
    }

    @Test func areCountedWithoutNeighbours() {
        compare { String($0.pick(0...60)) }
        compare { WideItem($0.pick(0...60)) }
    }

    @Test func areCountedInHundredsOfSlices() {
        compare(seeds: 0..<4, slices: 250...600) { Int($0.pick(0...90)) }
    }

    /// Their blocks lie side by side in large mappings.
    @Test func areCountedInLargeSlices() {
        compare(seeds: 0..<2, slices: 2...4, keys: 60, items: [20_000]) { Int32($0.pick(0...20_000)) }
        compare(seeds: 0..<2, slices: 2...4, keys: 60, items: [6000]) { String($0.pick(0...60)) }
    }

    /// A row's number leaves no room for a place beside it then.
    @Test(arguments: [(1 << 26) - 1, 1 << 26]) func areCountedInSlicesOfVeryManyRows(row: Int) {
        let (window, columns) = (WindowItems<Int32>(), SliceItems<Int32>())
        for item: Int32 in [5, 5, 70, 71, -1] { DistinctCount<Int32>().add(item, to: columns, row: row) }
        // Of this memory only the end is touched.
        let numbers = UnsafeMutablePointer<UInt32>.allocate(capacity: row + 1)
        numbers[row] = 3
        var nothing = NothingStacked()
        columns.enter(window, numbers: numbers, rowCount: row + 1, keyCount: 4)
        let counts = (0..<4).map { DistinctCount<Int32>().result(of: &nothing, number: $0, in: window) }
        #expect(counts == [0, 0, 0, 4])
        columns.leave(window, numbers: numbers)
        #expect(DistinctCount<Int32>().result(of: &nothing, number: 3, in: window) == 0)
        columns.release()
        window.release()
        numbers.deallocate()
    }

    /// Who adds some elements only, late ones among them, has keys without any item.
    @Test func areNoneOfAKeyThatCameWithout() {
        let window = WindowItems<Int>()
        var nothing = NothingStacked()
        for number in [0, 1, 1 << 20] {
            #expect(DistinctCount<Int>().result(of: &nothing, number: number, in: window) == 0)
        }
        window.release()
    }

    @Test func areCountedWhereWindowsDoNotOverlap() {
        for seed in 0..<40 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let window = WindowItems<Int>()
            let columns = SliceItems<Int>()
            for _ in 0..<4 {
                let slice = fill(columns, of: window, keyCount: 20, most: 300, &random) { $0.pick(0...200) }
                // Listed, as after a late element, or not.
                if random.oneIn(2) { check(slice, row: 0) }
                columns.fill(window, rowCount: slice.items.count)
                var nothing = NothingStacked()
                let counts = slice.items.indices.map {
                    DistinctCount<Int>().result(of: &nothing, number: $0, in: window)
                }
                #expect(counts == slice.items.map(\.count), "seed \(seed)")
                columns.removeAll()
            }
            columns.release()
            window.release()
        }
    }
}
