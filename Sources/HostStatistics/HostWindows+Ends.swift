import EventTime
import Flows

// What a visit changes in other slices than its own: ends of chains of visits (``SliceVisits``), and corrections where
// visits come late. They are counted in the rows in which the chains began.

/// The rows of the two ends of a chain, by the hosts.
struct ChainEnds {
    var low: HostKey
    var high: HostKey
    var counted: CountedEnds
    /// The hosts' numbers, as far as they are known; -1 where not.
    var lowNumber: Int32
    var highNumber: Int32
}

extension HostWindows {
    /// Applies to other slices what a flow's visit changed there.
    mutating func correct(
        flow: SliceVisits.Change, pair: SliceVisits.Change, _ state: inout FlowVisits, _ low: HostKey,
        _ high: HostKey
    ) {
        if flow.ended ?? flow.unended ?? flow.unbegan != nil { countFlow(flow, state, low, high) }
        if pair.ended ?? pair.unended ?? pair.unbegan != nil {
            countPair(pair, pairs.ends(of: state, low, high, group: group))
        }
    }

    /// Counts the changes of a flow's visits that lie in other slices.
    mutating func countFlow(_ change: SliceVisits.Change, _ flow: FlowVisits, _ low: HostKey, _ high: HostKey) {
        guard describesHosts else { return countFlowAlone(change) }
        let ends = ChainEnds(
            low: low, high: high, counted: flow.ends, lowNumber: flow.lowRow, highNumber: flow.highRow)
        let countsAsPeer = flow.countsAsPeer
        if let slice = change.ended { countEnd(slice, 1, ends, countsAsPeer: countsAsPeer) }
        if let slice = change.unended { countEnd(slice, -1, ends, countsAsPeer: countsAsPeer) }
        if let slice = change.unbegan {
            totals.update(slice: slice, key: TotalKey()) { $0.flowsBegan &-= 1 }
            update(slice, ends) {
                $0.flowsBegan &-= 1
                if countsAsPeer { $0.peersBegan &-= 1 }
            }
        }
    }

    /// The same in the totals alone.
    private mutating func countFlowAlone(_ change: SliceVisits.Change) {
        if let slice = change.ended { totals.update(slice: slice, key: TotalKey()) { $0.flowsEnded &+= 1 } }
        if let slice = change.unended { totals.update(slice: slice, key: TotalKey()) { $0.flowsEnded &-= 1 } }
        if let slice = change.unbegan { totals.update(slice: slice, key: TotalKey()) { $0.flowsBegan &-= 1 } }
    }

    private mutating func countEnd(_ slice: Int64, _ amount: Int32, _ ends: ChainEnds, countsAsPeer: Bool) {
        totals.update(slice: slice, key: TotalKey()) { $0.flowsEnded &+= Int64(amount) }
        update(slice, ends) {
            $0.flowsEnded &+= amount
            if countsAsPeer { $0.peersEnded &+= amount }
        }
    }

    /// The same for the peers of a pair.
    mutating func countPair(_ change: SliceVisits.Change, _ ends: ChainEnds) {
        if let slice = change.ended { update(slice, ends) { $0.peersEnded &+= 1 } }
        if let slice = change.unended { update(slice, ends) { $0.peersEnded &-= 1 } }
        if let slice = change.unbegan { update(slice, ends) { $0.peersBegan &-= 1 } }
    }

    /// Counts the end of a flow's chain in a slice that is about to leave the running window.
    mutating func countLeaving(_ flow: FlowVisits, _ low: HostKey, _ high: HostKey, _ slice: Int64) {
        totals.update(slice: slice, key: TotalKey()) { $0.flowsEnded &+= 1 }
        guard describesHosts else { return }
        let peers: Int32 = flow.countsAsPeer ? 1 : 0
        let ends = ChainEnds(
            low: low, high: high, counted: flow.ends, lowNumber: flow.lowRow, highNumber: flow.highRow)
        updateLeaving(slice, ends) {
            $0.flowsEnded &+= 1
            $0.peersEnded &+= peers
        }
    }

    /// The same of a pair's chain.
    mutating func countLeaving(_ pair: ChainEnds, _ slice: Int64) {
        updateLeaving(slice, pair) { $0.peersEnded &+= 1 }
    }

    @inline(__always)
    private mutating func updateLeaving(_ slice: Int64, _ ends: ChainEnds, _ body: (inout HostTraffic) -> Void) {
        let counted = ends.counted
        hosts.updateLeaving(
            slice: slice, key: counted.lowIsOther ? .other : ends.low, number: ends.lowNumber, body)
        guard ends.low != ends.high else { return }
        hosts.updateLeaving(
            slice: slice, key: counted.highIsOther ? .other : ends.high, number: ends.highNumber, body)
    }

    /// Changes the rows in which the two ends are counted.
    @inline(__always)
    private mutating func update(_ slice: Int64, _ ends: ChainEnds, _ body: (inout HostTraffic) -> Void) {
        let counted = ends.counted
        hosts.update(slice: slice, key: counted.lowIsOther ? .other : ends.low, number: ends.lowNumber, body)
        guard ends.low != ends.high else { return }
        hosts.update(slice: slice, key: counted.highIsOther ? .other : ends.high, number: ends.highNumber, body)
    }
}
