/// A key's fold over a window.
@frozen public struct WindowRow<Key: WindowKey, Accumulator: SliceAccumulator>: BitwiseCopyable, Sendable {
    public var key: Key
    public var value: Accumulator

    @inlinable public init(key: Key, value: Accumulator) {
        self.key = key
        self.value = value
    }
}

/// Puts the entries of a dense table in the order of their keys. O(n log n); the scratch space is kept.
@usableFromInline
struct RowSorter<Key: WindowKey, Accumulator: SliceAccumulator>: ~Copyable {
    @frozen @usableFromInline struct Place: BitwiseCopyable {
        @usableFromInline var prefix: UInt64
        @usableFromInline var identifier: UInt32

        @inlinable init(prefix: UInt64, identifier: UInt32) {
            self.prefix = prefix
            self.identifier = identifier
        }
    }

    @usableFromInline var places: [Place] = []

    @inlinable init() {}

    /// Replaces `rows` by the table's entries in ascending order.
    @inlinable mutating func gather(
        _ table: borrowing KeyedTable<Key, Accumulator>, into rows: inout [WindowRow<Key, Accumulator>]
    ) {
        places.removeAll(keepingCapacity: true)
        places.reserveCapacity(table.count)
        for identifier in 0..<table.count {
            places.append(
                Place(prefix: table[identifier].pointee.key.sortPrefix, identifier: UInt32(identifier)))
        }
        let entries = table.entries
        places.sort { a, b in
            if a.prefix != b.prefix { return a.prefix < b.prefix }
            return entries[Int(a.identifier)].key < entries[Int(b.identifier)].key
        }
        rows.removeAll(keepingCapacity: true)
        rows.reserveCapacity(places.count)
        for place in places {
            let entry = table[Int(place.identifier)]
            rows.append(WindowRow(key: entry.pointee.key, value: entry.pointee.value))
        }
    }
}
