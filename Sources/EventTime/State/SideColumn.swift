/// A value for each identifier of a ``KeyedTable``, in memory of its own: what only some of a table's users want, or
/// seldom. It is frozen with its table, and image and state have the same form.
public struct SideColumn<Value: BitwiseCopyable & Sendable>: ~Copyable {
    /// The values have no key but their identifier.
    @frozen public struct NoKey: TableKey, StateRecord {
        @inlinable public init() {}
        @inlinable public init(from state: inout StateDecoder) throws(StateError) {}
        @inlinable public func encode(into state: inout StateEncoder) {}
        @inlinable public var tableHash: UInt32 { 0 }
    }

    public typealias Image = FrozenTable<NoKey, Value>

    @usableFromInline var table = KeyedTable<NoKey, Value>()

    @inlinable public init() {}

    /// Sets the value of an identifier: one that has a value, or the next one.
    @inlinable public mutating func set(_ identifier: Int, _ value: Value) {
        assert(identifier <= table.bound)
        if identifier == table.bound { table.append(KeyedTable.Entry(key: NoKey(), value: value)) }
        table[identifier].pointee.value = value
    }

    /// The value of an identifier for which one was set. The pointer is good until the next ``set(_:_:)`` of another.
    @inlinable @inline(__always)
    public subscript(identifier: Int) -> UnsafeMutablePointer<Value> {
        let entry = UnsafeMutableRawPointer(table[identifier])
        return entry.assumingMemoryBound(to: Value.self)
    }

    /// A value to be looked at only: it is not marked as handed out.
    @inlinable @inline(__always)
    public func again(_ identifier: Int) -> UnsafePointer<Value> {
        UnsafeRawPointer(table.again(identifier)).assumingMemoryBound(to: Value.self)
    }

    /// Asks for the first cache line of a value.
    @inlinable @inline(__always)
    public func prefetch(_ identifier: Int) { table.prefetch(identifier, lines: 1) }

    /// Forgets all values, as ``KeyedTable/removeAll()`` does the entries.
    @inlinable public mutating func removeAll() { table.removeAll() }

    /// Notes the column as it is now, as ``KeyedTable/freeze(into:asChanges:)`` does with a table; `free`: the table's
    /// identifiers that are not in use.
    @inlinable public mutating func freeze(into image: Image, free: [UInt32], asChanges: Bool) {
        table.free = free
        table.freeze(into: image, asChanges: asChanges)
    }

    @inlinable public mutating func continueFreezing(budget: inout Int) -> Bool {
        table.continueFreezing(budget: &budget)
    }
}

extension KeyedTable {
    /// Adds an entry that is found by its identifier alone.
    @inlinable mutating func append(_ entry: Entry) {
        if bound == capacity { grow() }
        (entries + bound).initialize(to: entry)
        if marks[bound &>> 3] == 0 { mark(bound) }
        bound += 1
        initialized = bound
    }
}

extension RestoredTable {
    /// Puts a value of a column, which stood elsewhere in an earlier form of state, in its place; `of` is the table of
    /// which it is a column, and which is being read.
    @inlinable public func put<OtherKey, OtherValue>(
        _ identifier: Int, _ value: Value, of other: RestoredTable<OtherKey, OtherValue>
    ) where Key == SideColumn<Value>.NoKey, Value: Sendable {
        if table.bound != other.bound { makeRoom(other.bound) }
        table.entries[identifier] = KeyedTable<Key, Value>.Entry(key: Key(), value: value)
    }

    /// What was put aside is all there is of the column of `other`.
    @inlinable public func align<OtherKey, OtherValue>(with other: RestoredTable<OtherKey, OtherValue>) {
        table.free = other.free
        makeRoom(other.bound)
    }

    /// The column of a table in which the identifiers `free` are not in use, of those below `bound`. Throws
    /// ``StateError`` where others are.
    @inlinable public func finishColumn(
        of bound: Int, free: [UInt32], _ state: borrowing StateDecoder
    ) throws(StateError) -> SideColumn<Value> where Key == SideColumn<Value>.NoKey, Value: Sendable {
        if table.bound != bound || table.free != free {
            throw state.invalid("a column of \(table.bound) identifiers in a table of \(bound)")
        }
        var column = SideColumn<Value>()
        swap(&column.table, &table)
        return column
    }
}
