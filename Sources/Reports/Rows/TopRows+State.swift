internal import EventTime

extension TopRows where Element: StateValue {
    func encode(into state: inout StateEncoder) {
        count.encode(into: &state)
        state.encode(UInt64(entries.count))
        for entry in entries {
            state.encode(entry.rank)
            entry.arrival.encode(into: &state)
            entry.element.encode(into: &state)
        }
    }

    /// Reads what ``encode(into:)`` wrote, in the order of the heap. Throws ``StateError``.
    init(limit: Int, from state: inout StateDecoder) throws(StateError) {
        self.init(limit: limit)
        count = try Int(from: &state)
        let held = try state.decodeCount(elementSize: 16)
        guard count < 1 << 62, held == min(limit, count) else {
            throw state.invalid("\(held) rows of \(count)")
        }
        for _ in 0..<held {
            entries.append(
                Entry(
                    rank: try state.decode(), arrival: try Int(from: &state), element: try Element(from: &state)))
        }
    }
}
