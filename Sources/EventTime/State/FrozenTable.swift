/// A ``KeyedTable`` as it was at one instant, for another thread to encode while the table goes on.
///
/// Freezing takes no time. Entries are copied afterwards, piece by piece, and each piece at the latest when one of its
/// entries is about to be handed out: so the pause does not grow with the table, and a packet waits for one piece at
/// most. The memory is kept for the next time, since touching fresh memory costs far more than copying.
///
/// Only tables of plain bytes can be frozen (``KeyedTable/freeze(into:)``).
public final class FrozenTable<Key: Equatable, Value>: @unchecked Sendable {
    public typealias Entry = KeyedTable<Key, Value>.Entry

    /// Entries copied together: about 16 KiB of the larger ones.
    @usableFromInline static var pieceSize: Int { 64 }

    @usableFromInline var memory = ReusableMemory<Entry>()
    /// Identifiers that were handed out, and those of them that were free.
    @usableFromInline var bound = 0
    @usableFromInline var free: [UInt32] = []
    /// Bit by piece: it has been copied.
    @usableFromInline var copied: [UInt64] = []

    public init() {}

    /// Entries held.
    public var count: Int { bound - free.count }

    /// Bytes of memory kept for copies.
    public var byteCount: Int { memory.capacity * MemoryLayout<Entry>.stride }

    @usableFromInline func begin(bound: Int, free: [UInt32]) {
        self.bound = bound
        self.free = free
        memory.reserve(bound)
        let pieces = (bound + Self.pieceSize - 1) / Self.pieceSize
        copied.removeAll(keepingCapacity: true)
        copied.append(contentsOf: repeatElement(0, count: (pieces + 63) / 64))
    }

    /// Copies a piece, unless that has been done.
    @inlinable @inline(never)
    func copyPiece(_ piece: Int, of entries: UnsafeMutablePointer<Entry>) {
        let first = piece * Self.pieceSize
        guard first < bound, copied[piece / 64] >> UInt64(piece % 64) & 1 == 0 else { return }
        copied[piece / 64] |= 1 << UInt64(piece % 64)
        // Plain bytes: nothing else is ever frozen.
        UnsafeMutableRawPointer(memory.start + first).copyMemory(
            from: entries + first, byteCount: min(Self.pieceSize, bound - first) * MemoryLayout<Entry>.stride)
    }
}

extension FrozenTable where Key: StateValue, Value: StateValue {
    /// Writes identifiers and entries: the table that ``KeyedTable/init(from:maximumCount:)`` reads is this one.
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(UInt64(bound))
        free.encode(into: &state)
        var isFree = [Bool](repeating: false, count: free.isEmpty ? 0 : bound)
        for identifier in free { isFree[Int(identifier)] = true }
        let entries = memory.start
        for identifier in 0..<bound where isFree.isEmpty || !isFree[identifier] {
            entries[identifier].key.encode(into: &state)
            entries[identifier].value.encode(into: &state)
        }
    }
}

extension KeyedTable where Key: BitwiseCopyable, Value: BitwiseCopyable {
    /// Notes the table as it is now in `image`, whose earlier content goes. O(1) but for the list of free identifiers;
    /// ``continueFreezing(budget:)`` then copies the entries.
    @inlinable public mutating func freeze(into image: FrozenTable<Key, Value>) {
        image.begin(bound: bound, free: free)
        frozen = image
        uncopied = 0
    }
}

extension KeyedTable {
    /// Copies frozen entries that were not copied yet, for `budget` bytes, which shrinks by what was used up. Returns
    /// whether all are copied.
    @inlinable public mutating func continueFreezing(budget: inout Int) -> Bool {
        guard let image = frozen else { return true }
        while uncopied < image.bound {
            guard budget > 0 else { return false }
            image.copyPiece(uncopied / FrozenTable<Key, Value>.pieceSize, of: entries)
            uncopied += FrozenTable<Key, Value>.pieceSize
            budget -= FrozenTable<Key, Value>.pieceSize * MemoryLayout<Entry>.stride
        }
        frozen = nil
        uncopied = .max
        return true
    }

    /// Copies all that is left.
    @inlinable mutating func finishFreezing() {
        var budget = Int.max
        _ = continueFreezing(budget: &budget)
    }

    /// Copies the piece of a frozen entry before it changes.
    @inlinable @inline(never)
    func preserve(_ identifier: Int) {
        frozen?.copyPiece(identifier / FrozenTable<Key, Value>.pieceSize, of: entries)
    }
}

extension KeyedTable where Key: TableKey & StateValue, Value: StateValue & BitwiseCopyable {
    /// Reads what a ``FrozenTable`` wrote: each entry has the identifier it had. Identifiers that are free hold zeros.
    ///
    /// Throws ``StateError`` also where there are more than `maximumCount` identifiers, or a key stands there twice.
    @inlinable public init(from state: inout StateDecoder, maximumCount: Int = Int(UInt32.max) - 1)
        throws(StateError)
    {
        self.init()
        let bound = try Int(from: &state)
        let free = try [UInt32](from: &state)
        guard bound >= 0, bound <= min(maximumCount, Int(UInt32.max) - 1), free.count <= bound else {
            throw state.invalid("a table of \(bound) identifiers, \(free.count) of them free")
        }
        let live = bound - free.count
        guard UInt64(live) <= state.remaining else {
            throw state.invalid("\(live) entries do not fit into \(state.remaining) bytes")
        }
        // Where entries are hardly smaller as bytes than in memory, room for all of them is no risk.
        let (smallest, overflow) = live.multipliedReportingOverflow(by: MemoryLayout<Entry>.stride / 8 + 1)
        if !overflow, UInt64(smallest) <= state.remaining { reserve(bound) }
        var isFree = [Bool](repeating: false, count: free.isEmpty ? 0 : bound)
        for identifier in free {
            guard Int(identifier) < bound, !isFree[Int(identifier)] else {
                throw state.invalid("\(identifier) is free twice, or never was in use")
            }
            isFree[Int(identifier)] = true
        }
        for identifier in 0..<bound {
            if self.bound == capacity { grow() }
            if !isFree.isEmpty, isFree[identifier] {
                UnsafeMutableRawPointer(entries + identifier).initializeMemory(
                    as: UInt8.self, repeating: 0, count: MemoryLayout<Entry>.stride)
            } else {
                let key = try Key(from: &state)
                (entries + identifier).initialize(to: Entry(key: key, value: try Value(from: &state)))
            }
            self.bound += 1
            initialized = self.bound
        }
        self.free = free
        try fillIndex(isFree, state)
    }

    /// Room for so many entries in a table that holds none.
    @inlinable mutating func reserve(_ count: Int) {
        guard count > capacity else { return }
        Self.give(entries, capacity)
        capacity = count
        entries = Self.allocate(capacity)
        index = HashIndex(minimumCapacity: count)
    }

    /// Enters all keys into the index, several waiting for memory at once.
    @inlinable mutating func fillIndex(_ isFree: [Bool], _ state: borrowing StateDecoder) throws(StateError) {
        for identifier in 0..<bound {
            if identifier + 16 < bound { index.prefetch(entries[identifier + 16].key.tableHash) }
            if !isFree.isEmpty, isFree[identifier] { continue }
            let hash = entries[identifier].key.tableHash
            guard find(entries[identifier].key, hash: hash) < 0 else {
                throw state.invalid("a key stands there twice")
            }
            index.insert(identifier, hash: hash)
        }
    }

    /// Whether an identifier is in use. O(free identifiers) the first time it is asked of a table: for checks.
    @inlinable public func liveIdentifiers() -> [Bool] {
        var isLive = [Bool](repeating: true, count: bound)
        for identifier in free { isLive[Int(identifier)] = false }
        return isLive
    }
}

/// Memory for flat copies, kept from one time to the next; in huge pages where it is large, which the kernel gives
/// several times as fast as small ones.
@frozen @usableFromInline
struct ReusableMemory<Element>: ~Copyable {
    @usableFromInline var start: UnsafeMutablePointer<Element>
    @usableFromInline var capacity = 0

    @inlinable init() { start = Self.take(0) }

    @inlinable deinit { Self.give(start, capacity) }

    @usableFromInline static func take(_ capacity: Int) -> UnsafeMutablePointer<Element> {
        TableMemory.take(byteCount: capacity * MemoryLayout<Element>.stride).bindMemory(
            to: Element.self, capacity: capacity)
    }

    @usableFromInline static func give(_ start: UnsafeMutablePointer<Element>, _ capacity: Int) {
        TableMemory.give(start, byteCount: capacity * MemoryLayout<Element>.stride)
    }

    /// Makes room for `count` elements. What is there goes.
    @usableFromInline mutating func reserve(_ count: Int) {
        guard count > capacity else { return }
        Self.give(start, capacity)
        // Room to spare, so that a table that grows slowly does not ask each time.
        capacity = max(count + count / 4, 64)
        start = Self.take(capacity)
    }
}
