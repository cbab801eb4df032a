import EventTime
import Flows

// Where windows overlap: hosts that come into slices, and those that are only counted.

extension HostWindows {
    /// A flow's visit where hosts are only counted.
    mutating func followCounting(
        _ flow: inout FlowVisits, _ change: SliceVisits.Change, _ identifier: Int, _ low: HostKey, _ high: HostKey,
        _ slice: Int64
    ) {
        if change != .init() { countFlow(change, flow, low, high) }
        if change.began != nil { countFlowBegan(slice) }
        if slice >= floor {
            flow.lowRow = count(low, flow.lowRow, in: slice)
            flow.highRow = low == high ? flow.lowRow : count(high, flow.highRow, in: slice)
        }
        // Numbers are good as long as the hosts were there in the flow's newest slice: past the limit they may not have been.
        if slice < flow.kept.last { (flow.lowRow, flow.highRow) = (-1, -1) }
        followFlow(&flow, identifier, low, high)
    }

    /// A further visit of a flow whose hosts have good numbers (``goesOn(_:in:)``) is one of its hosts' as well. False
    /// where more is to be done than to note it.
    @inline(__always)
    mutating func hostsGoOn(_ flow: FlowVisits.Kept, to slice: Int64) -> Bool {
        guard !countsHosts else {
            return counted.goOn(flow.lowRow, to: slice) && counted.goOn(flow.highRow, to: slice)
        }
        return !admitsAtOnce
    }

    /// Notes that a host was in a slice; returns its number, or -1 where it counts as the hosts past the limit.
    mutating func count(_ host: HostKey, _ guess: Int32, in slice: Int64) -> Int32 {
        let number = counted.number(of: host, guess)
        if number >= 0, counted.goOn(number, to: slice) { return number }
        return countSlowly(host, number, in: slice)
    }

    @inline(never)
    private mutating func countSlowly(_ host: HostKey, _ known: Int32, in slice: Int64) -> Int32 {
        if slice != counted.slice { hosts.open(slice) }
        let (number, change) = counted.visit(host, known, in: slice)
        if let slice = change.began {
            if slice == pendingSlice {
                pendingTotal.hostsBegan &+= 1
            } else {
                totals.update(slice: slice, key: TotalKey()) { $0.hostsBegan &+= 1 }
            }
        }
        if let slice = change.unbegan { totals.update(slice: slice, key: TotalKey()) { $0.hostsBegan &-= 1 } }
        if let slice = change.ended { totals.update(slice: slice, key: TotalKey()) { $0.hostsEnded &+= 1 } }
        if let slice = change.unended { totals.update(slice: slice, key: TotalKey()) { $0.hostsEnded &-= 1 } }
        return number
    }

    /// Counts the hosts that go out of sight with a slice that is about to leave the running window.
    mutating func leaveHosts(_ slice: Int64) {
        let gone = counted.leave(slice)
        if gone > 0 { totals.update(slice: slice, key: TotalKey()) { $0.hostsEnded &+= gone } }
    }

    // MARK: Hosts with rows

    /// A flow whose visit changes no count comes into a slice, where windows overlap: looks up its hosts' numbers where it
    /// has none, and sees to it that they have rows there where they must have them at once.
    mutating func comeInto(_ slice: Int64, _ flow: inout FlowVisits, _ low: HostKey, _ high: HostKey) {
        guard !admitsAtOnce else {
            _ = countBeginning(&flow, low, high, slice) { _ in }
            return
        }
        if flow.lowRow < 0 { flow.lowRow = hosts.number(of: low) }
        if flow.highRow < 0 { flow.highRow = hosts.number(of: high) }
    }

    /// Whether a slice may refuse hosts before so many more have come. Those that come first are to be admitted, in
    /// whichever way they are kept: so until then their rows may wait for their traffic, and from then on not.
    @inline(__always)
    func mayRefuseHosts(after count: Int) -> Bool { hosts.keyCount &+ count > Int(admission.limitPerGroup) }

    // MARK: State

    /// Versions before the fifth form of state kept rows of hosts that are only counted: they say the same.
    mutating func countRows() {
        var seen: [(slice: Int64, host: HostKey)] = []
        hosts.takeAllRows { seen.append(($0, $1.key)) }
        for (slice, host) in seen { countWaiting(host, in: slice) }
    }

    /// Notes that a host was in a slice with traffic that its row has not got, where hosts are only counted.
    mutating func countWaiting(_ host: HostKey, in slice: Int64) {
        guard slice >= floor, slice > .min else { return }
        if countsHosts {
            _ = count(host, -1, in: slice)
        } else {
            _ = hosts.update(slice: slice, key: host, admission: admission) { $0.sent.packets &+= 1 }
        }
    }
}
