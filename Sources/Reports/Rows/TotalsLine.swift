internal import EventTime
internal import HostStatistics

/// A row of the `totals` report: one window.
struct TotalsLine {
    var window: TimeWindow
    var revision: Int
    var isComplete: Bool
    var totals: WindowTotals

    init(_ report: WindowReport) {
        window = report.window
        revision = report.revision
        isComplete = report.isComplete
        totals = report.totals
    }
}

extension TotalsLine: ReportRow {
    func showColumns(to visitor: inout some ColumnVisitor & ~Copyable) {
        visitor.time("window_start", window.start)
        visitor.time("window_end", window.end)
        visitor.count("packets", totals.packets)
        visitor.count("ip_packets", totals.ipPackets)
        visitor.count("non_ip_packets", totals.nonIPPackets)
        visitor.count("malformed_packets", totals.malformedPackets)
        visitor.count("late_packets", totals.latePackets)
        visitor.count("dropped_packets", totals.droppedPackets)
        visitor.seconds("gap_seconds", totals.gap)
        visitor.count("bytes", totals.bytes)
        visitor.count("wire_bytes", totals.wireBytes)
        visitor.count("hosts", totals.hosts)
        visitor.count("flows", totals.flows)
        visitor.count("revision", UInt64(revision))
        visitor.flag("complete", isComplete)
    }

    func showSums(to visitor: inout some ColumnVisitor & ~Copyable) {}

    static let blank = TotalsLine(.blank)
}
