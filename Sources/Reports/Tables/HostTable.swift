internal import EventTime
internal import HostStatistics

/// The `hosts` report for people: for each window a heading, its busiest hosts, and how many more there are.
struct HostTable {
    static let defaultTop = 10

    /// What rows are ranked by where `sort` was asked for: by bytes, where it is nothing that hosts have. `host`, the key,
    /// is the one field that is no ranking: it keeps the order of the keys.
    static func rankingField(_ sort: String?) -> String {
        sort.map { $0 == "host" || Ranking<HostLine>($0) != nil ? $0 : "bytes" } ?? "bytes"
    }

    private static let widestBar = 16
    private static let narrowestBar = 4

    private let order: RowOrder<HostLine>
    private let paint: Paint
    private let width: Int
    private var layout: TableLayout
    /// The end of the latest window shown, to tell of a silence.
    private var latestEnd: Nanoseconds?

    /// `order` says which rows are shown; without a limit of its own, ten.
    init(order: RowOrder<HostLine>, width: Int, paint: Paint) {
        self.order = order
        self.width = width
        self.paint = paint
        layout = TableLayout(
            [
                TableColumn("HOST", .left, expected: 15, narrowest: 12, emphasis: .bold),
                TableColumn("BYTES", .right, expected: 7),
                TableColumn("SENT", .right, expected: 7, expendability: 3),
                TableColumn("RECEIVED", .right, expendability: 2),
                TableColumn("PACKETS", .right, expendability: 1),
                TableColumn("RATE", .right, expected: 11, expendability: 6),
                TableColumn("FLOWS", .right, expected: 6, expendability: 5),
                TableColumn("NEW", .right, expected: 6, expendability: 7),
                TableColumn("PEERS", .right, expected: 6, expendability: 4),
            ], width: width)
    }

    func encodeState(into state: inout StateEncoder) {
        layout.encodeState(into: &state)
        latestEnd.encode(into: &state)
    }

    mutating func restoreState(from state: inout StateDecoder) throws(StateError) {
        try layout.restoreState(from: &state)
        latestEnd = try Nanoseconds?(from: &state)
    }

    /// The lines for one window, each with its line feed.
    mutating func text(of report: WindowReport) -> String {
        var text = silence(before: report.window)
        text += heading(of: report)
        let chosen = order.choose(from: report.hosts.count) { HostLine(report, host: report.hosts[$0]) }
        let rows = chosen.map { report.hosts[$0] }
        if !rows.isEmpty {
            let cells = rows.map { self.cells(of: $0, in: report.window) }
            layout.fit(cells)
            text += layout.header(paint) + "\n"
            let most = rows.map(\.bytes).max() ?? 0
            for (row, cells) in zip(rows, cells) {
                text += layout.row(cells, paint) + bar(row.bytes, of: most) + "\n"
            }
        }
        let left = report.hosts.count + report.unlistedHosts - rows.count
        if left > 0 {
            let more = "… and \(HumanUnits.grouped(UInt64(left))) more host\(left == 1 ? "" : "s")"
            text += "  " + paint(more, .dim) + "\n"
        }
        return text + "\n"
    }

    private func heading(of report: WindowReport) -> String {
        let range = TableText.range(report.window.start, report.window.end)
        let totals = report.totals
        let parts = [
            TableText.count(totals.packets, "packet"),
            HumanUnits.bytes(totals.bytes),
            TableText.count(totals.hosts, "host"),
            TableText.count(totals.flows, "flow"),
            HumanUnits.bitRate(bytes: totals.bytes, in: report.window.length),
        ]
        let line = paint(range, .bold) + "  " + TableText.join(parts, width: width - range.count - 2)
        return line + "\n" + TableText.remarks(on: report, paint)
    }

    /// One line for any number of windows that had no packets and therefore no report.
    private mutating func silence(before window: TimeWindow) -> String {
        defer { latestEnd = max(latestEnd ?? window.end, window.end) }
        guard let latestEnd, latestEnd < window.start else { return "" }
        let span = window.start.subtractingReportingOverflow(latestEnd)
        let length = HumanUnits.duration(span.overflow ? .max : span.partialValue)
        return paint("  ⋯ no packets for \(length)", .dim) + "\n\n"
    }

    private func cells(of row: HostRow, in window: TimeWindow) -> [String] {
        return [
            row.host.text,
            HumanUnits.bytes(row.bytes),
            HumanUnits.bytes(row.bytesSent),
            HumanUnits.bytes(row.bytesReceived),
            HumanUnits.count(row.packets),
            HumanUnits.bitRate(bytes: row.bytes, in: window.length),
            HumanUnits.count(row.flows),
            HumanUnits.count(row.flowsStarted),
            HumanUnits.count(row.peers),
        ]
    }

    /// A bar in the room that the columns leave, its length being the host's share of the busiest one's bytes.
    private func bar(_ bytes: UInt64, of most: UInt64) -> String {
        let room = min(layout.spare - TableLayout.spacing, Self.widestBar)
        guard room >= Self.narrowestBar, bytes > 0 else { return "" }
        return "  " + paint(Bar.text(bytes, of: most, width: room), .accent)
    }
}
