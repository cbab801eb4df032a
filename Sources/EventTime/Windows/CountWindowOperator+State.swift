extension CountWindowOperator {
    /// The slices of each key, oldest first, and where the boundary is; the folds are made of them again.
    @inlinable public func snapshot(into state: inout StateEncoder, where includes: (Key) -> Bool) {
        takeWaiting()
        let entries = table.unsafeEntries
        let included = (0..<table.bound).filter { includes(entries[$0].key) }
            .sorted { entries[$0].key < entries[$1].key }
        state.encode(eventTime)
        state.encode(UInt64(included.count))
        for identifier in included {
            let entry = entries + identifier
            entry.pointee.key.encode(into: &state)
            state.encode(entry.pointee.value.elements)
            state.encode(entry.pointee.value.sinceFiring)
            folds.whole(entry.pointee.value.current).encode(into: &state)
            encode(chain(entry.pointee.value.front), into: &state)
            encode(chain(entry.pointee.value.back).reversed(), into: &state)
        }
    }

    @inlinable func chain(_ first: Int32) -> [Int] {
        var chain: [Int] = []
        var node = first
        while node >= 0 {
            chain.append(Int(node))
            node = nodes[Int(node)].pointee.next
        }
        return chain
    }

    @inlinable func encode(_ chain: [Int], into state: inout StateEncoder) {
        state.encode(UInt64(chain.count))
        for node in chain { folds.whole(nodes[node].pointee.fold).encode(into: &state) }
    }

    @inlinable public mutating func restore(from state: inout StateDecoder) throws(StateError) {
        takeWaiting()
        eventTime = max(eventTime, try state.decode())
        // Where windows do not overlap, the only slice fires when it is full, and is gone.
        let slicesHeld = isTumbling ? 0 : slicesPerWindow
        let count = try state.decodeCount(elementSize: 32)
        for _ in 0..<count {
            let key = try Key(from: &state)
            let hash = key.shortHash
            guard table.find(key, hash: hash) < 0 else { throw state.invalid("a key stands there twice") }
            let identifier = insert(key, hash)
            let elements: Int64 = try state.decode()
            let sinceFiring: Int64 = try state.decode()
            guard 0..<elementsPerSlice ~= elements, 0..<slicesPerSlide ~= sinceFiring else {
                throw state.invalid("more elements than a slice has")
            }
            let current = try Function.Accumulator(from: &state)
            for isFront in [true, false] {
                let slices = try state.decodeCount(elementSize: 0)
                guard
                    table[identifier].pointee.value.slices.saturatingAdd(Int64(clamping: slices)) <= slicesHeld
                else { throw state.invalid("more slices than a window has") }
                for _ in 0..<slices {
                    let slice = try Function.Accumulator(from: &state)
                    folds.set(&table[identifier].pointee.value.current, to: slice)
                    push(table[identifier])
                }
                if isFront { turnOver(table[identifier]) }
            }
            folds.set(&table[identifier].pointee.value.current, to: current)
            table[identifier].pointee.value.elements = elements
            table[identifier].pointee.value.sinceFiring = sinceFiring
        }
    }
}
