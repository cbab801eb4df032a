extension SlicedWindowOperator {
    /// The slices and the counts of firings; what is running is made of them again.
    @inlinable public func snapshot(into state: inout StateEncoder, where includes: (Key) -> Bool) {
        takeWaiting()
        state.encode(eventTime)
        encode(slices, into: &state, where: includes)
        encode(firings, into: &state, where: includes)
    }

    @inlinable func encode<Value: StateValue, Stacked>(
        _ store: borrowing SliceStore<Key, Value, Stacked>, into state: inout StateEncoder,
        where includes: (Key) -> Bool
    ) {
        var parts: [(slice: Int, entries: [Int])] = []
        for place in store.live.indices {
            let slice = store.live[place]
            let entries = slice.pointee.table.unsafeEntries
            let included = (0..<slice.pointee.table.count).filter { includes(entries[$0].key) }
                .sorted { entries[$0].key < entries[$1].key }
            if !included.isEmpty { parts.append((place, included)) }
        }
        state.encode(UInt64(parts.count))
        for part in parts {
            let slice = store.live[part.slice]
            state.encode(slice.pointee.number)
            state.encode(UInt64(part.entries.count))
            for identifier in part.entries {
                slice.pointee.table[identifier].pointee.key.encode(into: &state)
                slice.pointee.table[identifier].pointee.value.encode(into: &state)
            }
        }
    }

    @inlinable public mutating func restore(from state: inout StateDecoder) throws(StateError) {
        takeWaiting()
        eventTime = max(eventTime, try state.decode())
        nextWindow = eventTime == .min ? .min : layout.firstOpenWindow(watermark: eventTime)
        try Self.decode(into: &slices, from: &state)
        try Self.decode(into: &firings, from: &state)
        for place in slices.live.indices {
            guard layout.firstWindow(containing: slices.live[place].pointee.number) != nil else {
                throw state.invalid("a slice that is in no window")
            }
        }
        running = RunningFold(function)
        (currentStart, currentEnd) = (.max, .min)
        close()
    }

    @inlinable static func decode<Value: StateValue, Stacked>(
        into store: inout SliceStore<Key, Value, Stacked>, from state: inout StateDecoder
    ) throws(StateError) {
        let count = try state.decodeCount(elementSize: 16)
        for _ in 0..<count {
            let slice = store[try state.decode(Int64.self)]
            let keys = try state.decodeCount(elementSize: 1)
            guard keys > 0 else { throw state.invalid("a slice without keys") }
            for _ in 0..<keys {
                let key = try Key(from: &state)
                guard slice.pointee.table.find(key, hash: key.shortHash) < 0 else {
                    throw state.invalid("a key stands there twice")
                }
                let value = try Value(from: &state)
                _ = slice.pointee.table.insert(key, hash: key.shortHash, value: value)
            }
        }
    }
}
