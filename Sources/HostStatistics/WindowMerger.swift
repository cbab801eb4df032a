public import EventTime
public import Flows
import Packets

/// What is known of windows before any packet of theirs is looked at.
public struct WindowNotes: Sendable {
    /// Packets too late for every window, by the earliest window that was open when they came.
    public var late: [Int64: UInt64] = [:]
    /// Where a live capture missed packets.
    public var losses: [CaptureLoss] = []

    public init() {}

    public var isEmpty: Bool { late.isEmpty && losses.isEmpty }
}

/// Puts the workers' shares together: window reports in the order of their ends, and ended flows.
public struct WindowMerger: Sendable {
    private let windows: SlidingWindows
    private let keepsFired: Bool
    private let reportsHosts: Bool
    /// What was said of windows that may still change: how often, and whether they were complete.
    var emitted: [Int64: (times: Int, isComplete: Bool)] = [:]
    /// Late packets of windows that have not been reported yet, or may be again.
    var late: [Int64: UInt64] = [:]
    var losses = LossLedger()
    /// Windows that end up to here have been reported, where there was something to say of them.
    var reportedThrough = Nanoseconds.min

    public init(_ configuration: HostAnalysis.Configuration) {
        windows = configuration.windows
        keepsFired = configuration.allowedLateness > 0
        reportsHosts = configuration.reportsHosts
    }

    /// Whether there are late packets or losses of windows that have not been reported yet.
    public var awaitsNotes: Bool { !late.isEmpty || !losses.isEmpty }

    /// Merges what all workers said at the same point of the stream, where event time came to `time`.
    public mutating func merge(_ results: [PartialResult], notes: WindowNotes, time: Nanoseconds) -> [WindowReport]
    {
        for (window, count) in notes.late { late[window, default: 0] += count }
        for loss in notes.losses { losses.add(loss, windows) }
        var reports: [WindowReport] = []
        for isRevision in [true, false] {
            var shares: [Int64: [PartialWindow]] = [:]
            for result in results {
                for window in result.windows where (window.changed != nil) == isRevision {
                    shares[window.window, default: []].append(window)
                }
            }
            if !isRevision {
                // A window may hold nothing but the count of packets that came too late.
                for window in late.keys where windows.end(ofWindow: window) <= time && emitted[window] == nil {
                    shares[window, default: []] += []
                }
                // Or nothing but a loss.
                if !losses.isEmpty {
                    for window in losses.windows(endingAfter: reportedThrough, through: time, of: windows) {
                        shares[window, default: []] += []
                    }
                }
            }
            for window in shares.keys.sorted() {
                if let report = report(window, shares[window] ?? []) { reports.append(report) }
            }
        }
        reportedThrough = max(reportedThrough, time)
        if !keepsFired {
            for report in reports { late[windows.slice(containing: report.window.start)] = nil }
        }
        return reports
    }

    /// The workers' ended flows in the order in which their ends became certain, whoever handed them over.
    public func mergeFlows(_ results: [PartialResult]) -> [FlowRecord] {
        results.flatMap(\.flows).sorted { a, b in
            if a.knownAt != b.knownAt { return a.knownAt < b.knownAt }
            if a.start != b.start { return a.start < b.start }
            if a.source != b.source { return a.source < b.source }
            if a.destination != b.destination { return a.destination < b.destination }
            return (a.transport, a.sourcePort, a.destinationPort, a.end, a.sourcePackets, a.separation)
                < (b.transport, b.sourcePort, b.destinationPort, b.end, b.sourcePackets, b.separation)
        }
    }

    /// Forgets windows that can no longer change.
    public mutating func forget(closedBy watermark: Nanoseconds, allowedLateness: Nanoseconds) {
        if !losses.isEmpty {
            let open = windows.firstOpenWindow(watermark: watermark.saturatingAdd(-allowedLateness))
            losses.forget(before: open == .max ? .max : windows.start(ofSlice: open))
        }
        guard keepsFired else { return }
        let windows = windows
        emitted = emitted.filter {
            !windows.isClosed($0.key, watermark: watermark, allowedLateness: allowedLateness)
        }
        late = late.filter {
            !windows.isClosed($0.key, watermark: watermark, allowedLateness: allowedLateness)
        }
    }

    private mutating func report(_ window: Int64, _ shares: [PartialWindow]) -> WindowReport? {
        var total = TotalTraffic()
        for share in shares { total.enter(share.totals) }
        let latePackets = late[window] ?? 0
        let loss = losses.share(of: windows.window(window))
        guard !total.isEmpty || latePackets > 0 || !loss.isEmpty else { return nil }
        let hosts = merged(shares.map(\.hosts))
        var totals = WindowTotals()
        totals.packets = total.packets
        totals.ipPackets = total.ip.packets
        totals.nonIPPackets = total.nonIP.packets
        totals.malformedPackets = total.malformed.packets
        totals.latePackets = latePackets
        totals.droppedPackets = loss.droppedPackets
        totals.gap = loss.gap
        totals.bytes = total.ip.bytes
        totals.wireBytes = total.ip.wireBytes &+ total.nonIP.wireBytes &+ total.malformed.wireBytes
        totals.hosts = UInt64(shares.count == 1 ? shares[0].hostCount : hosts.count)
        totals.flows = UInt64(max(0, total.flowsBegan))
        let isComplete = totals.malformedPackets == 0 && totals.latePackets == 0 && loss.isEmpty
        let before = emitted[window]
        if keepsFired { emitted[window] = (times: (before?.times ?? 0) + 1, isComplete: isComplete) }
        var rows = reportsHosts ? hosts : []
        if let before, before.isComplete == isComplete {
            let changed = shares.reduce(into: Set<ReportedHost>()) { $0.formUnion($1.changed ?? []) }
            rows.removeAll { !changed.contains($0.host) }
        }
        return WindowReport(
            window: windows.window(window), revision: before?.times ?? 0, isComplete: isComplete, totals: totals,
            hosts: rows, unlistedHosts: reportsHosts ? Int(totals.hosts) - hosts.count : 0)
    }

    /// Merges rows in the order of their hosts, adding those of the same host. O(rows · shares).
    private func merged(_ shares: [[HostRow]]) -> [HostRow] {
        let shares = shares.filter { !$0.isEmpty }
        guard shares.count > 1 else { return shares.first ?? [] }
        return shares.dropFirst().reduce(shares[0], merge)
    }

    private func merge(_ a: [HostRow], _ b: [HostRow]) -> [HostRow] {
        var result: [HostRow] = []
        result.reserveCapacity(a.count + b.count)
        var (i, j) = (0, 0)
        while i < a.count, j < b.count {
            if a[i].host == b[j].host {
                result.append(a[i].adding(b[j]))
                (i, j) = (i + 1, j + 1)
            } else if a[i].host < b[j].host {
                result.append(a[i])
                i += 1
            } else {
                result.append(b[j])
                j += 1
            }
        }
        result += a[i...]
        result += b[j...]
        return result
    }
}
