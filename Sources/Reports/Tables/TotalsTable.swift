internal import EventTime
internal import HostStatistics

/// The `totals` report for people: a line for each window.
struct TotalsTable {
    private let paint: Paint
    private var layout: TableLayout
    private var hasHeader = false

    init(width: Int, paint: Paint) {
        self.paint = paint
        layout = TableLayout(
            [
                TableColumn("WINDOW (UTC)", .left, expected: 30, narrowest: 19, emphasis: .bold),
                TableColumn("PACKETS", .right),
                TableColumn("BYTES", .right, expected: 7),
                TableColumn("RATE", .right, expected: 11, expendability: 4),
                TableColumn("HOSTS", .right, expected: 6, expendability: 2),
                TableColumn("FLOWS", .right, expected: 6, expendability: 3),
            ], width: width)
    }

    /// Makes the next line begin with the columns' titles again: something else was written in between.
    mutating func wasInterrupted() { hasHeader = false }

    func encodeState(into state: inout StateEncoder) {
        layout.encodeState(into: &state)
        hasHeader.encode(into: &state)
    }

    mutating func restoreState(from state: inout StateDecoder) throws(StateError) {
        try layout.restoreState(from: &state)
        hasHeader = try Bool(from: &state)
    }

    /// The lines for one window, each with its line feed, after the titles where it is the first.
    mutating func text(of report: WindowReport) -> String {
        let cells = [
            window(report.window),
            HumanUnits.count(report.totals.packets),
            HumanUnits.bytes(report.totals.bytes),
            HumanUnits.bitRate(bytes: report.totals.bytes, in: report.window.length),
            HumanUnits.count(report.totals.hosts),
            HumanUnits.count(report.totals.flows),
        ]
        layout.fit([cells])
        let text = hasHeader ? "" : layout.header(paint) + "\n"
        hasHeader = true
        return text + layout.row(cells, paint) + "\n" + TableText.remarks(on: report, paint)
    }

    /// `2023-11-14 22:13:20 – 22:13:30`
    private func window(_ window: TimeWindow) -> String {
        String(TableText.range(window.start, window.end).dropLast(" UTC".count))
    }
}
