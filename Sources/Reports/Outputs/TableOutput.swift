internal import EventTime
internal import Flows
internal import HostStatistics

/// A table of any kind, written a window at a time.
final class TableOutput: ReportOutput {
    let kind: OutputKind
    let file: OutputFile
    // The one of these that is of this kind.
    private var hosts: HostTable?
    private var totals: TotalsTable?
    private var flows: FlowTable?
    private var text = TextBuffer(capacity: 4096)
    /// Where this table ended in the file; another position means that another table wrote.
    private var end = 0

    init(_ kind: OutputKind, _ file: OutputFile, sort: String?, top: Int?, width: Int, paint: Paint) {
        self.kind = kind
        self.file = file
        let limit = top ?? HostTable.defaultTop
        switch kind {
        case .hosts:
            let order = RowOrder<HostLine>(field: HostTable.rankingField(sort), top: limit)
            hosts = HostTable(order: order, width: width, paint: paint)
        case .totals: totals = TotalsTable(width: width, paint: paint)
        case .flows: flows = FlowTable(field: sort, top: limit, width: width, paint: paint)
        }
    }

    func begin() throws(ReportError) {}

    func write(_ report: WindowReport) throws(ReportError) {
        if file.position != end {
            totals?.wasInterrupted()
            if hosts != nil { text.append("\n" as StaticString) }
        }
        if let lines = hosts?.text(of: report) ?? totals?.text(of: report) { text.append(lines) }
        try flush()
    }

    func write(_ records: [FlowRecord]) throws(ReportError) { flows?.add(records) }

    func flush() throws(ReportError) {
        try file.write(&text)
        end = file.position
    }

    func encodeState(into state: inout StateEncoder) {
        end.encode(into: &state)
        hosts?.encodeState(into: &state)
        totals?.encodeState(into: &state)
        flows?.encodeState(into: &state)
    }

    func restoreState(from state: inout StateDecoder) throws(StateError) {
        end = try Int(from: &state)
        try hosts?.restoreState(from: &state)
        try totals?.restoreState(from: &state)
        try flows?.restoreState(from: &state)
    }

    func finish() throws(ReportError) {
        if totals != nil { text.append("\n" as StaticString) }
        if let flows { text.append(flows.text()) }
        try flush()
    }
}
