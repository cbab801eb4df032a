extension SlicedWindowOperator {
    /// The slices and the counts of firings; what is running is made of them again.
    @inlinable public func snapshot(into state: inout StateEncoder, where includes: (Key) -> Bool) {
        takeWaiting()
        state.encode(eventTime)
        Self.encode(slices, into: &state, where: includes) { slice, entries, rows, state in
            slice.pointee.columns.withRows { columns in
                for row in rows {
                    entries[row].key.encode(into: &state)
                    function.fold(of: entries[row].value, number: row, in: columns).encode(into: &state)
                }
            }
        }
        Self.encode(firings, into: &state, where: includes) { _, counts, rows, state in
            for row in rows {
                counts[row].key.encode(into: &state)
                counts[row].value.encode(into: &state)
            }
        }
    }

    /// Writes what each slice has of the keys that are included; `encodeRows` writes rows of a slice.
    @inlinable static func encode<Value, Parts>(
        _ store: borrowing SliceStore<Key, Value, Parts>, into state: inout StateEncoder,
        where includes: (Key) -> Bool,
        _ encodeRows: (
            UnsafeMutablePointer<SliceStore<Key, Value, Parts>.Slice>,
            UnsafeMutablePointer<KeyedTable<Key, Value>.Entry>, [Int], inout StateEncoder
        ) -> Void
    ) {
        var parts: [(slice: Int, rows: [Int])] = []
        for place in store.live.indices {
            let slice = store.live[place]
            let included = slice.pointee.withRows { entries, count in
                (0..<count).filter { includes(entries[$0].key) }.sorted { entries[$0].key < entries[$1].key }
            }
            if !included.isEmpty { parts.append((place, included)) }
        }
        state.encode(UInt64(parts.count))
        for part in parts {
            state.encode(store.live[part.slice].pointee.number)
            state.encode(UInt64(part.rows.count))
            let slice = store.live[part.slice]
            slice.pointee.withRows { entries, _ in encodeRows(slice, entries, part.rows, &state) }
        }
    }

    @inlinable public mutating func restore(from state: inout StateDecoder) throws(StateError) {
        takeWaiting()
        eventTime = max(eventTime, try state.decode())
        nextWindow = eventTime == .min ? .min : layout.firstOpenWindow(watermark: eventTime)
        try Self.decode(into: &slices, from: &state) { (fold: Function.Accumulator, row, slice) in
            function.row(of: fold, number: row, into: slice.pointee.columns)
        }
        try Self.decode(into: &firings, from: &state) { (count: UInt32, _, _) in count }
        for place in slices.live.indices {
            guard layout.firstWindow(containing: slices.live[place].pointee.number) != nil else {
                throw state.invalid("a slice that is in no window")
            }
        }
        running = RunningFold(function)
        (currentStart, currentEnd) = (.max, .min)
        close()
    }

    /// Reads what ``encode(_:into:where:_:)`` wrote; `take` makes a row of a slice of what was read.
    @inlinable static func decode<Stored: StateValue, Value, Parts>(
        into store: inout SliceStore<Key, Value, Parts>, from state: inout StateDecoder,
        _ take: (Stored, Int, UnsafeMutablePointer<SliceStore<Key, Value, Parts>.Slice>) -> Value
    ) throws(StateError) {
        let count = try state.decodeCount(elementSize: 16)
        for _ in 0..<count {
            let slice = store[try state.decode(Int64.self)]
            slice.pointee.unpack()
            let keys = try state.decodeCount(elementSize: 1)
            guard keys > 0 else { throw state.invalid("a slice without keys") }
            for _ in 0..<keys {
                let key = try Key(from: &state)
                guard slice.pointee.table.find(key, hash: key.shortHash) < 0 else {
                    throw state.invalid("a key stands there twice")
                }
                let stored = try Stored(from: &state)
                // Rows are numbered as they come.
                let value = take(stored, slice.pointee.table.count, slice)
                _ = slice.pointee.table.insert(key, hash: key.shortHash, value: value)
            }
        }
    }
}
