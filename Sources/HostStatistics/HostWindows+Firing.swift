import EventTime
import Flows

extension HostWindows {
    /// The rows of fired windows that late packets changed.
    mutating func refire(_ dirty: [Int64]) -> [PartialWindow] {
        var results: [PartialWindow] = []
        hosts.refire(dirty) { window, rows, isChanged in
            var result = PartialWindow(window: window, hosts: rows, hostCount: rows.count)
            result.changed = Set(rows.lazy.map(\.key).filter(isChanged))
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
            results[place].totals = totals.takeRows().first?.value ?? TotalTraffic()
            let next = totals.window(after: window)
            totals.pass(to: next)
            if next == window { break }
        }
        totals.pass(to: totals.firstWindow(openAt: time))
        results.removeAll { $0.changed == nil && $0.totals.isEmpty }
    }

    /// Looks at a flow as `slice`, where it was to be looked at, leaves the running window.
    mutating func leaveFlow(_ flow: inout FlowVisits, _ key: FlowKey, _ slice: Int64, _ check: VisitChecks.Check) {
        if flow.visits.last > slice {
            flow.check = flow.visits.last
            checks.add(check, slice: flow.check)
            return
        }
        flow.check = .min
        guard let last = flow.visits.end() else { return }
        group = Int(check.group)
        guard last == slice else { return countFlow(.init(ended: last), flow, key.lowHost, key.highHost) }
        countLeaving(flow, key.lowHost, key.highHost, slice)
    }

    mutating func leavePairs(_ slice: Int64) {
        for gone in pairs.leave(slice) { countLeaving(gone, slice) }
    }

    /// Forgets what no window will need again.
    mutating func close(watermark: Nanoseconds) {
        hosts.close(watermark: watermark)
        totals.close(watermark: watermark)
        pairs.forget(before: floor)
        peers.forget(before: floor)
    }
}
