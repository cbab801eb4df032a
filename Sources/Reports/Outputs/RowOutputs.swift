internal import EventTime
internal import Flows
internal import HostStatistics

/// `hosts` as CSV, TSV or JSON Lines.
final class HostRowOutput: ReportOutput {
    let kind = OutputKind.hosts
    let file: OutputFile
    private var rows: RowFile<HostLine>
    private let order: RowOrder<HostLine>

    init(_ format: OutputFormat, _ file: OutputFile, sort: String?, top: Int?) {
        self.file = file
        rows = RowFile(format, file)
        order = RowOrder(field: sort, top: top)
    }

    func begin() throws(ReportError) { rows.appendHeader() }

    func write(_ report: WindowReport) throws(ReportError) {
        try Self.append(report, order, to: &rows)
    }

    /// Static, so that the rows are borrowed once for all hosts of a window.
    private static func append(
        _ report: WindowReport, _ order: RowOrder<HostLine>, to rows: inout RowFile<HostLine>
    ) throws(ReportError) {
        if order.keepsEverything {
            for host in report.hosts { try rows.append(HostLine(report, host: host)) }
            return
        }
        let chosen = order.choose(from: report.hosts.count) { HostLine(report, host: report.hosts[$0]) }
        for index in chosen { try rows.append(HostLine(report, host: report.hosts[index])) }
    }

    func write(_ flows: [FlowRecord]) throws(ReportError) {}
    func flush() throws(ReportError) { try rows.flush() }
    func finish() throws(ReportError) { try rows.flush() }
}

/// `totals` as CSV, TSV or JSON Lines.
final class TotalsRowOutput: ReportOutput {
    let kind = OutputKind.totals
    let file: OutputFile
    private var rows: RowFile<TotalsLine>

    init(_ format: OutputFormat, _ file: OutputFile) {
        self.file = file
        rows = RowFile(format, file)
    }

    func begin() throws(ReportError) { rows.appendHeader() }
    func write(_ report: WindowReport) throws(ReportError) { try rows.append(TotalsLine(report)) }
    func write(_ flows: [FlowRecord]) throws(ReportError) {}
    func flush() throws(ReportError) { try rows.flush() }
    func finish() throws(ReportError) { try rows.flush() }
}

/// `flows` as CSV, TSV or JSON Lines: all of them as they end, or with `--top` the best of the whole run at its
/// end, since flows belong to no window. Without `--top`, `--sort` changes nothing: rows that have been written
/// cannot be sorted.
final class FlowRowOutput: ReportOutput {
    let kind = OutputKind.flows
    let file: OutputFile
    private var rows: RowFile<FlowRecord>
    private let ranking: Ranking<FlowRecord>?
    private var best: TopRows<FlowRecord>?

    init(_ format: OutputFormat, _ file: OutputFile, sort: String?, top: Int?) {
        self.file = file
        rows = RowFile(format, file)
        ranking = sort.flatMap { Ranking($0) }
        best = top.map { TopRows(limit: $0) }
    }

    func begin() throws(ReportError) { rows.appendHeader() }
    func write(_ report: WindowReport) throws(ReportError) {}

    func write(_ flows: [FlowRecord]) throws(ReportError) {
        if best == nil { return try Self.append(flows, to: &rows) }
        for flow in flows { best?.add(flow, rank: ranking?.rank(of: flow) ?? 0) }
    }

    private static func append(_ flows: [FlowRecord], to rows: inout RowFile<FlowRecord>) throws(ReportError) {
        for flow in flows { try rows.append(flow) }
    }

    func flush() throws(ReportError) { try rows.flush() }

    func encodeState(into state: inout StateEncoder) { best?.encode(into: &state) }

    func restoreState(from state: inout StateDecoder) throws(StateError) {
        if let limit = best?.limit { best = try TopRows(limit: limit, from: &state) }
    }

    func finish() throws(ReportError) {
        if let best { try Self.append(best.sorted(), to: &rows) }
        try rows.flush()
    }
}
