public import EventTime
import Flows

/// A ``HostAnalysis`` as it was at one instant, for another thread to encode while the analysis goes on. Its memory is
/// kept for the next time.
public final class FrozenAnalysis: @unchecked Sendable {
    fileprivate var flows: [FrozenFlows<FlowVisits>] = []
    fileprivate let pairs = FrozenPairs()
    fileprivate let windows = FrozenHostWindows()
    fileprivate var flushedThrough = Int64.min

    public init() {}

    /// One stretch of the encoded state.
    public enum Part: Hashable, Sendable {
        /// The flows of a key group.
        case flows(group: Int)
        case pairs
        /// The rows of slices and windows.
        case windows
        /// All that is beside them: timers, fragments, what is to be looked at again.
        case rest

        /// Such as `flows-0`.
        public var name: String {
            switch self {
            case .flows(let group): "flows-\(group)"
            case .pairs: "pairs"
            case .windows: "windows"
            case .rest: "rest"
            }
        }
    }

    /// All parts of an analysis with so many key groups, in the order in which they are to be read.
    public static func parts(groupCount: Int) -> [Part] {
        (0..<groupCount).map { .flows(group: $0) } + [.pairs, .windows, .rest]
    }

    public var parts: [Part] { Self.parts(groupCount: flows.count) }

    /// The parts that, as they are encoded once all is copied, are of use only after those of the image before.
    public var changes: Set<Part> {
        var changes: Set<Part> = []
        for (group, flows) in flows.enumerated() where flows.needsEarlier { changes.insert(.flows(group: group)) }
        if pairs.needsEarlier { changes.insert(.pairs) }
        if windows.needsEarlier { changes.insert(.windows) }
        return changes
    }

    /// Writes a part, or what changed in it.
    public func encode(_ part: Part, into state: inout StateEncoder) {
        switch part {
        case .flows(let group): flows[group].encodeFlows(into: &state)
        case .pairs: pairs.encodePairs(into: &state)
        case .windows: windows.encodeRows(into: &state)
        case .rest:
            for flows in flows { flows.encodeRest(into: &state) }
            pairs.encodeRest(into: &state)
            state.encode(flushedThrough)
            windows.encodeRest(into: &state)
        }
    }

    /// Copies what the analysis has not copied yet and does not copy meanwhile: for another thread, while the analysis
    /// goes on. The image is whole when both have done their part.
    public func copyBeside() {
        for flows in flows { flows.copyBeside() }
        pairs.copyBeside()
        windows.copyBeside()
    }

    /// Takes memory in advance for the next image: for whoever has time between one and the next.
    public func prepare() {
        for flows in flows { flows.prepare() }
        pairs.prepare()
        windows.prepare()
    }

    /// What there is of each kind.
    public var liveFlows: Int { flows.reduce(0) { $0 + $1.count } }
    public var livePairs: Int { pairs.count + windows.pairCount }
    public var hostRows: Int { windows.rowCount }
    public var liveSlices: Int { windows.sliceCount }

    fileprivate func makeRoom(groupCount: Int) {
        while flows.count < groupCount { flows.append(FrozenFlows()) }
    }
}

extension HostAnalysis {
    /// Bytes that are copied at a time: what a packet waits for at most while the state is frozen.
    public static var freezingStep: Int { 4 << 20 }

    /// Notes the state as it is now in `image`. Takes a millisecond for a million flows, whose timers it copies;
    /// ``continueFreezing()`` copies the rest, and until that is done only ``FrozenAnalysis/copyBeside()`` may be called of `image` elsewhere.
    ///
    /// `asChanges`: whoever reads it has what was encoded of the same image before.
    public mutating func freeze(into image: FrozenAnalysis, asChanges: Bool) {
        windows.countWaitingPairs()
        image.makeRoom(groupCount: groupCount)
        for group in 0..<groupCount { tables[group].freeze(into: image.flows[group], asChanges: asChanges) }
        windows.pairs.freeze(into: image.pairs, asChanges: asChanges)
        windows.freeze(into: image.windows, asChanges: asChanges)
        image.flushedThrough = flushedThrough
    }

    /// Copies some more of what was frozen, about so many bytes; to be called between packets. Returns whether all is
    /// copied, or will be by who copies beside.
    public mutating func continueFreezing(by byteCount: Int = HostAnalysis.freezingStep) -> Bool {
        var budget = byteCount
        for group in 0..<groupCount {
            guard tables[group].continueFreezing(budget: &budget) else { return false }
        }
        return windows.pairs.continueFreezing(budget: &budget) && windows.continueFreezing(budget: &budget)
    }
}
