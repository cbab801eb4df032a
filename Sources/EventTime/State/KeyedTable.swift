public import CPrefetch

/// What a key of a ``KeyedTable`` offers: cheap equality and 32 well-mixed bits of hash.
public protocol TableKey: Equatable, BitwiseCopyable, Sendable {
    var tableHash: UInt32 { get }
}

/// Mixes two words into one, each bit of the result depending on each bit of both: the folded 128-bit product of
/// wyhash (Wang Yi, 2019), with the words themselves, so that a word of 0 does not swallow the other.
@inlinable @inline(__always)
public func foldedProduct(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low ^ a ^ b
}

/// Keyed state: entries in one flat array, found through a ``HashIndex``.
///
/// An entry keeps its identifier from insertion to removal, so others may refer to it by number; freed identifiers
/// are used again. A table from which nothing was removed is dense: its entries are 0 ..< ``count``.
///
/// Values may have memory of their own. The value of an entry that was removed stays until the entry is used again, so
/// that it can be used again too (``insert(_:hash:make:renew:)``), or until the table goes.
public struct KeyedTable<Key: Equatable, Value>: ~Copyable {
    @frozen public struct Entry {
        public var key: Key
        public var value: Value

        @inlinable public init(key: Key, value: Value) {
            self.key = key
            self.value = value
        }
    }

    @usableFromInline var index: HashIndex
    @usableFromInline var entries: UnsafeMutablePointer<Entry>
    @usableFromInline var capacity: Int
    /// Byte by eight entries: 0 where none of them was handed out since the table was frozen, so that who is handed out
    /// first is copied before. Behind the entries, in the same block.
    @usableFromInline var marks: UnsafeMutablePointer<UInt8>
    /// The image into which the table was frozen last; 0 for none.
    @usableFromInline var stamp: UInt64 = 0
    /// Identifiers ever handed out: the free ones are below this bound.
    @usableFromInline var bound = 0
    @usableFromInline var free: [UInt32] = []
    /// While the table is being frozen: its image, and the identifier from which on entries may still be uncopied.
    @usableFromInline var frozen: FrozenTable<Key, Value>?
    @usableFromInline var uncopied = Int.max
    /// Entries below this bound are initialised, those that were removed among them.
    @usableFromInline var initialized = 0

    /// Room for `minimumCapacity` entries before the table grows. `isIndexed`: and for their places in the index.
    @inlinable public init(minimumCapacity: Int = 8, isIndexed: Bool = true) {
        capacity = max(minimumCapacity, 8)
        index = HashIndex(minimumCapacity: isIndexed ? capacity : 8)
        entries = Self.allocate(capacity)
        marks = Self.marks(entries, capacity)
    }

    @inlinable deinit {
        // Who encodes the image still wants what was not copied.
        frozen?.pieces.finish()
        entries.deinitialize(count: initialized)
        Self.give(entries, capacity)
    }

    /// Entries held.
    @inlinable public var count: Int { bound - free.count }

    /// Identifiers in use, or free after use, are below this bound.
    @inlinable public var identifierBound: Int { bound }

    /// The entries themselves, good until the next insertion: for reading them while another part of their owner
    /// changes.
    @inlinable public var unsafeEntries: UnsafeMutablePointer<Entry> { entries }

    /// The entry with this identifier, which must be live. The pointer is good until the next insertion.
    @inlinable @inline(__always)
    public subscript(identifier: Int) -> UnsafeMutablePointer<Entry> {
        assert(identifier >= 0 && identifier < bound)
        mark(identifier)
        return entries + identifier
    }

    /// An entry that the subscript has handed out since the table was last frozen, or that was inserted since: without
    /// looking whether it must be copied first.
    @inlinable @inline(__always)
    public func again(_ identifier: Int) -> UnsafeMutablePointer<Entry> { entries + identifier }

    /// The identifier of `key`'s entry; -1 where there is none. `hash` is the key's own.
    @inlinable @inline(__always)
    public func find(_ key: Key, hash: UInt32) -> Int {
        let entries = entries
        return index.find(hash) { entries[$0].key == key }
    }

    /// Asks for the memory in which `hash` will be looked up. The first of three steps by which the processor waits
    /// for many entries at once: this for each key of a batch, then ``prefetchEntry(hash:lines:)``, then the look-ups.
    @inlinable @inline(__always)
    public func prefetchSlot(hash: UInt32) { index.prefetch(hash) }

    /// Asks for the first cache lines of the entry that will very likely be found under `hash`, and returns its
    /// identifier; -1 where there is none.
    @inlinable @inline(__always)
    public func prefetchEntry(hash: UInt32, lines: Int) -> Int {
        let identifier = index.guess(hash)
        if identifier >= 0 { prefetch(identifier, lines: lines) }
        return identifier
    }

    /// The cache lines that an entry may lie in, of the first four.
    @inlinable @inline(__always)
    static var linesOfEntry: Int {
        let stride = MemoryLayout<Entry>.stride
        return stride <= 64 && 64 % stride == 0 ? 1 : min((stride + 63) / 64, 4)
    }

    /// Asks for cache lines of an entry.
    @inlinable @inline(__always)
    public func prefetch(_ identifier: Int, from first: Int = 0, lines: Int) {
        Self.prefetch(entries + identifier, from: first, lines: lines)
    }

    @inlinable @inline(__always)
    public static func prefetch(_ entry: UnsafeMutablePointer<Entry>, from first: Int = 0, lines: Int) {
        var line = first
        while line < first &+ lines {
            prefetchForWriting(UnsafeRawPointer(entry) + line &* 64)
            line &+= 1
        }
    }

    /// The identifier that will be used again `distance` insertions after the next one, where nothing is removed
    /// meanwhile; -1 where it was never used.
    @inlinable @inline(__always)
    public func freeIdentifier(after distance: Int) -> Int {
        let place = free.count &- 1 &- distance
        return place < 0 ? -1 : Int(free[place])
    }

    /// Adds an entry for a key that is not there, and returns its identifier.
    @inlinable public mutating func insert(_ key: Key, hash: UInt32, value: Value) -> Int {
        insert(key, hash: hash, make: { value }, renew: { $0 = value })
    }

    /// Adds an entry for a key that is not there, and returns its identifier. Its value is made, or one that a removed
    /// entry left is renewed.
    @inlinable @inline(__always)
    public mutating func insert(
        _ key: Key, hash: UInt32, make: () -> Value, renew: (inout Value) -> Void
    ) -> Int {
        let identifier: Int
        if !free.isEmpty {
            identifier = Int(free.removeLast())
        } else {
            if bound == capacity { grow() }
            identifier = bound
            bound += 1
        }
        mark(identifier)
        let entry = entries + identifier
        if identifier < initialized {
            entry.pointee.key = key
            renew(&entry.pointee.value)
        } else {
            entry.initialize(to: Entry(key: key, value: make()))
            initialized = bound
        }
        index.insert(identifier, hash: hash)
        return identifier
    }

    /// Adds an entry to a dense table that only its identifier leads to: the index does not learn of it, so it is found
    /// by whoever keeps the number, and a table with such entries is emptied by ``removeAll()`` alone.
    @inlinable @inline(__always)
    mutating func append(_ key: Key, value: Value) -> Int {
        if bound == capacity { grow() }
        let identifier = bound
        bound += 1
        mark(identifier)
        if identifier < initialized {
            entries[identifier] = Entry(key: key, value: value)
        } else {
            (entries + identifier).initialize(to: Entry(key: key, value: value))
            initialized = bound
        }
        return identifier
    }

    /// Removes a live entry.
    @inlinable public mutating func remove(_ identifier: Int, hash: UInt32) {
        index.remove(identifier, hash: hash)
        free.append(UInt32(identifier))
    }

    /// Removes an entry of a dense table and keeps it dense: the last entry, whose key has the hash that `hashOf` says,
    /// takes over the identifier.
    @inlinable @inline(__always)
    public mutating func removeDensely(_ identifier: Int, hash: UInt32, hashOf: (Key) -> UInt32) {
        assert(free.isEmpty)
        index.remove(identifier, hash: hash)
        bound -= 1
        mark(bound)
        mark(identifier)
        guard identifier != bound else { return }
        swap(&entries[identifier], &entries[bound])
        index.rename(bound, to: identifier, hash: hashOf(entries[identifier].key))
    }

    /// Removes every entry and keeps the memory, that of the values too.
    @inlinable public mutating func removeAll() {
        if frozen != nil { finishFreezing() }
        index.removeAll()
        free.removeAll(keepingCapacity: true)
        bound = 0
    }

    // MARK: Memory

    /// Marks of so many entries.
    @inlinable static func markCount(_ count: Int) -> Int { (count + 7) / 8 }

    /// Bytes of a table's block.
    @inlinable static func byteCount(_ capacity: Int) -> Int {
        capacity * MemoryLayout<Entry>.stride + markCount(capacity)
    }

    @inlinable static func marks(_ entries: UnsafeMutablePointer<Entry>, _ capacity: Int)
        -> UnsafeMutablePointer<UInt8>
    {
        (UnsafeMutableRawPointer(entries) + capacity * MemoryLayout<Entry>.stride).assumingMemoryBound(
            to: UInt8.self)
    }

    /// Aligned to cache lines. All entries are marked: who is frozen for the first time is copied in whole anyway.
    @inlinable static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Entry> {
        let entries = TableMemory.take(byteCount: byteCount(capacity)).bindMemory(
            to: Entry.self, capacity: capacity)
        marks(entries, capacity).initialize(repeating: 1, count: markCount(capacity))
        return entries
    }

    @inlinable static func give(_ entries: UnsafeMutablePointer<Entry>, _ capacity: Int) {
        TableMemory.give(entries, byteCount: byteCount(capacity))
    }

    /// Entries move as their bytes do, whatever they are, and their marks behind them.
    @inlinable mutating func grow() {
        let larger = capacity * 2
        // Entries may be copied by another thread just now.
        frozen?.pieces.suspend()
        entries = TableMemory.grow(entries, from: Self.byteCount(capacity), to: Self.byteCount(larger))
            .assumingMemoryBound(to: Entry.self)
        let (before, after) = (Self.marks(entries, capacity), Self.marks(entries, larger))
        after.moveInitialize(from: before, count: Self.markCount(capacity))
        (after + Self.markCount(capacity)).initialize(
            repeating: 1, count: Self.markCount(larger) - Self.markCount(capacity))
        marks = after
        capacity = larger
        frozen?.pieces.resume(from: entries)
    }
}

extension KeyedTable where Key: TableKey {
    /// Removes an entry of a dense table and keeps it dense: the last entry takes over the identifier.
    @inlinable public mutating func removeDensely(_ identifier: Int, hash: UInt32) {
        removeDensely(identifier, hash: hash) { $0.tableHash }
    }
}

extension KeyedTable.Entry: BitwiseCopyable where Key: BitwiseCopyable, Value: BitwiseCopyable {}
