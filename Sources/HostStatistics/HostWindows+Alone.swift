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
            let isNewPair =
                lowRow.isOwn && highRow.isOwn
                ? peers.insert(flow.lowRow, flow.highRow, slice: slice)
                : visitPair(&flow, low, high, slice, beginsFlow: true).began != nil
            newPeers = isNewPair ? 1 : 0
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
