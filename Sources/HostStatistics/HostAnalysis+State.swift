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
        /// The flow table of a key group.
        case flows(group: Int)
        case pairs
        case windows

        /// Such as `flows-0`.
        public var name: String {
            switch self {
            case .flows(let group): "flows-\(group)"
            case .pairs: "pairs"
            case .windows: "windows"
            }
        }
    }

    /// All parts of an analysis with so many key groups, in the order in which they are to be read.
    public static func parts(groupCount: Int) -> [Part] {
        (0..<groupCount).map { .flows(group: $0) } + [.pairs, .windows]
    }

    public var parts: [Part] { Self.parts(groupCount: flows.count) }

    public func encode(_ part: Part, into state: inout StateEncoder) {
        switch part {
        case .flows(let group): flows[group].encode(into: &state)
        case .pairs: pairs.encode(into: &state)
        case .windows:
            state.encode(flushedThrough)
            windows.encode(into: &state)
        }
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

    /// Notes the state as it is now in `image`. Takes microseconds; ``continueFreezing()`` copies what it holds, and
    /// until that is done `image` belongs to this analysis.
    public mutating func freeze(into image: FrozenAnalysis) {
        image.makeRoom(groupCount: groupCount)
        for group in 0..<groupCount { tables[group].freeze(into: image.flows[group]) }
        windows.pairs.freeze(into: image.pairs)
        windows.freeze(into: image.windows)
        image.flushedThrough = flushedThrough
    }

    /// Copies some more of what was frozen, about so many bytes; to be called between packets. Returns whether all is
    /// copied.
    public mutating func continueFreezing(by byteCount: Int = HostAnalysis.freezingStep) -> Bool {
        var budget = byteCount
        for group in 0..<groupCount {
            guard tables[group].continueFreezing(budget: &budget) else { return false }
        }
        return windows.pairs.continueFreezing(budget: &budget) && windows.continueFreezing(budget: &budget)
    }

    /// Takes up the state that ``FrozenAnalysis/encode(_:into:)`` wrote of an analysis with this configuration, in an
    /// analysis that has seen no packet. `read` gives a decoder of a part to its argument. Throws ``StateError``, and
    /// whatever `read` throws; the analysis is of no use then.
    public mutating func restore(
        _ read: (FrozenAnalysis.Part, (inout StateDecoder) throws(StateError) -> Void) throws -> Void
    ) throws {
        let (groupCount, tables, configuration) = (groupCount, tables, configuration)
        for group in 0..<groupCount {
            try read(.flows(group: group)) { state throws(StateError) in
                let limits = tables[group].limits
                tables[group] = try FlowTable(limits: limits, from: &state)
            }
        }
        let flowBounds = (0..<groupCount).map { tables[$0].identifierBound }
        try read(.pairs) { state throws(StateError) in
            windows.pairs = try HostPairs(
                groupCount: groupCount, maximumPairs: configuration.maximumFlows / groupCount, from: &state)
            // Flows name their pairs by number.
            for (group, bound) in windows.pairs.identifierBounds.enumerated() {
                var isInBounds = true
                tables[group].forEachAttachment { if Int($1.pair) >= bound { isInBounds = false } }
                guard isInBounds else { throw state.invalid("a flow of a pair that is not there") }
            }
        }
        try read(.windows) { state throws(StateError) in
            flushedThrough = try state.decode()
            try windows.restore(configuration, flowBounds: flowBounds, from: &state)
        }
    }
}
