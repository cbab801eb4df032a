import Capture
public import EventTime
public import Reports

/// A capture's error as it was described before a restart.
struct EarlierError: Sendable, Hashable, StateValue {
    var description: String
    var category: CaptureError.Category

    init(_ error: CaptureError) {
        description = "\(error)"
        category = error.category
    }

    var error: CaptureError { .earlier(description: description, category) }

    func encode(into state: inout StateEncoder) {
        state.encode(category.rawValue)
        description.encode(into: &state)
    }

    init(from state: inout StateDecoder) throws(StateError) {
        guard let category = CaptureError.Category(rawValue: try state.decode()) else {
            throw state.invalid("an error of no kind")
        }
        self.category = category
        description = try String(from: &state)
    }
}

/// How far the captures were read, by name.
struct SourceProgress: Sendable, StateValue {
    var names: [String] = []
    var progress = CaptureProgress(sources: [], packetsReceived: 0, packetsPassed: 0)

    init() {}

    init(_ stream: CaptureStream) {
        names = stream.sourceNames
        progress = stream.progress
    }

    func encode(into state: inout StateEncoder) {
        state.encode(progress.packetsReceived)
        state.encode(progress.packetsPassed)
        state.encode(UInt64(names.count))
        for (name, source) in zip(names, progress.sources) {
            name.encode(into: &state)
            state.encode(source.position.packets)
            state.encode(source.position.offset)
            source.due.encode(into: &state)
            state.encode(source.bytesRead)
        }
    }

    init(from state: inout StateDecoder) throws(StateError) {
        progress.packetsReceived = try state.decodeCounter()
        progress.packetsPassed = try state.decodeCounter()
        for _ in 0..<(try state.decodeCount(elementSize: 33)) {
            names.append(try String(from: &state))
            progress.sources.append(
                .init(
                    position: .init(packets: try state.decodeCounter(), offset: try state.decodeCounter()),
                    due: try Int64?(from: &state), bytesRead: try state.decodeCounter()))
        }
    }
}

extension RunState: StateValue {
    static let stateVersion: UInt32 = 1

    func encode(into state: inout StateEncoder) {
        isFinished.encode(into: &state)
        summary.encode(into: &state)
        inputErrors.encode(into: &state)
        problems.encode(into: &state)
        progress.encode(into: &state)
        watermark.encode(into: &state)
        capturedThrough.encode(into: &state)
    }

    init(from state: inout StateDecoder) throws(StateError) {
        isFinished = try Bool(from: &state)
        summary = try RunSummary(from: &state)
        inputErrors = try [EarlierError](from: &state)
        problems = try [String](from: &state)
        progress = try SourceProgress(from: &state)
        watermark = try Nanoseconds?(from: &state)
        capturedThrough = try Nanoseconds?(from: &state)
    }
}

extension RunSummary: StateValue {
    private static var counters: [WritableKeyPath<RunSummary, UInt64>] {
        [
            \.packetsReceived, \.packetsRead, \.packetsDropped, \.packetsDroppedByInterface, \.bytes, \.wireBytes,
            \.nonIPPackets,
            \.malformedPackets, \.latePackets, \.untimedPackets, \.outsidePackets, \.windows, \.flows,
        ]
    }

    public func encode(into state: inout StateEncoder) {
        for counter in Self.counters { state.encode(self[keyPath: counter]) }
        firstTime.encode(into: &state)
        lastTime.encode(into: &state)
        hosts.encode(into: &state)
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        self.init()
        for counter in Self.counters { self[keyPath: counter] = try state.decodeCounter() }
        firstTime = try Nanoseconds?(from: &state)
        lastTime = try Nanoseconds?(from: &state)
        hosts = try UInt64?(from: &state)
    }
}
