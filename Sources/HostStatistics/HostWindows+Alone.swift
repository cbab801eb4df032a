import EventTime
import Flows

// Where windows do not overlap, a slice is a window and stands for itself: a flow counts in each slice that it comes
// into, a pair of hosts where it is new in the slice. Nothing ends, nothing is corrected in other slices.

extension HostWindows {
    /// A flow was seen in a slice that is a window. Finds the rows of its hosts, for this and for the traffic that
    /// ``addTraffic(_:key:slice:fromLow:fromHigh:)`` will bring.
    @inline(__always)
    mutating func countAlone(
        _ flow: inout FlowVisits, _ low: HostKey, _ high: HostKey, slice: Int64, isFirst: Bool
    ) {
        let isNew: Bool
        if slice > flow.kept.last, !keepsVisitsBeside {
            flow.kept.advance(to: slice)
            isNew = true
        } else {
            isNew =
                !flow.visits.isRepeat(slice)
                && flow.visits.visit(slice, windowLength: 1, floor: floor).began != nil
        }
        let isPair = low != high
        let lowRow = hosts.row(of: low, slice: slice, admission: admission)
        let highRow = isPair ? hosts.row(of: high, slice: slice, admission: admission) : lowRow
        (flow.lowRow, flow.highRow) = (Int32(lowRow.number), Int32(highRow.number))
        guard isNew else { return }
        var newPeers: Int32 = 0
        if isPair, describesHosts {
            if lowRow.isOwn, highRow.isOwn {
                notePair(flow.lowRow, flow.highRow, slice)
            } else if visitPair(&flow, low, high, slice, beginsFlow: true).began != nil {
                newPeers = 1
            }
        }
        countFlowBegan(slice)
        guard describesHosts else {
            hosts.update(slice: slice, row: lowRow.number) { $0.sent.packets &+= 1 }
            hosts.update(slice: slice, row: highRow.number) { $0.sent.packets &+= 1 }
            return
        }
        let started: Int32 = isFirst ? 1 : 0
        let count: (inout HostTraffic) -> Void = {
            $0.flowsBegan &+= 1
            $0.flowsStarted &+= started
            $0.peersBegan &+= newPeers
        }
        hosts.update(slice: slice, row: lowRow.number, count)
        if isPair { hosts.update(slice: slice, row: highRow.number, count) }
    }

    /// Sees to it that two rows are counted as a pair: a few pairs later, when the memory that says whether they are a new
    /// one has come.
    @inline(__always)
    private mutating func notePair(_ low: Int32, _ high: Int32, _ slice: Int64) {
        peers.prefetch(low, high, slice: slice)
        if let pair = waitingPairs.exchange(.init(low: low, high: high, slice: slice)) { countPair(pair) }
    }

    private mutating func countPair(_ pair: WaitingPair) {
        guard peers.insert(pair.low, pair.high, slice: pair.slice) else { return }
        hosts.update(slice: pair.slice, row: Int(pair.low)) { $0.peersBegan &+= 1 }
        hosts.update(slice: pair.slice, row: Int(pair.high)) { $0.peersBegan &+= 1 }
    }

    /// Counts all pairs that wait: before rows are handed out, saved or given up.
    mutating func countWaitingPairs() { while let pair = waitingPairs.takeFirst() { countPair(pair) } }

    /// Adds traffic to the rows that ``countAlone(_:_:_:slice:isFirst:)`` found.
    @inline(__always)
    mutating func addAlone(_ flow: FlowVisits.Kept, slice: Int64, fromLow: Traffic, fromHigh: Traffic) {
        hosts.update(slice: slice, row: Int(flow.lowRow)) {
            $0.sent += fromLow
            $0.received += fromHigh
        }
        // One that sends to itself is both.
        hosts.update(slice: slice, row: Int(flow.highRow)) {
            $0.sent += fromHigh
            $0.received += fromLow
        }
    }
}
