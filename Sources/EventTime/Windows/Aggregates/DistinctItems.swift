/// Different items, and in how many folds each of them is: 1 where items were put in, more where folds were merged. How
/// they lie in memory says ``ItemFold``.
///
/// A value: its table is written by one owner only, and copied where it has two; so it may be sent as an array may.
public struct DistinctItems<Item: StreamKey>: @unchecked Sendable {
    /// Different items.
    @inlinable public var count: Int { fold.count }
    @usableFromInline var fold = ItemFold<Item>()
    @usableFromInline var memory = OwnItemMemory<Item>()

    @inlinable public init() {}

    /// Puts an item in, where it is not there. O(1).
    @inlinable @inline(__always)
    public mutating func insert(_ item: Item) {
        prepareToWrite()
        fold.insert(item, in: &memory)
    }

    /// Counts the folds of `other` in: each of its items is in as many more. O(clusters of `other`).
    @inlinable public mutating func merge(_ other: inout DistinctItems) {
        prepareToWrite()
        withExtendedLifetime(other) { fold.merge(other.fold, in: &memory) }
    }

    /// Takes away a fold that was merged in. O(clusters of `other`).
    @inlinable public mutating func subtract(_ other: inout DistinctItems) {
        prepareToWrite()
        withExtendedLifetime(other) { fold.subtract(other.fold) }
    }

    /// Adds to the counts of a cluster's items.
    @inlinable mutating func add(_ cluster: Item, _ words: UnsafePointer<UInt64>, planes: Int) {
        prepareToWrite()
        fold.add(cluster, words, planes: planes, in: &memory)
    }

    /// Calls `body` with each cluster, its words, and how many they are, in no order that means something.
    @inlinable @inline(__always)
    func eachCluster(_ body: (Item, UnsafePointer<UInt64>, Int) -> Void) {
        withExtendedLifetime(memory) { fold.eachCluster(body) }
    }

    /// Makes a copy of a table that others refer to too.
    @inlinable @inline(__always)
    mutating func prepareToWrite() {
        if memory.isShared, let slots = fold.slots { fold.resize(to: slots.shape, in: &memory) }
    }

    /// Takes everything out, and keeps the memory where it is little or was well used.
    @inlinable public mutating func removeAll() {
        if let slots = fold.slots, slots.shape.capacity <= 64 || Int(fold.used) * 4 > slots.shape.capacity,
            !memory.isShared
        {
            fold.clear()
        } else {
            fold = ItemFold()
            memory = OwnItemMemory()
        }
    }
}

/// A fold's table in memory of its own, which goes with the last one who refers to it.
@usableFromInline struct OwnItemMemory<Item: StreamKey>: ItemMemory {
    @usableFromInline final class Table: ManagedBuffer<DistinctSlots<Item>.Shape, UInt64> {
        @inlinable deinit {
            withUnsafeMutablePointers { shape, words in
                DistinctSlots<Item>(OwnItemMemory.start(words), shape.pointee).deinitialize()
            }
        }
    }

    @usableFromInline var table: Table?

    @inlinable init() {}

    /// Whether another fold refers to the table too.
    @inlinable @inline(__always)
    var isShared: Bool {
        mutating get { table != nil && !isKnownUniquelyReferenced(&table) }
    }

    /// Words that may lie before the slots, so that these are where items may be.
    @inlinable static var padding: Int { max(MemoryLayout<Item>.alignment, 8) / 8 - 1 }

    /// Where the slots begin in a table's words.
    @inlinable static func start(_ words: UnsafeMutablePointer<UInt64>) -> UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(words).alignedUp(for: Item.self).assumingMemoryBound(to: UInt64.self)
    }

    @inlinable mutating func replace(
        _ old: DistinctSlots<Item>?, with shape: DistinctSlots<Item>.Shape, fill: (DistinctSlots<Item>) -> Void
    ) -> UnsafeMutablePointer<UInt64> {
        let wordCount = shape.wordCount + Self.padding
        let made = unsafeDowncast(Table.create(minimumCapacity: wordCount) { _ in shape }, to: Table.self)
        let words = made.withUnsafeMutablePointerToElements { words in
            words.initialize(repeating: 0, count: wordCount)
            return Self.start(words)
        }
        fill(DistinctSlots(words, shape))
        table = made
        return words
    }
}

extension DistinctItems: StateValue {
    /// The items and in how many folds each is, in the order of the items.
    @inlinable var entries: [(item: Item, folds: Int64)] {
        var entries: [(item: Item, folds: Int64)] = []
        entries.reserveCapacity(count)
        eachCluster { cluster, words, planes in
            for place in 0..<64 {
                var folds: UInt64 = 0
                for plane in 0..<planes { folds |= (words[plane] >> UInt64(place) & 1) << UInt64(plane) }
                if folds != 0 {
                    entries.append((cluster.clusterMember(at: place), Int64(truncatingIfNeeded: folds)))
                }
            }
        }
        return entries.sorted { $0.item < $1.item }
    }

    /// In the order of the items.
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(UInt64(count))
        for entry in entries {
            entry.item.encode(into: &state)
            state.encode(entry.folds)
        }
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        let count = try state.decodeCount(elementSize: 8)
        var last: Item?
        for _ in 0..<count {
            let item = try Item(from: &state)
            let folds: Int64 = try state.decode()
            guard folds > 0, last.map({ $0 < item }) ?? true else {
                throw state.invalid("items that are not counted")
            }
            add(item, folds: folds)
            last = item
        }
    }

    /// No window has more slices than 32 bits count; state that says so, as made-up state may, is not let have a word
    /// for each of 63 planes.
    @inlinable mutating func add(_ item: Item, folds: Int64) {
        let folds = UInt64(min(folds, Int64(UInt32.max)))
        let planes = 64 - folds.leadingZeroBitCount
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: planes) { words in
            for plane in 0..<planes {
                words.initializeElement(
                    at: plane, to: (folds >> UInt64(plane) & 1) << UInt64(truncatingIfNeeded: item.placeInCluster))
            }
            guard let base = words.baseAddress else { return }
            add(item.cluster, base, planes: planes)
        }
    }
}
