import EventTime
import Flows

/// ``HostWindows`` as they were at one instant, without the pairs.
final class FrozenHostWindows: @unchecked Sendable {
    fileprivate let hosts = FrozenWindows<HostKey, HostTraffic>()
    fileprivate let totals = FrozenWindows<TotalKey, TotalTraffic>()
    fileprivate let counted = FrozenCountedHosts()
    fileprivate let peers = FrozenPeers()
    fileprivate var checks = VisitChecks()
    fileprivate var departures = FlowDepartures()
    fileprivate var nextSerial: UInt32 = 1
    fileprivate var pendingTotal = TotalTraffic()
    fileprivate var pendingSlice = Int64.min
    fileprivate var unordered: UnorderedVisits?
    fileprivate var endedFlows: [FlowRecord] = []
    fileprivate var endedFlowCount: UInt64 = 0

    /// Rows of hosts in all live slices, or hosts that are only counted; and the slices.
    var rowCount: Int { hosts.rowCount + counted.table.count }
    var sliceCount: Int { hosts.sliceCount }

    func copyBeside() {
        totals.copyBeside()
        hosts.copyBeside()
        counted.table.copyBeside()
        peers.copyBeside()
    }

    /// Takes memory in advance for the next image.
    func prepare() {
        hosts.prepare()
        counted.table.prepare()
        peers.prepare()
    }

    /// Whether the rows that are encoded can be read only after those of the image before.
    var needsEarlier: Bool { hosts.needsEarlier || totals.needsEarlier || counted.table.needsEarlier }

    /// Writes rows, or those that changed.
    func encodeRows(into state: inout StateEncoder) {
        hosts.encode(into: &state)
        totals.encode(into: &state)
        counted.table.encode(into: &state)
    }

    /// Writes what is beside the rows.
    func encodeRest(into state: inout StateEncoder) {
        checks.encode(into: &state)
        state.encode(nextSerial)
        pendingTotal.encode(into: &state)
        state.encode(pendingSlice)
        unordered.encode(into: &state)
        endedFlows.encode(into: &state)
        state.encode(endedFlowCount)
        peers.encode(into: &state)
        departures.encode(into: &state)
        counted.encodeRest(into: &state)
    }

    /// Pairs of hosts in slices that stand for themselves.
    var pairCount: Int { peers.count }
}

extension HostWindows {
    /// O(slices); ``continueFreezing(budget:)`` copies the rows.
    mutating func freeze(into image: FrozenHostWindows, asChanges: Bool) {
        hosts.freeze(into: image.hosts, asChanges: asChanges)
        totals.freeze(into: image.totals, asChanges: asChanges)
        counted.freeze(into: image.counted, asChanges: asChanges)
        peers.freeze(into: image.peers)
        image.checks = checks
        image.departures = departures
        image.nextSerial = nextSerial
        image.pendingTotal = pendingTotal
        image.pendingSlice = pendingSlice
        image.unordered = unordered
        image.endedFlows = endedFlows
        image.endedFlowCount = endedFlowCount
    }

    mutating func continueFreezing(budget: inout Int) -> Bool {
        totals.continueFreezing(budget: &budget) && hosts.continueFreezing(budget: &budget)
            && counted.table.continueFreezing(budget: &budget) && peers.continueFreezing(budget: &budget)
    }

    /// Takes over rows that were read, and reads what ``FrozenHostWindows/encodeRest(into:)`` wrote. `flowBounds`:
    /// identifiers of the key groups' flows are below these.
    mutating func restore(
        _ configuration: HostAnalysis.Configuration, _ restored: RestoredHostWindows, flowBounds: [Int],
        rest state: inout StateDecoder
    ) throws(StateError) {
        let lateness = configuration.allowedLateness
        hosts = try SlicedWindows(configuration.windows, allowedLateness: lateness, restored.hosts, state)
        totals = try SlicedWindows(configuration.windows, allowedLateness: lateness, restored.totals, state)
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
        // States of before the pairs of slices end here.
        if state.remaining == 0 {
            peersFromPairs()
        } else {
            peers = try SlicePeers(maximumPairs: peers.maximumPairs, from: &state)
        }
        // Those of before ends of flows were kept by number end here.
        if state.remaining > 0 { departures = try FlowDepartures(from: &state) }
        for list in departures.lists {
            guard pairs.leavesForGood,
                list.elements.allSatisfy({
                    hosts.isNumbered($0.lowNumber, through: list.slice)
                        && hosts.isNumbered($0.highNumber, through: list.slice)
                })
            else { throw state.invalid("the end of a flow of hosts that are not there") }
        }
        // Before the fifth form, hosts that are only counted had rows.
        if state.version >= 5 {
            let (first, slices) = (floor, Set(hosts.sliceNumbers))
            try counted.restore(
                restored.counted, isLive: { $0 >= first && slices.contains($0) }, rest: &state)
        }
        guard countsHosts || counted.table.count == 0 else { throw state.invalid("hosts that nobody counts") }
        // Flows may have been seen since their pairs heard of them.
        pairsAreBehind = pairs.leavesForGood && describesHosts
        foreseeCalm()
    }

    /// All pairs by their addresses, and in which slices each was seen, say it as well.
    private mutating func peersFromPairs() {
        guard isAlone else { return }
        pairs.visitAll { pair, seen in
            for slice in seen.visits.known where slice >= floor {
                guard let low = hosts.existingRow(of: pair.low, slice: slice),
                    let high = hosts.existingRow(of: pair.high, slice: slice)
                else { continue }
                _ = peers.insert(Int32(low), Int32(high), slice: slice)
            }
        }
    }
}

/// The rows of ``HostWindows`` that are being read.
final class RestoredHostWindows {
    fileprivate let hosts = RestoredWindows<HostKey, HostTraffic>()
    fileprivate let totals = RestoredWindows<TotalKey, TotalTraffic>()
    fileprivate let counted = RestoredTable<HostKey, CountedHost>()

    /// Reads rows, or what changed in them.
    func read(from state: inout StateDecoder) throws(StateError) {
        try hosts.read(from: &state)
        try totals.read(from: &state)
        if state.version >= 5 { try counted.read(from: &state) }
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
