/// Different items and how often each is there: a flat table that is searched from end to end while it is small, and
/// through an index of slots beyond.
///
/// Taking out is the inverse of putting in, so that a sliding window's distinct items are kept up by what enters and
/// leaves: O(items of the slice) each.
public struct ItemCounts<Item: StreamKey>: StateValue, Sendable {
    @frozen public struct Entry: Sendable {
        public let item: Item
        /// Not zero. Corrections may make it less for a while.
        public var count: Int64

        @inlinable init(item: Item, count: Int64) {
            self.item = item
            self.count = count
        }
    }

    /// The items, in no order that means something.
    @inlinable public var entries: [Entry] { items }
    @usableFromInline var items: [Entry] = []
    /// Place in `entries` + 1, or 0; a power of two of slots, at least twice as many as items. Empty for few items.
    @usableFromInline var slots: [UInt32] = []

    @inlinable static var searchedThrough: Int { 8 }

    @inlinable public init() {}

    /// How many different items there are.
    @inlinable public var count: Int { items.count }

    /// Puts an item in `times` times; takes it out where that is negative. O(1).
    @inlinable public mutating func add(_ item: Item, times: Int64 = 1) {
        if slots.isEmpty {
            if let place = items.firstIndex(where: { $0.item == item }) {
                change(place, by: times) { _ in }
            } else if times != 0 {
                items.append(Entry(item: item, count: times))
                if items.count > Self.searchedThrough { index(slotCount: 32) }
            }
            return
        }
        let slot = slot(of: item)
        if slots[slot] != 0 {
            change(Int(slots[slot]) - 1, by: times) { counts in counts.clear(slot) }
        } else if times != 0 {
            items.append(Entry(item: item, count: times))
            slots[slot] = UInt32(items.count)
            if items.count * 2 > slots.count { index(slotCount: slots.count * 2) }
        }
    }

    /// O(items of `other`).
    @inlinable public mutating func add(_ other: ItemCounts) {
        for entry in other.items { add(entry.item, times: entry.count) }
    }

    /// O(items of `other`).
    @inlinable public mutating func subtract(_ other: ItemCounts) {
        for entry in other.items { add(entry.item, times: 0 &- entry.count) }
    }

    /// Takes everything out and keeps the memory.
    @inlinable public mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
        // What was large once need not be cleared as such each time.
        if slots.count > 256 { slots = [] } else { slots.removeAll(keepingCapacity: true) }
    }

    @inlinable mutating func change(_ place: Int, by times: Int64, clear: (inout ItemCounts) -> Void) {
        items[place].count &+= times
        guard items[place].count == 0 else { return }
        clear(&self)
        let last = items.count - 1
        if place != last {
            if !slots.isEmpty { slots[slot(of: items[last].item)] = UInt32(place + 1) }
            items.swapAt(place, last)
        }
        items.removeLast()
    }

    /// The slot that holds the item's place, or the empty one that is for it.
    @inlinable func slot(of item: Item) -> Int {
        let mask = slots.count - 1
        var slot = Int(item.shortHash) & mask
        while slots[slot] != 0, items[Int(slots[slot]) - 1].item != item { slot = (slot + 1) & mask }
        return slot
    }

    /// Empties a slot; later members of its cluster move up.
    @inlinable mutating func clear(_ slot: Int) {
        let mask = slots.count - 1
        var hole = slot
        var next = (hole + 1) & mask
        while slots[next] != 0 {
            let home = Int(items[Int(slots[next]) - 1].item.shortHash) & mask
            if (next - home) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = 0
    }

    @inlinable mutating func index(slotCount: Int) {
        slots.removeAll(keepingCapacity: true)
        slots.append(contentsOf: repeatElement(0, count: slotCount))
        for place in items.indices { slots[slot(of: items[place].item)] = UInt32(place + 1) }
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        let count = try state.decodeCount(elementSize: 8)
        for _ in 0..<count {
            let item = try Item(from: &state)
            let times: Int64 = try state.decode()
            guard times != 0, items.last.map({ $0.item < item }) ?? true else {
                throw state.invalid("items that are not counted")
            }
            items.append(Entry(item: item, count: times))
        }
        guard items.count > Self.searchedThrough else { return }
        var slotCount = 32
        while items.count * 2 > slotCount { slotCount *= 2 }
        index(slotCount: slotCount)
    }

    /// In the order of the items.
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(UInt64(items.count))
        for entry in items.sorted(by: { $0.item < $1.item }) {
            entry.item.encode(into: &state)
            state.encode(entry.count)
        }
    }
}

/// How many different elements there are, exactly.
@frozen public struct DistinctCount<Input: StreamKey>: InvertibleAggregate {
    @inlinable public init() {}
    @inlinable public func makeAccumulator() -> ItemCounts<Input> { ItemCounts() }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout ItemCounts<Input>) { accumulator.add(input) }
    @inlinable public func merge(_ later: ItemCounts<Input>, into accumulator: inout ItemCounts<Input>) {
        accumulator.add(later)
    }
    @inlinable public func remove(_ earlier: ItemCounts<Input>, from accumulator: inout ItemCounts<Input>) {
        accumulator.subtract(earlier)
    }
    @inlinable public func result(of accumulator: ItemCounts<Input>) -> Int { accumulator.count }
    @inlinable public func reset(_ accumulator: inout ItemCounts<Input>) { accumulator.removeAll() }
}

/// The elements that come most often, exactly: most frequent first, of equally frequent ones the smallest first.
@frozen public struct MostFrequent<Input: StreamKey>: InvertibleAggregate {
    @frozen public struct Frequency: Hashable, Sendable {
        public var item: Input
        public var count: Int64

        @inlinable public init(item: Input, count: Int64) {
            self.item = item
            self.count = count
        }
    }

    public let limit: Int

    /// `limit` is positive.
    @inlinable public init(_ limit: Int) {
        precondition(limit > 0)
        self.limit = limit
    }

    @inlinable public func makeAccumulator() -> ItemCounts<Input> { ItemCounts() }
    @inlinable public func add(_ input: Input, to accumulator: inout ItemCounts<Input>) { accumulator.add(input) }
    @inlinable public func merge(_ later: ItemCounts<Input>, into accumulator: inout ItemCounts<Input>) {
        accumulator.add(later)
    }
    @inlinable public func remove(_ earlier: ItemCounts<Input>, from accumulator: inout ItemCounts<Input>) {
        accumulator.subtract(earlier)
    }
    /// O(items log items).
    @inlinable public func result(of accumulator: ItemCounts<Input>) -> [Frequency] {
        accumulator.entries.sorted { $0.count != $1.count ? $0.count > $1.count : $0.item < $1.item }
            .prefix(limit).map { Frequency(item: $0.item, count: $0.count) }
    }
    @inlinable public func reset(_ accumulator: inout ItemCounts<Input>) { accumulator.removeAll() }
}
