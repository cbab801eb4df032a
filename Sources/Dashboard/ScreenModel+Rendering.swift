internal import EventTime
internal import Flows
internal import HostStatistics
internal import Reports

/// What the lines of a screen are given to, for a number of rows. What is needed least goes first.
struct ScreenLayout: Equatable {
    var showsCounts: Bool
    var graphRows: Int
    var showsHeading: Bool
    var showsTitles: Bool
    var showsStatus: Bool
    /// Lines for rows of the table, with the line that says how many more there are.
    var tableRows: Int

    init(rows: Int) {
        showsStatus = rows >= 2
        showsTitles = rows >= 4
        showsCounts = rows >= 6
        showsHeading = rows >= 8
        graphRows =
            switch rows {
            case ..<11: 0
            case ..<16: 1
            case ..<30: 3
            default: 5
            }
        let others = 1 + [showsStatus, showsTitles, showsCounts, showsHeading].count { $0 } + graphRows
        tableRows = max(0, rows - others)
    }
}

extension ScreenModel {
    var layout: ScreenLayout { ScreenLayout(rows: rows) }

    /// The screen: exactly `rows` lines of at most `columns` columns.
    func lines(paint: Paint) -> [FrameLine] {
        guard rows > 0, columns > 0 else { return [] }
        var lines = mode == .help ? helpLines() : tableLines()
        if lines.count < rows - 1 { lines += Array(repeating: ScreenLine(), count: rows - 1 - lines.count) }
        if layout.showsStatus { lines = lines.prefix(rows - 1) + [statusLine()] }
        return lines.prefix(rows).map { $0.frameLine(columns: columns, paint: paint) }
    }

    private func tableLines() -> [ScreenLine] {
        let layout = layout
        var lines = [titleLine()]
        if layout.showsCounts { lines.append(countsLine()) }
        lines += shown.history.graph(width: columns, height: layout.graphRows).map { ScreenLine($0, .accent) }
        switch view {
        case .hosts:
            let span = shown.report?.window.length ?? 0
            let hosts = HostsTable(span: span, showsBytes: showsBytes)
            if layout.showsHeading { lines.append(hostsHeading()) }
            lines += table(hosts, rows: hostRows, noun: "host")
        case .flows:
            if layout.showsHeading { lines.append(flowsHeading()) }
            lines += table(FlowsTable(showsBytes: showsBytes), rows: flowRows, noun: "flow")
        }
        return lines
    }

    // MARK: Above the table

    private func titleLine() -> ScreenLine {
        var line = ScreenLine("tidemark live  ", .dim)
        line.append(title, .bold)
        line.appendRight(
            (isPaused ? "paused  " : "") + Self.clock(shown.elapsed), isPaused ? .warning : .plain, columns: columns
        )
        return line
    }

    /// `0:12:34`
    private static func clock(_ span: Nanoseconds) -> String {
        let seconds = max(0, span / .second)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }

    private func countsLine() -> ScreenLine {
        let counts = shown.counts
        var line = ScreenLine()
        line.append(rate(shown.history.latest), .bold)
        let losses = [(counts.droppedPackets, "dropped"), (counts.latePackets, "late")]
        // Losses come first, so that no narrow terminal hides them.
        for (count, word) in losses where count > 0 {
            line.append("  \(HumanUnits.count(count)) \(word)", .warning)
        }
        line.append("  peak \(rate(shown.history.peak))", .dim)
        line.append("  \(TableText.count(counts.packets, "packet"))  \(amount(counts.bytes))")
        for (count, word) in losses where count == 0 { line.append("  0 \(word)", .dim) }
        return line
    }

    private func rate(_ bytesPerSecond: UInt64) -> String {
        showsBytes
            ? HumanUnits.byteRate(bytes: bytesPerSecond, in: .second)
            : HumanUnits.bitRate(bytes: bytesPerSecond, in: .second)
    }

    private func amount(_ bytes: UInt64) -> String {
        showsBytes ? HumanUnits.bytes(bytes) : HumanUnits.bits(bytes: bytes)
    }

    private func hostsHeading() -> ScreenLine {
        guard let report = shown.report else {
            // In a silent network no window would ever end.
            let isSilent = shown.counts.packets == 0
            return ScreenLine(isSilent ? "no packets yet" : "waiting for the first window to end", .dim)
        }
        guard isFresh(report) else {
            let end = TableText.time(report.window.end)
            return ScreenLine("no packets since \(end) UTC", .dim)
        }
        let totals = report.totals
        var line = ScreenLine(TableText.range(report.window.start, report.window.end), .plain)
        let parts = [TableText.count(totals.hosts, "host"), TableText.count(totals.flows, "flow")]
        line.append("  " + parts.joined(separator: " · "))
        let losses = TableText.losses(totals)
        if !report.isComplete { line.append("  ⚠ incomplete" + (losses.isEmpty ? "" : ": \(losses)"), .warning) }
        return line
    }

    private func flowsHeading() -> ScreenLine {
        guard shown.flowCount > 0 else { return ScreenLine("no flow has ended yet", .dim) }
        var line = ScreenLine("\(TableText.count(shown.flowCount, "flow")) ended")
        if shown.flowCount > UInt64(Self.flowLimit) {
            line.append("; the latest \(HumanUnits.grouped(UInt64(Self.flowLimit)))", .dim)
        }
        return line
    }

    private func isFresh(_ report: WindowReport) -> Bool {
        let age = shown.counts.now.saturatingSubtract(report.window.end)
        return shown.counts.now == 0 || age <= freshness
    }

    // MARK: The table

    var hostRows: [HostRow] {
        guard let report = shown.report, isFresh(report) else { return [] }
        return filter.isEmpty ? report.hosts : report.hosts.filter { passes($0.host.text) }
    }

    var flowRows: [FlowRecord] {
        let flows = shown.flows.suffix(Self.flowLimit)
        let table = FlowsTable(showsBytes: showsBytes)
        return filter.isEmpty ? Array(flows) : flows.filter { passes(table.searchText(of: $0)) }
    }

    /// Rows of the table that is shown, on the screen or not.
    var rowCount: Int { view == .hosts ? hostRows.count : flowRows.count }

    private func table<Table: ScreenTable>(_ table: Table, rows: [Table.Row], noun: String) -> [ScreenLine] {
        let room = layout.tableRows
        guard room > 0 else { return layout.showsTitles ? [ScreenLine()] : [] }
        let first = min(scroll, max(0, rows.count - room))
        // The last line says how many there are below, where it is not needed for the last row.
        let left = rows.count - first
        let count = left > room ? max(1, room - 1) : left
        let chosen = best(first + count, of: rows, table).dropFirst(first)
        let cells = chosen.map { table.cells(of: $0) }
        var layout = TableLayout(Table.columns, width: columns)
        layout.fit(cells)
        let heaviest = chosen.map { table.weight(of: $0) }.max() ?? 0
        var lines: [ScreenLine] = []
        if self.layout.showsTitles { lines.append(titles(layout)) }
        for (row, cells) in zip(chosen, cells) {
            var line = self.line(cells, layout)
            let room = min(columns - line.width - TableLayout.spacing, 16)
            if room >= 4, heaviest > 0 {
                line.append("  ")
                line.append(Bar.text(table.weight(of: row), of: heaviest, width: room), .accent)
            }
            lines.append(line)
        }
        if left > count, room > 1 {
            let more = HumanUnits.grouped(UInt64(left - count))
            lines.append(ScreenLine("  … and \(more) more \(noun)\(left - count == 1 ? "" : "s")", .dim))
        }
        return lines
    }

    /// The first rows by the order that was chosen.
    private func best<Table: ScreenTable>(_ count: Int, of rows: [Table.Row], _ table: Table) -> [Table.Row] {
        let order = order
        var best = TopRows<Table.Row>(limit: min(count, rows.count))
        for (place, row) in rows.enumerated() {
            let rank = table.rank(row, place: place, by: order.column)
            best.add(row, rank: order.isReversed ? UInt64.max - rank : rank)
        }
        return best.sorted()
    }

    private func titles(_ layout: TableLayout) -> ScreenLine {
        var line = ScreenLine(String(repeating: " ", count: TableLayout.indent), .inverse)
        for (place, entry) in layout.shown.enumerated() {
            if place > 0 { line.append(String(repeating: " ", count: TableLayout.spacing), .inverse) }
            let column = layout.columns[entry.column]
            let isSorted = entry.column == order.column
            let title = TableLayout.shorten(column.title, to: entry.width)
            let padding = entry.width - title.count
            // The mark stands in the space between columns, so that none is wider for being sorted by.
            let mark = isSorted ? arrow : nil
            switch column.side {
            case .left:
                line.append(title, .inverse)
                if let mark, padding > 0 {
                    line.append(mark + String(repeating: " ", count: padding - 1), .inverse)
                } else {
                    line.append(String(repeating: " ", count: padding), .inverse)
                }
            case .right:
                if let mark, padding > 0 {
                    line.append(String(repeating: " ", count: padding - 1) + mark, .inverse)
                } else {
                    line.append(String(repeating: " ", count: padding), .inverse)
                }
                line.append(title, .inverse)
            }
        }
        if line.width < columns { line.append(String(repeating: " ", count: columns - line.width), .inverse) }
        return line
    }

    private var arrow: String {
        let isAscending =
            view == .hosts ? HostsTable.isAscending(order.column) : FlowsTable.isAscending(order.column)
        return isAscending != order.isReversed ? "▲" : "▼"
    }

    private func line(_ cells: [String], _ layout: TableLayout) -> ScreenLine {
        var line = ScreenLine(String(repeating: " ", count: TableLayout.indent))
        for (place, entry) in layout.shown.enumerated() {
            if place > 0 { line.append(String(repeating: " ", count: TableLayout.spacing)) }
            let column = layout.columns[entry.column]
            let cell = TableLayout.shorten(cells[entry.column], to: entry.width)
            let padding = String(repeating: " ", count: entry.width - cell.count)
            if column.side == .right { line.append(padding) }
            line.append(cell, column.emphasis)
            if column.side == .left { line.append(padding) }
        }
        return line
    }

    // MARK: Below and instead

    private func statusLine() -> ScreenLine {
        if mode == .typing { return ScreenLine("filter: \(filter)▏  enter keeps it, esc clears it", .bold) }
        if let message { return ScreenLine(message, .warning) }
        if mode == .help { return ScreenLine("any key goes back", .dim) }
        var line = ScreenLine()
        if !filter.isEmpty { line.append("filter: \(filter)  ", .warning) }
        let keys = [
            ("q", "quit"), ("p", isPaused ? "go on" : "pause"), ("tab", view == .hosts ? "flows" : "hosts"),
            ("s", "sort"), ("/", "filter"), ("b", showsBytes ? "bits" : "bytes"), ("?", "help"),
        ]
        for (place, (key, meaning)) in keys.enumerated() {
            if place > 0 { line.append("  ") }
            line.append(key, .bold)
            line.append(" \(meaning)", .dim)
        }
        return line
    }

    private func helpLines() -> [ScreenLine] {
        let width = Self.help.map(\.keys.count).max() ?? 0
        var lines = [ScreenLine("Keys", .bold)]
        for (keys, meaning) in Self.help {
            var line = ScreenLine("  ")
            line.append(keys + String(repeating: " ", count: width - keys.count), .bold)
            line.append("  \(meaning)")
            lines.append(line)
        }
        return lines
    }
}
