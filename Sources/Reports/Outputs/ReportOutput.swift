internal import Flows
internal import HostStatistics

/// One `-o`: rows of one kind in one format, on their way to one file. Several tables may share a file.
protocol ReportOutput: AnyObject {
    var kind: OutputKind { get }
    var file: OutputFile { get }

    /// Writes what stands before the first row of an empty file.
    func begin() throws(ReportError)
    func write(_ report: WindowReport) throws(ReportError)
    func write(_ flows: [FlowRecord]) throws(ReportError)
    /// Writes what could only be written at the end. Does not close the file.
    func finish() throws(ReportError)
}

/// `hosts` as CSV, TSV or JSON Lines.
final class HostRowOutput: ReportOutput {
    let kind = OutputKind.hosts
    let file: OutputFile
    private var encoder: RowEncoder<HostLine>
    private let order: RowOrder<HostLine>

    init(_ format: OutputFormat, _ file: OutputFile, sort: String?, top: Int?) {
        self.file = file
        encoder = RowEncoder(format)
        order = RowOrder(field: sort, top: top)
    }

    func begin() throws(ReportError) {
        encoder.appendHeader(to: &file.text)
        try file.endRow()
    }

    func write(_ report: WindowReport) throws(ReportError) {
        guard let first = report.hosts.first else { return }
        var line = HostLine(report, host: first)
        if order.keepsEverything {
            for host in report.hosts {
                line.host = host
                try append(line)
            }
        } else {
            for index in order.choose(from: report.hosts.count, { HostLine(report, host: report.hosts[$0]) }) {
                line.host = report.hosts[index]
                try append(line)
            }
        }
    }

    private func append(_ line: HostLine) throws(ReportError) {
        encoder.append(line, to: &file.text)
        try file.endRow()
    }

    func write(_ flows: [FlowRecord]) throws(ReportError) {}
    func finish() throws(ReportError) {}
}

/// `totals` as CSV, TSV or JSON Lines.
final class TotalsRowOutput: ReportOutput {
    let kind = OutputKind.totals
    let file: OutputFile
    private var encoder: RowEncoder<TotalsLine>

    init(_ format: OutputFormat, _ file: OutputFile) {
        self.file = file
        encoder = RowEncoder(format)
    }

    func begin() throws(ReportError) {
        encoder.appendHeader(to: &file.text)
        try file.endRow()
    }

    func write(_ report: WindowReport) throws(ReportError) {
        encoder.append(TotalsLine(report), to: &file.text)
        try file.endRow()
    }

    func write(_ flows: [FlowRecord]) throws(ReportError) {}
    func finish() throws(ReportError) {}
}

/// `flows` as CSV, TSV or JSON Lines: all of them as they end, or with `--top` the best of the whole run at its
/// end, since flows belong to no window.
final class FlowRowOutput: ReportOutput {
    let kind = OutputKind.flows
    let file: OutputFile
    private var encoder: RowEncoder<FlowRecord>
    private let rank: (@Sendable (FlowRecord) -> UInt64)?
    private var best: TopRows<FlowRecord>?

    init(_ format: OutputFormat, _ file: OutputFile, sort: String?, top: Int?) {
        self.file = file
        encoder = RowEncoder(format)
        rank = sort.flatMap { FlowRecord.rankings[$0] }
        best = top.map { TopRows(limit: $0) }
    }

    func begin() throws(ReportError) {
        encoder.appendHeader(to: &file.text)
        try file.endRow()
    }

    func write(_ report: WindowReport) throws(ReportError) {}

    func write(_ flows: [FlowRecord]) throws(ReportError) {
        for flow in flows {
            if best != nil { best?.add(flow, rank: rank?(flow) ?? 0) } else { try append(flow) }
        }
    }

    func finish() throws(ReportError) {
        for flow in best?.sorted() ?? [] { try append(flow) }
    }

    private func append(_ flow: FlowRecord) throws(ReportError) {
        encoder.append(flow, to: &file.text)
        try file.endRow()
    }
}

/// A table of any kind.
final class TableOutput: ReportOutput {
    private enum Table {
        case hosts(HostTable)
        case totals(TotalsTable)
        case flows(FlowTable)
    }

    let kind: OutputKind
    let file: OutputFile
    private var table: Table
    /// Where this table ended in the file; another position means that another table wrote.
    private var end = 0

    init(_ kind: OutputKind, _ file: OutputFile, sort: String?, top: Int?, width: Int, paint: Paint) {
        self.kind = kind
        self.file = file
        let limit = top ?? HostTable.defaultTop
        switch kind {
        case .hosts:
            // `host`, the key, is the one field that is no ranking: it keeps the order of the keys.
            let order = RowOrder<HostLine>(field: sort ?? "bytes", top: limit)
            table = .hosts(HostTable(order: order, width: width, paint: paint))
        case .totals: table = .totals(TotalsTable(width: width, paint: paint))
        case .flows: table = .flows(FlowTable(field: sort, top: limit, width: width, paint: paint))
        }
    }

    func begin() throws(ReportError) {}

    func write(_ report: WindowReport) throws(ReportError) {
        switch table {
        case .hosts(var hosts):
            file.text.append(hosts.text(of: report))
            table = .hosts(hosts)
        case .totals(var totals):
            if file.end != end { totals.wasInterrupted() }
            file.text.append(totals.text(of: report))
            table = .totals(totals)
        case .flows: return
        }
        end = file.end
        try file.endRow()
    }

    func write(_ records: [FlowRecord]) throws(ReportError) {
        guard case .flows(var flows) = table else { return }
        flows.add(records)
        table = .flows(flows)
    }

    func finish() throws(ReportError) {
        switch table {
        case .hosts: return
        case .totals: file.text.append("\n" as StaticString)
        case .flows(let flows): file.text.append(flows.text())
        }
        try file.endRow()
    }
}
