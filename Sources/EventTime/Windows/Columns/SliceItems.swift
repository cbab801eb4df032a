/// The items that the rows of a slice have: a table while elements come, a list from when the slice is complete or
/// single rows are asked for.
@frozen public struct SliceItems<Item: StreamKey>: SliceColumns {
    public typealias Window = WindowItems<Item>
    public typealias Memory = ItemBlocks<Item>

    @usableFromInline struct Storage: ~Copyable {
        @usableFromInline var slots = ItemSlots<Item>()
        @usableFromInline var list = ItemList<Item>()
        /// Whether the items are in the list; else they are in the slots.
        @usableFromInline var isListed = false

        @inlinable init() {}
    }

    @usableFromInline let storage: UnsafeMutablePointer<Storage>

    @inlinable public init() {
        storage = .allocate(capacity: 1)
        storage.initialize(to: Storage())
    }

    @inlinable public func release() {
        storage.deinitialize(count: 1)
        storage.deallocate()
    }

    // MARK: Elements

    /// Puts an item in.
    @inlinable @inline(__always)
    func insert(_ item: Item, row: Int) {
        let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: item.placeInCluster)
        if storage.pointee.isListed {
            _ = insert(row, item.cluster, bit)
        } else {
            storage.pointee.slots.insert(row, item.cluster, bit)
        }
    }

    /// Puts items of a row's cluster in; those of them that were not there.
    @inlinable @inline(never)
    func insert(_ row: Int, _ cluster: Item, _ items: UInt64) -> UInt64 {
        storage.pointee.isListed
            ? storage.pointee.list.insert(row, cluster, items)
            : storage.pointee.slots.insert(row, cluster, items)
    }

    /// Puts an item in, and into the window that the slice is in, where the slice had it not.
    @inlinable @inline(never)
    func insertLate(_ item: Item, row: Int, number: Int, in window: WindowItems<Item>) {
        let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: item.placeInCluster)
        // A slice that came into being in the midst of the window never entered: what leaves is what is listed.
        if !storage.pointee.isListed { list() }
        guard insert(row, item.cluster, bit) != 0 else { return }
        window.storage.pointee.reserveCounts(number + 1)
        window.storage.pointee.add(number, item.cluster, bit)
    }

    /// Asks for the memory that putting an item in will need.
    @inlinable @inline(__always)
    func prefetch(_ item: Item, row: Int) { storage.pointee.slots.prefetch(row, item.cluster) }

    /// Calls `body` with the clusters of a row and their items. O(clusters of the row), and once O(items).
    @inlinable func eachCluster(ofRow row: Int, _ body: (Item, UInt64) -> Void) {
        if !storage.pointee.isListed { list() }
        storage.pointee.list.eachCluster(ofRow: row, body)
    }

    // MARK: Complete slices

    /// Moves the items to the list, so that single rows are found.
    @inlinable @inline(never)
    func list() {
        storage.pointee.list.copy(storage.pointee.slots)
        storage.pointee.slots.removeAll()
        storage.pointee.isListed = true
    }

    @inlinable public func open(with window: WindowItems<Item>) {
        guard !storage.pointee.isListed, storage.pointee.slots.used == 0 else { return }
        window.storage.pointee.lend(to: &storage.pointee.slots)
    }

    @inlinable public func enter(
        _ window: WindowItems<Item>, numbers: UnsafePointer<UInt32>, rowCount: Int, keyCount: Int
    ) {
        if !storage.pointee.isListed {
            storage.pointee.list.take(
                &storage.pointee.slots, starts: window.storage.pointee.starts(ofRows: rowCount))
            storage.pointee.isListed = true
            window.storage.pointee.takeBack(&storage.pointee.slots)
        }
        window.storage.pointee.reserveCounts(keyCount)
        window.storage.pointee.add(storage.pointee.list, numbers: numbers)
    }

    @inlinable public func leave(_ window: WindowItems<Item>, numbers: UnsafePointer<UInt32>) {
        window.storage.pointee.subtract(storage.pointee.list, numbers: numbers)
    }

    @inlinable public func fill(_ window: WindowItems<Item>, rowCount: Int) {
        window.storage.pointee.reserveCounts(rowCount)
        let counts = window.storage.pointee.counts
        counts.update(repeating: 0, count: rowCount)
        if storage.pointee.isListed {
            let entries = storage.pointee.list.entries
            for entry in 0..<storage.pointee.list.count {
                counts[Int(entries[entry].row)] &+= Int32(truncatingIfNeeded: entries[entry].word.nonzeroBitCount)
            }
        } else {
            storage.pointee.slots.eachSlot {
                counts[$0.row] &+= Int32(truncatingIfNeeded: $0.words.pointee.nonzeroBitCount)
            }
        }
    }

    // MARK: Memory

    @inlinable public func removeAll() {
        storage.pointee.list.removeAll()
        if storage.pointee.slots.used > 0 { storage.pointee.slots.removeAll() }
        storage.pointee.isListed = false
    }

    @inlinable public func withRows<Failure: Error>(
        _ body: (Self) throws(Failure) -> Void
    ) throws(Failure) {
        if storage.pointee.isListed { return try body(self) }
        let copy = Self()
        defer { copy.release() }
        copy.storage.pointee.list.copy(storage.pointee.slots)
        copy.storage.pointee.isListed = true
        try body(copy)
    }
}
