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
    static let columns: [Column<TotalsLine>] = [
        Column("window_start", .time { $0.window.start }),
        Column("window_end", .time { $0.window.end }),
        Column("packets", .count { $0.totals.packets }),
        Column("ip_packets", .count { $0.totals.ipPackets }),
        Column("non_ip_packets", .count { $0.totals.nonIPPackets }),
        Column("malformed_packets", .count { $0.totals.malformedPackets }),
        Column("late_packets", .count { $0.totals.latePackets }),
        Column("dropped_packets", .count { $0.totals.droppedPackets }),
        Column("gap_seconds", .seconds { $0.totals.gap }),
        Column("bytes", .count { $0.totals.bytes }),
        Column("wire_bytes", .count { $0.totals.wireBytes }),
        Column("hosts", .count { $0.totals.hosts }),
        Column("flows", .count { $0.totals.flows }),
        Column("revision", .count { UInt64($0.revision) }),
        Column("complete", .flag { $0.isComplete }),
    ]

    static let sums: [Column<TotalsLine>] = []
}
