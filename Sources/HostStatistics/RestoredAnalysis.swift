public import EventTime
import Flows

/// A ``HostAnalysis`` that is being read from what ``FrozenAnalysis`` wrote. Parts may be read on several threads, each
/// on one; ``finish(_:rest:)`` comes after all of them.
public final class RestoredAnalysis: @unchecked Sendable {
    private let configuration: HostAnalysis.Configuration
    private let groupCount: Int
    private let flows: [RestoredFlows<FlowVisits>]
    private let pairs: RestoredPairs
    private let windows = RestoredHostWindows()

    /// For an analysis with this configuration.
    public init(for analysis: borrowing HostAnalysis) {
        configuration = analysis.configuration
        groupCount = analysis.groupCount
        let tables = analysis.tables
        flows = (0..<analysis.groupCount).map { RestoredFlows(maximumCount: tables[$0].limits.maximumFlows) }
        pairs = RestoredPairs(groupCount: groupCount, maximumPairs: configuration.maximumFlows / groupCount)
    }

    /// Reads a part, or what changed in it since it was read last. Throws ``StateError``.
    public func read(_ part: FrozenAnalysis.Part, from state: inout StateDecoder) throws(StateError) {
        switch part {
        case .flows(let group): try flows[group].read(from: &state)
        case .pairs: try pairs.read(from: &state)
        case .windows: try windows.read(from: &state)
        case .rest: preconditionFailure("the rest is read at the end")
        }
    }

    /// Hands all that was read to an analysis that has seen no packet, with the rest, and checks what refers to what.
    /// Throws ``StateError``; the analysis is of no use then.
    public func finish(_ analysis: inout HostAnalysis, rest state: inout StateDecoder) throws(StateError) {
        for group in 0..<groupCount { try takeFlows(group, &analysis, rest: &state) }
        try takePairs(&analysis, rest: &state)
        analysis.flushedThrough = try state.decode()
        try takeWindows(&analysis, rest: &state)
    }

    private func takeFlows(
        _ group: Int, _ analysis: inout HostAnalysis, rest state: inout StateDecoder
    ) throws(StateError) {
        let limits = analysis.tables[group].limits
        analysis.tables[group] = try FlowTable(
            limits: limits, keepsRecords: configuration.keepsFlows, keepsBeside: configuration.keepsVisitsBeside,
            handsOn: !configuration.onlyCountsHosts, flows[group], rest: &state)
    }

    private func takePairs(_ analysis: inout HostAnalysis, rest state: inout StateDecoder) throws(StateError) {
        analysis.windows.pairs = try HostPairs(
            groupCount: groupCount, maximumPairs: configuration.maximumFlows / groupCount,
            leavesForGood: configuration.leavesForGood, pairs, rest: &state)
        // Flows name their pairs by number.
        for (group, bound) in analysis.windows.pairs.identifierBounds.enumerated() {
            var isInBounds = true
            var newestSlice = Int64.min
            analysis.tables[group].forEachAttachment {
                if Int($1.pair) >= bound { isInBounds = false }
                newestSlice = max(newestSlice, $1.kept.last)
            }
            analysis.windows.newestSlice = max(analysis.windows.newestSlice, newestSlice)
            guard isInBounds else { throw state.invalid("a flow of a pair that is not there") }
        }
        var newestSlice = analysis.windows.newestSlice
        analysis.windows.pairs.visitAll { newestSlice = max(newestSlice, $1.visits.last) }
        analysis.windows.newestSlice = newestSlice
    }

    private func takeWindows(_ analysis: inout HostAnalysis, rest state: inout StateDecoder) throws(StateError) {
        let flowBounds = (0..<groupCount).map { analysis.tables[$0].identifierBound }
        try analysis.windows.restore(configuration, windows, flowBounds: flowBounds, rest: &state)
        for group in 0..<groupCount {
            analysis.windows.group = group
            flows[group].handOverExcess(of: &analysis.tables[group], to: &analysis.windows)
        }
        if configuration.onlyCountsHosts, state.version < 5 { countRows(&analysis) }
    }

    /// Takes up what an earlier version knew of hosts that are only counted: rows, and flows whose traffic had not come
    /// into one yet.
    private func countRows(_ analysis: inout HostAnalysis) {
        if analysis.windows.countsHosts { analysis.windows.countRows() }
        for group in 0..<groupCount {
            analysis.windows.group = group
            analysis.tables[group].forEachSlice { key, slice in
                analysis.windows.countWaiting(key.lowHost, in: slice)
                analysis.windows.countWaiting(key.highHost, in: slice)
            }
        }
    }

    /// Reads a part of the first form of state, in which what belongs to the flows, pairs and windows stood behind them.
    /// Parts are read in their order; the analysis is whole after the last.
    public func readFirstForm(
        _ part: FrozenAnalysis.Part, _ analysis: inout HostAnalysis, from state: inout StateDecoder
    ) throws(StateError) {
        if part == .windows { analysis.flushedThrough = try state.decode() }
        try state.expect(1, "\(part.name) of version")
        try read(part, from: &state)
        switch part {
        case .flows(let group): try takeFlows(group, &analysis, rest: &state)
        case .pairs: try takePairs(&analysis, rest: &state)
        case .windows: try takeWindows(&analysis, rest: &state)
        case .rest: preconditionFailure("not in that form")
        }
    }
}
