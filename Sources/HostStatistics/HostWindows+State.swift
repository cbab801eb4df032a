import EventTime
import Flows

/// ``HostWindows`` as they were at one instant, without the pairs.
final class FrozenHostWindows: @unchecked Sendable {
    fileprivate let hosts = FrozenWindows<HostKey, HostTraffic>()
    fileprivate let totals = FrozenWindows<TotalKey, TotalTraffic>()
    fileprivate let peers = FrozenPeers()
    fileprivate var checks = VisitChecks()
    fileprivate var nextSerial: UInt32 = 1
    fileprivate var pendingTotal = TotalTraffic()
    fileprivate var pendingSlice = Int64.min
    fileprivate var unordered: UnorderedVisits?
    fileprivate var endedFlows: [FlowRecord] = []
    fileprivate var endedFlowCount: UInt64 = 0

    /// 2: the pairs of slices; version 1 had all pairs in one table.
    static let stateVersion: UInt32 = 2

    /// Rows of hosts in all live slices, and the slices.
    var rowCount: Int { hosts.rowCount }
    var sliceCount: Int { hosts.sliceCount }

    func encode(into state: inout StateEncoder) {
        state.encode(Self.stateVersion)
        hosts.encode(into: &state)
        totals.encode(into: &state)
        checks.encode(into: &state)
        state.encode(nextSerial)
        pendingTotal.encode(into: &state)
        state.encode(pendingSlice)
        unordered.encode(into: &state)
        endedFlows.encode(into: &state)
        state.encode(endedFlowCount)
        peers.encode(into: &state)
    }

    /// Pairs of hosts in slices that stand for themselves.
    var pairCount: Int { peers.count }
}

extension HostWindows {
    /// O(slices); ``continueFreezing(budget:)`` copies the rows.
    mutating func freeze(into image: FrozenHostWindows) {
        hosts.freeze(into: image.hosts)
        totals.freeze(into: image.totals)
        peers.freeze(into: image.peers)
        image.checks = checks
        image.nextSerial = nextSerial
        image.pendingTotal = pendingTotal
        image.pendingSlice = pendingSlice
        image.unordered = unordered
        image.endedFlows = endedFlows
        image.endedFlowCount = endedFlowCount
    }

    mutating func continueFreezing(budget: inout Int) -> Bool {
        totals.continueFreezing(budget: &budget) && hosts.continueFreezing(budget: &budget)
            && peers.continueFreezing(budget: &budget)
    }

    /// Takes up what ``FrozenHostWindows/encode(into:)`` wrote. `flowBounds`: identifiers of the key groups' flows are
    /// below these.
    mutating func restore(
        _ configuration: HostAnalysis.Configuration, flowBounds: [Int], from state: inout StateDecoder
    ) throws(StateError) {
        let version = try state.decode(UInt32.self)
        guard (1...FrozenHostWindows.stateVersion).contains(version) else {
            throw state.invalid("windows of version \(version)")
        }
        let lateness = configuration.allowedLateness
        hosts = try SlicedWindows(configuration.windows, allowedLateness: lateness, from: &state)
        totals = try SlicedWindows(configuration.windows, allowedLateness: lateness, from: &state)
        checks = try VisitChecks(from: &state)
        try checks.validate(bounds: flowBounds, state)
        nextSerial = try state.decode()
        guard nextSerial != 0 else { throw state.invalid("flows without numbers") }
        pendingTotal = try TotalTraffic(from: &state)
        pendingSlice = try state.decode()
        unordered = try UnorderedVisits?(from: &state)
        guard (unordered == nil) == configuration.isOrdered else {
            throw state.invalid("visits of another kind of stream")
        }
        endedFlows = try [FlowRecord](from: &state)
        endedFlowCount = try state.decodeCounter()
        if version == 1 {
            peersFromPairs()
        } else {
            peers = try SlicePeers(maximumPairs: peers.maximumPairs, from: &state)
        }
    }

    /// Version 1 knew the pairs of all slices by their addresses, and when each was last seen.
    private mutating func peersFromPairs() {
        guard isAlone else { return }
        pairs.forEach { pair, seen in
            let slice = seen.visits.last
            guard slice >= floor, let low = hosts.existingRow(of: pair.low, slice: slice),
                let high = hosts.existingRow(of: pair.high, slice: slice)
            else { return }
            _ = peers.insert(Int32(low), Int32(high), slice: slice)
        }
    }
}

extension UnorderedVisits: StateValue {
    func encode(into state: inout StateEncoder) {
        state.encode(UInt64(slices.count))
        for (thing, visits) in slices.sorted(by: { $0.key < $1.key }) {
            state.encode(thing)
            visits.encode(into: &state)
        }
    }

    init(from state: inout StateDecoder) throws(StateError) {
        for _ in 0..<(try state.decodeCount(elementSize: 16)) {
            let thing = try state.decode(UInt64.self)
            let visits = try [Int64](from: &state)
            guard zip(visits, visits.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw state.invalid("visits out of order")
            }
            guard slices.updateValue(visits, forKey: thing) == nil else {
                throw state.invalid("visits of one thing stand there twice")
            }
        }
    }
}
