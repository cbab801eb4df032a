/// Different items and how often each is there: a flat table with open addressing, the first item inline, so that where
/// a key has one item nothing is allocated.
///
/// Taking out is the inverse of putting in, so that a sliding window's distinct items are kept up by what enters and
/// leaves: O(items of the slice) each.
///
/// A value: its table is written by one owner only, and copied where it has two; so it may be sent as an array may.
public struct ItemCounts<Item: StreamKey>: StateValue, @unchecked Sendable {
    @frozen public struct Entry: Sendable {
        public let item: Item
        /// Not zero. Corrections may make it less for a while.
        public var count: Int64

        @inlinable init(item: Item, count: Int64) {
            self.item = item
            self.count = count
        }
    }

    /// Empty where the count is zero.
    @usableFromInline struct Slot {
        @usableFromInline var count: Int64 = 0
        @usableFromInline var item: Item?

        @inlinable init() {}
    }

    @usableFromInline struct Header {
        /// Slots less one: a power of two of them.
        @usableFromInline var mask: Int
        @usableFromInline var count = 0

        @inlinable init(mask: Int) { self.mask = mask }
    }

    /// Written only through the one ``ItemCounts`` that refers to it.
    @usableFromInline final class Table: ManagedBuffer<Header, Slot> {
        @inlinable deinit {
            withUnsafeMutablePointers { header, slots in
                _ = slots.deinitialize(count: header.pointee.mask + 1)
            }
        }
    }

    /// The only item, while there is no table. With one, its count is the table's slots less one.
    @usableFromInline var only = Slot()
    @usableFromInline var table: Table?

    @inlinable public init() {}

    /// The items, in no order that means something.
    @inlinable public var entries: [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        eachItem { entries.append(Entry(item: $0, count: $1)) }
        return entries
    }

    /// How many different items there are.
    @inlinable public var count: Int {
        guard let table else { return only.count == 0 ? 0 : 1 }
        return table.withUnsafeMutablePointerToHeader { $0.pointee.count }
    }

    /// Puts an item in `times` times; takes it out where that is negative. O(1).
    @inlinable @inline(__always)
    public mutating func add(_ item: Item, times: Int64 = 1) {
        if table == nil {
            if only.count == 0 {
                only.count = times
                only.item = item
                return
            }
            if only.item == item {
                only.count &+= times
                return
            }
        }
        addToTable(item, times: times)
    }

    @inlinable mutating func addToTable(_ item: Item, times: Int64) {
        prepareToWrite()
        guard let table else { return }
        let isFull = table.withUnsafeMutablePointers { header, slots in
            let mask = header.pointee.mask
            var place = Int(item.shortHash) & mask
            while slots[place].count != 0 {
                if slots[place].item == item {
                    slots[place].count &+= times
                    if slots[place].count == 0 { Self.clear(place, header, slots) }
                    return false
                }
                place = (place + 1) & mask
            }
            guard times != 0 else { return false }
            slots[place].count = times
            slots[place].item = item
            header.pointee.count += 1
            return header.pointee.count * 4 > mask * 3
        }
        if isFull { resize(twice: true) }
    }

    /// Makes a table where there is none, and a copy of one that others refer to too.
    @inlinable @inline(__always)
    mutating func prepareToWrite() {
        if table != nil, isKnownUniquelyReferenced(&table) { return }
        resize(twice: false)
    }

    /// A table of its own.
    @inlinable @inline(never)
    mutating func resize(twice: Bool) {
        let old = table
        var mask = 3
        if let old { mask = old.withUnsafeMutablePointerToHeader { $0.pointee.mask } }
        if twice { mask = mask * 2 + 1 }
        let made = Self.makeTable(mask: mask)
        made.withUnsafeMutablePointers { header, slots in
            eachItem { item, count in
                var place = Int(item.shortHash) & mask
                while slots[place].count != 0 { place = (place + 1) & mask }
                slots[place].count = count
                slots[place].item = item
                header.pointee.count += 1
            }
        }
        table = made
        only = Slot()
        only.count = Int64(mask)
    }

    @inlinable static func makeTable(mask: Int) -> Table {
        let made = unsafeDowncast(
            Table.create(minimumCapacity: mask + 1) { _ in Header(mask: mask) }, to: Table.self)
        made.withUnsafeMutablePointerToElements { $0.initialize(repeating: Slot(), count: mask + 1) }
        return made
    }

    /// Empties a slot whose count has become zero; later members of its cluster move up.
    @inlinable static func clear(
        _ place: Int, _ header: UnsafeMutablePointer<Header>, _ slots: UnsafeMutablePointer<Slot>
    ) {
        let mask = header.pointee.mask
        var hole = place
        var next = (hole + 1) & mask
        while slots[next].count != 0, let item = slots[next].item {
            let home = Int(item.shortHash) & mask
            if (next - home) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = Slot()
        header.pointee.count -= 1
    }

    @inlinable @inline(__always)
    func eachItem(_ body: (Item, Int64) -> Void) {
        guard let table else {
            if only.count != 0, let item = only.item { body(item, only.count) }
            return
        }
        table.withUnsafeMutablePointers { header, slots in
            guard header.pointee.count > 0 else { return }
            for place in 0...header.pointee.mask where slots[place].count != 0 {
                if let item = slots[place].item { body(item, slots[place].count) }
            }
        }
    }

    /// O(items of `other`).
    @inlinable public mutating func add(_ other: ItemCounts) {
        other.eachItem { add($0, times: $1) }
    }

    /// O(items of `other`).
    @inlinable public mutating func subtract(_ other: ItemCounts) {
        other.eachItem { add($0, times: 0 &- $1) }
    }

    /// Takes everything out, and keeps the memory where it is little or was well used.
    @inlinable public mutating func removeAll() {
        let slotMask = only.count
        only = Slot()
        guard table != nil else { return }
        guard isKnownUniquelyReferenced(&table) else {
            table = nil
            return
        }
        let isKept = table.map { table in
            table.withUnsafeMutablePointers { header, slots in
                let capacity = header.pointee.mask + 1
                guard capacity <= 64 || header.pointee.count * 4 > capacity else { return false }
                if header.pointee.count > 0 { slots.update(repeating: Slot(), count: capacity) }
                header.pointee.count = 0
                return true
            }
        }
        guard isKept == true else {
            table = nil
            return
        }
        only.count = slotMask
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        let count = try state.decodeCount(elementSize: 8)
        var last: Item?
        for _ in 0..<count {
            let item = try Item(from: &state)
            let times: Int64 = try state.decode()
            guard times != 0, last.map({ $0 < item }) ?? true else {
                throw state.invalid("items that are not counted")
            }
            add(item, times: times)
            last = item
        }
    }

    /// In the order of the items.
    @inlinable public func encode(into state: inout StateEncoder) {
        let entries = entries.sorted { $0.item < $1.item }
        state.encode(UInt64(entries.count))
        for entry in entries {
            entry.item.encode(into: &state)
            state.encode(entry.count)
        }
    }
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
