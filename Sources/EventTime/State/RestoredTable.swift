/// A ``KeyedTable`` that is being read from what ``FrozenTable``s wrote: one that stands for itself, and after it those
/// that hold what had changed since the one before.
///
/// What is read is checked, and the last that was read is the table. Each entry has the identifier it had; identifiers
/// that are free hold zeros.
public final class RestoredTable<Key: TableKey & StateRecord, Value: StateRecord & BitwiseCopyable> {
    @usableFromInline var table: KeyedTable<Key, Value>
    @usableFromInline var live = IdentifierSet()
    @usableFromInline let maximumCount: Int

    /// Refuses tables of more than `maximumCount` identifiers.
    @inlinable public init(maximumCount: Int = Int(UInt32.max) - 1) {
        self.maximumCount = min(maximumCount, Int(UInt32.max) - 1)
        table = KeyedTable()
    }

    /// Reads the table, or what changed in it. Throws ``StateError``; what is held is of no use then.
    @inlinable public func read(from state: inout StateDecoder) throws(StateError) {
        try read(from: &state) { rows, _ throws(StateError) in
            let key = try Key(from: &rows)
            return KeyedTable<Key, Value>.Entry(key: key, value: try Value(from: &rows))
        }
    }

    /// Identifiers handed out are below this bound, and these of them are not in use.
    @inlinable public var bound: Int { table.bound }
    @inlinable public var free: [UInt32] { table.free }

    /// Reads the table, each of whose entries `decode` reads: where they have another form.
    @inlinable public func read(
        from state: inout StateDecoder,
        decode: (inout StateDecoder, Int) throws(StateError) -> KeyedTable<Key, Value>.Entry
    ) throws(StateError) {
        let bound = try Int(from: &state)
        let free = try state.decodeRecords()
        guard bound >= 0, bound <= maximumCount, free.count <= bound else {
            throw state.invalid("a table of \(bound) identifiers, \(free.count) of them free")
        }
        // Before memory is taken for them: each identifier has a bit, or its entry, still to come.
        guard state.hasRecords ? (bound + 63) / 64 <= state.remaining / 8 : bound - free.count <= state.remaining
        else {
            throw state.invalid("\(bound) identifiers do not fit into \(state.remaining) bytes")
        }
        let wasLive = live
        table.free = []
        try state.decode(free) { rows throws(StateError) in table.free.append(try rows.decode()) }
        try findLive(below: bound, state)
        let written = state.hasRecords ? try readWritten(&state) : live
        guard live.isCovered(by: written, wasLive) else {
            throw state.invalid("an entry that stands neither here nor in the checkpoint before")
        }
        let records =
            state.hasRecords ? try state.decodeRecords() : StateRecords(count: written.count, width: 0)
        guard records.count == written.count else {
            throw state.invalid("\(records.count) entries for \(written.count) identifiers")
        }
        makeRoom(bound)
        var identifier = -1
        let entries = table.entries
        try state.decode(records) { rows throws(StateError) in
            identifier = written.first(from: identifier + 1)
            entries[identifier] = try decode(&rows, identifier)
        }
    }

    /// The table; this object holds none any more. Throws where a key stands there twice.
    @inlinable public func finish(_ state: borrowing StateDecoder) throws(StateError) -> KeyedTable<Key, Value> {
        var result = KeyedTable<Key, Value>()
        swap(&result, &table)
        try result.fillIndex(live, state)
        live = IdentifierSet()
        return result
    }

    /// The identifiers below the bound that are not free, each of which is so once.
    @inlinable func findLive(below bound: Int, _ state: borrowing StateDecoder) throws(StateError) {
        for identifier in table.free where Int(identifier) >= bound {
            throw state.invalid("\(identifier) is free, and never was in use")
        }
        live = IdentifierSet(below: bound, without: table.free)
        guard live.count == bound - table.free.count else { throw state.invalid("an identifier is free twice") }
    }

    /// The identifiers whose entries follow: live ones.
    @inlinable func readWritten(_ state: inout StateDecoder) throws(StateError) -> IdentifierSet {
        var words: [UInt64] = []
        words.reserveCapacity(live.words.count)
        for word in live.words {
            words.append(try state.decode())
            guard words[words.count - 1] & ~word == 0 else { throw state.invalid("an entry of no identifier") }
        }
        return IdentifierSet(below: live.bound, words: words)
    }

    /// Room for `bound` entries; those that are new, and those that are free, hold zeros.
    @inlinable func makeRoom(_ bound: Int) {
        let stride = MemoryLayout<KeyedTable<Key, Value>.Entry>.stride
        if table.initialized == 0 { table.reserve(bound) }
        while table.capacity < bound { table.grow() }
        if table.initialized < bound {
            UnsafeMutableRawPointer(table.entries + table.initialized).initializeMemory(
                as: UInt8.self, repeating: 0, count: (bound - table.initialized) * stride)
            table.initialized = bound
        }
        table.bound = bound
        // Who remembers one of these finds that it is gone.
        for identifier in table.free {
            UnsafeMutableRawPointer(table.entries + Int(identifier)).initializeMemory(
                as: UInt8.self, repeating: 0, count: stride)
        }
    }
}

extension KeyedTable where Key: TableKey & StateRecord, Value: StateRecord & BitwiseCopyable {
    /// Room for so many entries in a table that holds none.
    @inlinable mutating func reserve(_ count: Int) {
        guard count > capacity else { return }
        Self.give(entries, capacity)
        capacity = count
        entries = Self.allocate(capacity)
        marks = Self.marks(entries, capacity)
        index = HashIndex(minimumCapacity: count)
    }

    /// Enters all live keys into the index, several waiting for memory at once.
    @inlinable mutating func fillIndex(_ live: IdentifierSet, _ state: borrowing StateDecoder) throws(StateError) {
        for identifier in 0..<bound {
            if identifier + 16 < bound { index.prefetch(entries[identifier + 16].key.tableHash) }
            guard live.contains(identifier) else { continue }
            let hash = entries[identifier].key.tableHash
            guard find(entries[identifier].key, hash: hash) < 0 else {
                throw state.invalid("a key stands there twice")
            }
            index.insert(identifier, hash: hash)
        }
    }
}

extension KeyedTable {
    /// Whether an identifier is in use. O(free identifiers) the first time it is asked of a table: for checks.
    @inlinable public func liveIdentifiers() -> [Bool] {
        var isLive = [Bool](repeating: true, count: bound)
        for identifier in free { isLive[Int(identifier)] = false }
        return isLive
    }
}
