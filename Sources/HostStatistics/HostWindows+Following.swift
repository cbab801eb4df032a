import EventTime
import Flows

// Where windows overlap: what will be looked at when slices leave.

extension HostWindows {
    /// Sees to it that the end of the flow's and the pair's chains will be counted.
    mutating func follow(_ flow: inout FlowVisits, _ identifier: Int, _ low: HostKey, _ high: HostKey) {
        if !flow.countsAsPeer, low != high,
            let last = pairs.follow(flow, group: group, front: hosts.frontSlice)
        {
            countPair(.init(ended: last), pairs.ends(of: flow, low, high, group: group))
        }
        followFlow(&flow, identifier, low, high)
    }

    mutating func followFlow(
        _ flow: inout FlowVisits, _ identifier: Int, _ low: HostKey, _ high: HostKey
    ) {
        guard flow.visits.isOpen else { return }
        flow.kept.isFollowed = flow.kept.last >= hosts.frontSlice
        if !flow.kept.isFollowed, let last = flow.visits.end() {
            // A late slice has left the running window already: nobody will look at it again.
            countFlow(.init(ended: last), flow, low, high)
        } else if flow.check == .min {
            flow.check = flow.kept.last
            checks.add(
                .init(group: Int32(group), identifier: Int32(identifier), serial: flow.serial),
                slice: flow.check)
        }
    }

    /// Tells a flow's pair of the visits that the flow alone has noted (``goesOn(_:in:)``). The pair knows one that lies in
    /// the running window, as the flow has been looked at in no earlier slice.
    mutating func tellPair(_ flow: FlowVisits, _ low: HostKey, _ high: HostKey) {
        guard pairs.leavesForGood, describesHosts, !flow.countsAsPeer, low != high else { return }
        let change = pairs.hear(
            of: flow, group: group, slice: flow.kept.last, windowLength: windowLength, floor: floor)
        if change != .init() { countPair(change, pairs.ends(of: flow, low, high, group: group)) }
    }
}
