public import EventTime

extension WindowNotes: StateValue {
    public func encode(into state: inout StateEncoder) {
        late.encode(into: &state)
        losses.encode(into: &state)
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        self.init()
        late = try [Int64: UInt64](from: &state)
        guard late.values.allSatisfy({ $0 < 1 << 62 }) else { throw state.invalid("too many late packets") }
        losses = try [CaptureLoss](from: &state)
    }
}

extension CaptureLoss: StateValue {
    public func encode(into state: inout StateEncoder) {
        state.encode(start)
        state.encode(end)
        state.encode(droppedPackets)
        isGap.encode(into: &state)
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        let (start, end) = (try state.decode(Nanoseconds.self), try state.decode(Nanoseconds.self))
        guard start < end else { throw state.invalid("a loss that ends before it begins") }
        self.init(
            start: start, end: end, droppedPackets: try state.decodeCounter(), isGap: try Bool(from: &state))
    }
}

extension WindowMerger {
    /// The merger is a value: a copy of it can be encoded on another thread.
    public func encode(into state: inout StateEncoder) {
        state.encode(UInt64(emitted.count))
        for (window, report) in emitted.sorted(by: { $0.key < $1.key }) {
            state.encode(window)
            report.times.encode(into: &state)
            report.isComplete.encode(into: &state)
        }
        var notes = WindowNotes()
        notes.late = late
        notes.losses = losses.losses
        notes.encode(into: &state)
        state.encode(reportedThrough)
    }

    /// Reads what ``encode(into:)`` wrote of a merger with this configuration. Throws ``StateError``.
    public init(_ configuration: HostAnalysis.Configuration, from state: inout StateDecoder) throws(StateError) {
        self.init(configuration)
        for _ in 0..<(try state.decodeCount(elementSize: 17)) {
            let window = try state.decode(Int64.self)
            let times = try Int(from: &state)
            guard (1...1 << 40).contains(times), emitted[window] == nil else {
                throw state.invalid("a window reported \(times) times")
            }
            emitted[window] = (times: times, isComplete: try Bool(from: &state))
        }
        let notes = try WindowNotes(from: &state)
        late = notes.late
        losses.losses = notes.losses
        reportedThrough = try state.decode()
    }
}
