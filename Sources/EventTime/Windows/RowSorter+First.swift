/// The rows that come first by a number, the largest first, and among equal ones by their keys: a heap of as many as are
/// wanted, the last of them on top, so that most rows cost one comparison.
extension RowSorter {
    /// The same as ``gather(_:into:_:_:)`` of at most `limit` entries. `fold` is where in an entry lies what counts, `rank`
    /// the number; without one the keys alone decide. Nothing is copied but what is wanted.
    /// O(entries + changes of the first · log limit).
    @inlinable @inline(__always)
    mutating func gatherFirst<Value, Row>(
        _ limit: Int, _ table: borrowing KeyedTable<Key, Value>, into rows: inout [Row],
        _ fold: KeyPath<KeyedTable<Key, Value>.Entry, Accumulator>,
        _ row: (Key, Accumulator) -> Row, rank: ((UnsafePointer<Accumulator>) -> UInt64)?
    ) {
        rows.removeAll(keepingCapacity: true)
        guard limit > 0 else { return }
        guard let offset = MemoryLayout<KeyedTable<Key, Value>.Entry>.offset(of: fold) else {
            preconditionFailure("a fold that is worked out")
        }
        let (entries, count) = (table.unsafeEntries, table.identifierBound)
        let isBehind = { (a: PrefixSorter.Place, b: PrefixSorter.Place) in
            a.prefix != b.prefix
                ? a.prefix < b.prefix : entries[Int(b.identifier)].key < entries[Int(a.identifier)].key
        }
        sorter.places.removeAll(keepingCapacity: true)
        // What is not above this is behind all that are wanted, or among them by its key alone.
        var least = UInt64.zero
        for identifier in 0..<count {
            let value = (UnsafeRawPointer(entries + identifier) + offset).assumingMemoryBound(to: Accumulator.self)
            guard !value.pointee.isEmpty else { continue }
            let number = rank.map { $0(value) } ?? ~entries[identifier].key.sortPrefix
            guard number >= least else { continue }
            let place = PrefixSorter.Place(prefix: number, identifier: UInt32(truncatingIfNeeded: identifier))
            if sorter.places.count < limit {
                sorter.places.append(place)
                guard sorter.places.count == limit else { continue }
                sorter.makeHeap(isBehind)
            } else if isBehind(sorter.places[0], place) {
                sorter.places[0] = place
                sorter.sink(from: 0, isBehind)
            }
            least = sorter.places[0].prefix
        }
        sorter.places.sort { entries[Int($0.identifier)].key < entries[Int($1.identifier)].key }
        for place in sorter.places {
            let entry = entries + Int(place.identifier)
            rows.append(row(entry.pointee.key, entry.pointee[keyPath: fold]))
        }
    }
}

extension PrefixSorter {
    /// Makes the places a heap whose first is behind all others (Williams, CACM 7 (6), 1964).
    @inlinable mutating func makeHeap(_ isBehind: (Place, Place) -> Bool) {
        for place in (0..<places.count / 2).reversed() { sink(from: place, isBehind) }
    }

    @inlinable mutating func sink(from start: Int, _ isBehind: (Place, Place) -> Bool) {
        var parent = start
        while true {
            var last = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < places.count {
                if isBehind(places[child], places[last]) { last = child }
            }
            guard last != parent else { return }
            places.swapAt(parent, last)
            parent = last
        }
    }
}
