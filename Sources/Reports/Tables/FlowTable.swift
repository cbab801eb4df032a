internal import EventTime
internal import Flows
internal import Packets

/// The `flows` report for people: the largest flows of the whole run, at its end. It holds no more flows than it
/// shows.
struct FlowTable {
    private let paint: Paint
    /// Nil for bytes.
    private let ranking: Ranking<FlowRecord>?
    private var best: TopRows<FlowRecord>
    private let layout: TableLayout

    /// `field` is one of the flows' rankings, or else bytes.
    init(field: String?, top: Int, width: Int, paint: Paint) {
        self.paint = paint
        ranking = field.flatMap { Ranking($0) }
        best = TopRows(limit: top)
        layout = TableLayout(
            [
                TableColumn("START (UTC)", .left, expected: 19, expendability: 3),
                TableColumn("LASTED", .right, expected: 8, expendability: 1),
                TableColumn("PROTO", .left),
                TableColumn("SOURCE", .left, expected: 15, narrowest: 12, emphasis: .bold),
                TableColumn("DESTINATION", .left, expected: 15, narrowest: 12, emphasis: .bold),
                TableColumn("BYTES", .right, expected: 7),
                TableColumn("PACKETS", .right),
                TableColumn("END", .left, expected: 7, expendability: 2),
            ], width: width)
    }

    mutating func add(_ flows: [FlowRecord]) {
        for flow in flows { best.add(flow, rank: ranking?.rank(of: flow) ?? flow.bytes) }
    }

    func encodeState(into state: inout StateEncoder) { best.encode(into: &state) }

    mutating func restoreState(from state: inout StateDecoder) throws(StateError) {
        best = try TopRows(limit: best.limit, from: &state)
    }

    /// All lines, each with its line feed.
    func text() -> String {
        let flows = best.sorted()
        let all = UInt64(best.count)
        guard !flows.isEmpty else { return paint("No flows", .bold) + "\n\n" }
        let count = HumanUnits.grouped(UInt64(flows.count))
        let field = ranking?.name ?? "bytes"
        let title =
            UInt64(flows.count) < all
            ? "Top \(count) of \(HumanUnits.grouped(all)) flows, by \(field)"
            : "\(count) flow\(all == 1 ? "" : "s"), by \(field)"
        let cells = flows.map { self.cells(of: $0) }
        var layout = layout
        layout.fit(cells)
        var text = paint(title, .bold) + "\n" + layout.header(paint) + "\n"
        for row in cells { text += layout.row(row, paint) + "\n" }
        let left = all - UInt64(flows.count)
        if left > 0 {
            text += "  " + paint("… and \(HumanUnits.grouped(left)) more flow\(left == 1 ? "" : "s")", .dim) + "\n"
        }
        return text + "\n"
    }

    private func cells(of flow: FlowRecord) -> [String] {
        let length = TimeWindow(start: flow.start, end: flow.end).length
        let secondCount = 19
        return [
            String(TableText.time(flow.start).prefix(secondCount)),
            HumanUnits.duration(length),
            TransportProtocol(rawValue: flow.transport).description,
            flow.sourceEndpoint,
            flow.destinationEndpoint,
            HumanUnits.bytes(flow.bytes),
            HumanUnits.count(flow.packets),
            flow.endReason.name,
        ]
    }
}
