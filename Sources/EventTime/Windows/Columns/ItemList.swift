/// Which items some rows have, one after the other as they came: what a slice keeps once single rows were asked for, as
/// late elements do. They are found, and items added, by lists and an index that are made when somebody first asks.
@usableFromInline struct ItemList<Item: StreamKey>: RowClusters, ~Copyable {
    /// Items of a row that are neighbours.
    @usableFromInline struct Entry {
        @usableFromInline var row: UInt32
        @usableFromInline var cluster: Item
        @usableFromInline var word: UInt64

        @inlinable init(row: UInt32, cluster: Item, word: UInt64) {
            self.row = row
            self.cluster = cluster
            self.word = word
        }
    }

    @usableFromInline var entries: UnsafeMutablePointer<Entry>
    @usableFromInline var capacity: Int
    @usableFromInline var count = 0
    /// Entries before this one are in the index and the rows' lists.
    @usableFromInline var indexed = 0
    @usableFromInline var index = HashIndex()
    /// The newest entry of each row, and of each entry the one before of its row; and 1, 0 for none.
    @usableFromInline var newest: [UInt32] = []
    @usableFromInline var before: [UInt32] = []

    @inlinable init() {
        capacity = 4
        entries = Self.take(4)
    }

    @inlinable deinit {
        entries.deinitialize(count: count)
        Self.give(entries, capacity)
    }

    @inlinable static func take(_ capacity: Int) -> UnsafeMutablePointer<Entry> {
        TableMemory.take(byteCount: capacity * MemoryLayout<Entry>.stride).bindMemory(
            to: Entry.self, capacity: capacity)
    }

    @inlinable static func give(_ entries: UnsafeMutablePointer<Entry>, _ capacity: Int) {
        TableMemory.give(entries, byteCount: capacity * MemoryLayout<Entry>.stride)
    }

    /// Makes room for so many entries, and a few more, so that a list a little longer than the one before in the same
    /// memory asks for none.
    @inlinable mutating func reserve(_ wanted: Int) {
        guard wanted > capacity else { return }
        let larger = wanted + wanted / 8
        let stride = MemoryLayout<Entry>.stride
        if count == 0 {
            // Nothing of what is there has to be moved.
            Self.give(entries, capacity)
            entries = Self.take(larger)
        } else {
            entries = TableMemory.grow(entries, from: capacity * stride, to: larger * stride)
                .assumingMemoryBound(to: Entry.self)
        }
        capacity = larger
    }

    @inlinable @inline(__always)
    mutating func append(_ row: UInt32, _ cluster: Item, _ word: UInt64) {
        if count == capacity { reserve(count * 2) }
        (entries + count).initialize(to: Entry(row: row, cluster: cluster, word: word))
        count &+= 1
    }

    /// Takes a copy of all of a table. O(slots).
    @inlinable mutating func copy(_ slots: borrowing ItemSlots<Item>) {
        reserve(slots.used)
        slots.eachSlot {
            append(UInt32(truncatingIfNeeded: $0.row), $0.cluster.pointee, $0.words.pointee)
        }
    }

    /// Takes a copy of all that is packed. O(clusters).
    @inlinable mutating func copy(_ packed: borrowing PackedItems<Item>) {
        reserve(packed.count)
        packed.eachCluster { append(UInt32(truncatingIfNeeded: $0), $1, $2) }
    }

    /// Calls `body` with each entry.
    @inlinable @inline(__always)
    func eachCluster(_ body: (_ row: Int, _ cluster: Item, _ items: UInt64) -> Void) {
        for place in 0..<count {
            body(Int(entries[place].row), entries[place].cluster, entries[place].word)
        }
    }

    /// Puts items of a row's cluster in; those of them that were not there. O(1), and once O(entries).
    @inlinable mutating func insert(_ row: Int, _ cluster: Item, _ items: UInt64) -> UInt64 {
        indexEntries()
        let entries = entries
        let hash = Self.hash(row, cluster)
        let found = index.find(hash) {
            entries[$0].row == UInt32(truncatingIfNeeded: row) && entries[$0].cluster == cluster
        }
        guard found < 0 else {
            let held = entries[found].word
            entries[found].word = held | items
            return items & ~held
        }
        append(UInt32(truncatingIfNeeded: row), cluster, items)
        indexEntries()
        return items
    }

    /// Calls `body` with the clusters of a row and their items. O(clusters of the row), and once O(entries).
    @inlinable mutating func eachCluster(ofRow row: Int, _ body: (Item, UInt64) -> Void) {
        indexEntries()
        var next = row < newest.count ? newest[row] : 0
        while next > 0 {
            let entry = entries + Int(next) - 1
            body(entry.pointee.cluster, entry.pointee.word)
            next = before[Int(next) - 1]
        }
    }

    @inlinable mutating func indexEntries() {
        guard indexed < count else { return }
        if indexed == 0, count > 8 {
            index = HashIndex(minimumCapacity: count + count / 8)
            // Only here: with each late item it would ask for just so much memory, and copy everything.
            before.reserveCapacity(count + count / 8)
        }
        while indexed < count {
            let entry = entries + indexed
            let row = Int(entry.pointee.row)
            index.insert(indexed, hash: Self.hash(row, entry.pointee.cluster))
            while newest.count <= row { newest.append(0) }
            before.append(newest[row])
            indexed += 1
            newest[row] = UInt32(truncatingIfNeeded: indexed)
        }
    }

    @inlinable static func hash(_ row: Int, _ cluster: Item) -> UInt32 {
        UInt32(truncatingIfNeeded: ItemSlots<Item>.hash(row, cluster) &>> 32)
    }

    /// Forgets all entries and keeps the memory, but for that of the index.
    @inlinable mutating func removeAll() {
        entries.deinitialize(count: count)
        count = 0
        guard indexed > 0 else { return }
        indexed = 0
        index = HashIndex()
        newest = []
        before = []
    }
}
