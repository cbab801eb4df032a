import EventTime
import Flows

extension HostWindows {
    /// The rows of fired windows that late packets changed.
    mutating func refire(_ dirty: [Int64]) -> [PartialWindow] {
        var results: [PartialWindow] = []
        hosts.refire(dirty) { window, rows, isChanged in
            var result = PartialWindow(
                window: window, hosts: rows.map { $0.value.row($0.key) }, hostCount: rows.count)
            result.changed = Set(rows.lazy.map(\.key).filter(isChanged).map(\.host))
            results.append(result)
        }
        totals.refire(dirty) { window, rows, _ in
            guard let row = rows.first, let index = results.firstIndex(where: { $0.window == window }) else {
                return
            }
            results[index].totals = row.value
        }
        return results
    }

    /// Fires the totals of the windows that the hosts fired just now, and of those that hold no host.
    mutating func fireTotals(through time: Nanoseconds, into results: inout [PartialWindow]) {
        var place = results.firstIndex { $0.changed == nil } ?? results.count
        while let window = totals.nextFiring(through: time) {
            while place < results.count, results[place].window < window { place += 1 }
            if place == results.count || results[place].window != window {
                results.insert(PartialWindow(window: window, hosts: [], hostCount: 0), at: place)
            }
            let total = totals.takeRows().first?.value ?? TotalTraffic()
            results[place].totals = total
            if countsHosts { results[place].hostCount = Int(max(0, total.hostsBegan)) }
            let next = totals.window(after: window)
            totals.pass(to: next)
            if next == window { break }
        }
        totals.pass(to: totals.firstWindow(openAt: time))
        results.removeAll { $0.changed == nil && $0.totals.isEmpty }
    }

    /// All windows before `window` have fired.
    mutating func pass(to window: Int64) {
        hosts.pass(to: window)
        // Not back and forth: each time all traffic is handed on.
        if admitsAtOnce, hosts.keyCount < Int(admission.limitPerGroup) / 2 { admitsAtOnce = false }
        foreseeCalm()
    }

    /// Notes whether all visits lie in the window that fires next, and up to which slice further ones do.
    mutating func foreseeCalm() {
        let end = hosts.frontSlice.saturatingAdd(windowLength)
        calmEnd = pairs.leavesForGood && newestSlice < end ? end : .min
    }

    /// Looks at a flow of the current group as `slice`, where it was to be looked at, leaves the running window.
    mutating func leaveFlow(_ flow: inout FlowVisits, _ key: FlowKey, _ slice: Int64, _ check: VisitCheck) {
        if flow.kept.last > slice {
            tellPair(flow, key.lowHost, key.highHost)
            flow.check = flow.kept.last
            checks.add(check, slice: flow.check)
            return
        }
        flow.check = .min
        flow.kept.isFollowed = false
        guard let last = flow.visits.end() else { return }
        guard last == slice else { return countFlow(.init(ended: last), flow, key.lowHost, key.highHost) }
        countLeaving(flow, key.lowHost, key.highHost, slice)
    }

    /// The end of a flow that was seen last in `slice`, which is still to leave the running window, and not to be looked at
    /// again then. False where it is to be counted in the slice's rows, since they are not known by number.
    mutating func noteDeparture(_ flow: FlowVisits, _ low: HostKey, _ high: HostKey, _ slice: Int64) -> Bool {
        guard pairs.leavesForGood, describesHosts, !flow.ends.lowIsOther, !flow.ends.highIsOther,
            hosts.isNumbered(flow.lowRow, low, through: slice), hosts.isNumbered(flow.highRow, high, through: slice)
        else { return false }
        let departure = FlowDeparture(
            lowNumber: flow.lowRow, highNumber: flow.highRow, countsAsPeer: flow.countsAsPeer)
        departures.add(departure, slice: slice)
        return true
    }

    /// Counts the ends of flows that are no more and were seen last in a slice that is about to leave the running window.
    mutating func leaveDeparted(_ slice: Int64) {
        let departed = departures.take(slice)
        guard !departed.isEmpty else { return }
        let flowCount = Int64(departed.count)
        totals.update(slice: slice, key: TotalKey()) { $0.flowsEnded &+= flowCount }
        for (place, flow) in departed.enumerated() {
            if place + 8 < departed.count {
                hosts.prefetch(number: departed[place + 8].lowNumber)
                hosts.prefetch(number: departed[place + 8].highNumber)
            }
            let peers: Int32 = flow.countsAsPeer ? 1 : 0
            let end: (inout HostTraffic) -> Void = {
                $0.flowsEnded &+= 1
                $0.peersEnded &+= peers
            }
            hosts.updateLeaving(slice: slice, number: flow.lowNumber, end)
            if flow.highNumber != flow.lowNumber { hosts.updateLeaving(slice: slice, number: flow.highNumber, end) }
        }
    }

    mutating func leavePairs(_ slice: Int64) {
        let gone = pairs.leave(slice)
        for (place, ends) in gone.enumerated() {
            if place + 8 < gone.count {
                hosts.prefetch(number: gone[place + 8].lowNumber)
                hosts.prefetch(number: gone[place + 8].highNumber)
            }
            countLeaving(ends, slice)
        }
    }

    /// Forgets what no window will need again.
    mutating func close(watermark: Nanoseconds) {
        hosts.close(watermark: watermark)
        totals.close(watermark: watermark)
        pairs.forget(before: floor)
        peers.forget(before: floor)
    }
}
