/// The items that the rows of a slice have: a table while elements come; packed once the slice is complete; a list from
/// when single rows are asked for.
@frozen public struct SliceItems<Item: StreamKey>: SliceColumns {
    public typealias Window = WindowItems<Item>
    public typealias Memory = ItemBlocks<Item>

    /// Where the items are.
    @usableFromInline enum Form { case open, packed, listed }

    @usableFromInline struct Storage: ~Copyable {
        @usableFromInline var slots = ItemSlots<Item>()
        @usableFromInline var packed = PackedItems<Item>()
        @usableFromInline var list = ItemList<Item>()
        @usableFromInline var form = Form.open

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
        if storage.pointee.form == .open {
            storage.pointee.slots.insert(row, item.cluster, bit)
        } else {
            _ = insert(row, item.cluster, bit)
        }
    }

    /// Puts items of a row's cluster in; those of them that were not there.
    @inlinable @inline(never)
    func insert(_ row: Int, _ cluster: Item, _ items: UInt64) -> UInt64 {
        if storage.pointee.form == .open { return storage.pointee.slots.insert(row, cluster, items) }
        list()
        return storage.pointee.list.insert(row, cluster, items)
    }

    /// Puts an item in, and into the window that the slice is in, where the slice had it not.
    @inlinable @inline(never)
    func insertLate(_ item: Item, row: Int, number: Int, in window: WindowItems<Item>) {
        let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: item.placeInCluster)
        // A slice that came into being in the midst of the window never entered: what leaves is what is listed.
        list()
        guard insert(row, item.cluster, bit) != 0 else { return }
        window.storage.pointee.reserveCounts(number + 1)
        window.storage.pointee.add(number, item.cluster, bit, ItemSlots.hash(number, item.cluster))
    }

    /// Asks for the memory that putting an item in will need.
    @inlinable @inline(__always)
    func prefetch(_ item: Item, row: Int) {
        storage.pointee.slots.prefetch(place: storage.pointee.slots.home(ItemSlots.hash(row, item.cluster)))
    }

    /// Calls `body` with the clusters of a row and their items. O(clusters of the row), and once O(items).
    @inlinable func eachCluster(ofRow row: Int, _ body: (Item, UInt64) -> Void) {
        list()
        storage.pointee.list.eachCluster(ofRow: row, body)
    }

    // MARK: Complete slices

    /// Moves the items to the list, so that single rows are found.
    @inlinable @inline(never)
    func list() {
        switch storage.pointee.form {
        case .open:
            storage.pointee.list.copy(storage.pointee.slots)
            storage.pointee.slots.removeAll()
        case .packed:
            storage.pointee.list.copy(storage.pointee.packed)
            storage.pointee.packed = PackedItems()
        case .listed: return
        }
        storage.pointee.form = .listed
    }

    @inlinable public func open(with window: WindowItems<Item>) {
        guard storage.pointee.form == .open, storage.pointee.slots.used == 0 else { return }
        window.storage.pointee.lend(to: &storage.pointee.slots)
    }

    @inlinable public func enter(
        _ window: WindowItems<Item>, numbers: UnsafePointer<UInt32>, rowCount: Int, keyCount: Int
    ) {
        window.storage.pointee.reserveCounts(keyCount)
        if storage.pointee.form == .open { pack(into: window) }
        if storage.pointee.form == .packed {
            window.storage.pointee.add(storage.pointee.packed, numbers: numbers)
        } else {
            window.storage.pointee.add(storage.pointee.list, numbers: numbers)
        }
    }

    @inlinable func pack(into window: WindowItems<Item>) {
        storage.pointee.packed = PackedItems(
            taking: &storage.pointee.slots, scratch: &window.storage.pointee.scratch,
            in: window.storage.pointee.memory)
        storage.pointee.form = .packed
        window.storage.pointee.takeBack(&storage.pointee.slots)
    }

    @inlinable public func leave(_ window: WindowItems<Item>, numbers: UnsafePointer<UInt32>) {
        switch storage.pointee.form {
        case .open: return
        case .packed: window.storage.pointee.subtract(storage.pointee.packed, numbers: numbers)
        case .listed: window.storage.pointee.subtract(storage.pointee.list, numbers: numbers)
        }
    }

    @inlinable public func fill(_ window: WindowItems<Item>, rowCount: Int) {
        window.storage.pointee.reserveCounts(rowCount)
        let counts = window.storage.pointee.counts
        counts.update(repeating: 0, count: rowCount)
        func count(_ row: Int, _: Item, _ items: UInt64) {
            counts[row] &+= Int32(truncatingIfNeeded: items.nonzeroBitCount)
        }
        switch storage.pointee.form {
        case .open: storage.pointee.slots.eachSlot { count($0.row, $0.cluster.pointee, $0.words.pointee) }
        case .packed: storage.pointee.packed.eachCluster(count)
        case .listed: storage.pointee.list.eachCluster(count)
        }
    }

    // MARK: Memory

    @inlinable public func removeAll() {
        storage.pointee.packed = PackedItems()
        storage.pointee.list.removeAll()
        if storage.pointee.slots.used > 0 { storage.pointee.slots.removeAll() }
        storage.pointee.form = .open
    }

    @inlinable public func withRows<Failure: Error>(
        _ body: (Self) throws(Failure) -> Void
    ) throws(Failure) {
        if storage.pointee.form == .listed { return try body(self) }
        let copy = Self()
        defer { copy.release() }
        if storage.pointee.form == .packed {
            copy.storage.pointee.list.copy(storage.pointee.packed)
        } else {
            copy.storage.pointee.list.copy(storage.pointee.slots)
        }
        copy.storage.pointee.form = .listed
        try body(copy)
    }
}
