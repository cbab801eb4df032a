/// A map for each key: `context[state, entry]`.
public struct MapState<EntryKey: StreamKey, Value: StateValue>: KeyedStateDeclaration {
    public let name: String
    /// Of the form of the values; that of their keys is fixed.
    public let version: UInt32
    /// Of each entry.
    public let timeToLive: TimeToLive?
    @usableFromInline let identity = StateIdentity()
    @usableFromInline let migrations: [StateMigration<Value>]

    public init(
        _ name: String, version: UInt32 = 1, timeToLive: TimeToLive? = nil,
        migrating migrations: [StateMigration<Value>] = []
    ) {
        self.name = name
        self.version = version
        self.timeToLive = timeToLive
        self.migrations = migrations
    }

    @inlinable func makeColumn() -> any KeyedColumn {
        StateColumn(
            self, StateForm(.map, version, type: "\(EntryKey.self): \(Value.self)", timeToLive),
            migrations: migrations.map(\.version), MapColumn<EntryKey, Value>(timeToLive, migrations))
    }
}

extension ProcessContext {
    @inlinable @inline(__always)
    func column<EntryKey, Value>(
        _ state: MapState<EntryKey, Value>
    ) -> UnsafeMutablePointer<MapColumn<EntryKey, Value>> {
        columns.body(of: state, as: MapColumn<EntryKey, Value>.self)
    }

    /// The value of an entry in the current key's map; `nil` where there is none, or where it has expired. O(1).
    @inlinable
    public subscript<EntryKey, Value>(state: MapState<EntryKey, Value>, entry: EntryKey) -> Value? {
        get { column(state).pointee.read(entry, slot, clocks) }
        set { slots.uses[slot] += column(state).pointee.write(newValue, entry, slot, clocks) }
    }

    /// The value of an entry in the current key's map, or another where there is none. O(1).
    @inlinable
    public subscript<EntryKey, Value>(
        state: MapState<EntryKey, Value>, entry: EntryKey, default other: @autoclosure () -> Value
    ) -> Value {
        get { self[state, entry] ?? other() }
        _modify {
            let column = column(state)
            var value = column.pointee.take(entry, slot, clocks) ?? other()
            defer { slots.uses[slot] += column.pointee.write(value, entry, slot, clocks) }
            yield &value
        }
    }

    /// The entries of the current key's map, in the order of their keys. O(n log n).
    @inlinable
    public func entries<EntryKey, Value>(
        of state: MapState<EntryKey, Value>
    ) -> [(key: EntryKey, value: Value)] {
        let column = column(state)
        return column.pointee.entries(slot, clocks).compactMap { entry in
            column.pointee.lifetimes.read(entry, clocks)
            return column.pointee.values[entry].map { (column.pointee.keys[entry], $0) }
        }
    }

    /// Forgets the map of the current key. O(n).
    @inlinable public mutating func clear<EntryKey, Value>(_ state: MapState<EntryKey, Value>) {
        slots.uses[slot] += column(state).pointee.removeAll(slot)
    }
}
