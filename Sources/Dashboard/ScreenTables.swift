internal import EventTime
internal import Flows
internal import HostStatistics
internal import Packets
internal import Reports

/// A table of the screen: which columns it has, what ranks rows by each, and what their cells say.
protocol ScreenTable {
    associatedtype Row
    static var columns: [TableColumn] { get }
    static var defaultColumn: Int { get }
    /// Whether a column is sorted from its beginning, as texts are, and not from its largest value.
    static func isAscending(_ column: Int) -> Bool
    /// What ranks a row; the largest comes first. `place` is the row's in the order in which rows come.
    func rank(_ row: Row, place: Int, by column: Int) -> UInt64
    func cells(of row: Row) -> [String]
    /// The text that the filter looks in.
    func searchText(of row: Row) -> String
    /// What a bar behind the row shows.
    func weight(of row: Row) -> UInt64
}

/// The hosts of one window.
struct HostsTable: ScreenTable {
    static let columns = [
        TableColumn("HOST", .left, expected: 15, narrowest: 7, emphasis: .bold),
        TableColumn("RATE", .right, expected: 11),
        TableColumn("SENT", .right, expected: 11, expendability: 3),
        TableColumn("RECEIVED", .right, expected: 11, expendability: 2),
        TableColumn("PACKETS", .right, expendability: 1),
        TableColumn("FLOWS", .right, expected: 6, expendability: 5),
        TableColumn("NEW", .right, expected: 6, expendability: 6),
        TableColumn("PEERS", .right, expected: 6, expendability: 4),
    ]
    static let defaultColumn = 1

    let span: Nanoseconds
    let showsBytes: Bool

    static func isAscending(_ column: Int) -> Bool { column == 0 }

    func rank(_ row: HostRow, place: Int, by column: Int) -> UInt64 {
        switch column {
        case 0: UInt64.max - UInt64(place)
        case 1: row.bytes
        case 2: row.bytesSent
        case 3: row.bytesReceived
        case 4: row.packets
        case 5: row.flows
        case 6: row.flowsStarted
        default: row.peers
        }
    }

    func cells(of row: HostRow) -> [String] {
        [
            row.host.text, rate(row.bytes), rate(row.bytesSent), rate(row.bytesReceived),
            HumanUnits.count(row.packets), HumanUnits.count(row.flows), HumanUnits.count(row.flowsStarted),
            HumanUnits.count(row.peers),
        ]
    }

    func searchText(of row: HostRow) -> String { row.host.text }
    func weight(of row: HostRow) -> UInt64 { row.bytes }

    private func rate(_ bytes: UInt64) -> String {
        showsBytes ? HumanUnits.byteRate(bytes: bytes, in: span) : HumanUnits.bitRate(bytes: bytes, in: span)
    }
}

/// Flows that have ended.
struct FlowsTable: ScreenTable {
    static let columns = [
        TableColumn("ENDED", .left, expected: 8),
        TableColumn("SOURCE", .left, expected: 21, narrowest: 7, emphasis: .bold),
        TableColumn("DESTINATION", .left, expected: 21, narrowest: 7, emphasis: .bold),
        TableColumn("PROTO", .left, expected: 5, expendability: 2),
        TableColumn("BYTES", .right, expected: 7),
        TableColumn("PACKETS", .right, expendability: 3),
        TableColumn("LASTED", .right, expected: 8, expendability: 4),
        TableColumn("END", .left, expected: 7, expendability: 5),
    ]
    static let defaultColumn = 0

    let showsBytes: Bool

    static func isAscending(_ column: Int) -> Bool { [1, 2, 3, 7].contains(column) }

    func rank(_ row: FlowRecord, place: Int, by column: Int) -> UInt64 {
        switch column {
        // The latest first; both signs in one order.
        case 0: UInt64(bitPattern: row.end) ^ 1 << 63
        case 1: UInt64.max - Self.prefix(row.source)
        case 2: UInt64.max - Self.prefix(row.destination)
        case 3: UInt64.max - UInt64(row.transport)
        case 4: row.bytes
        case 5: row.packets
        case 6: row.end >= row.start ? UInt64(row.end.saturatingSubtract(row.start)) : 0
        default: UInt64.max - UInt64(row.endReason.rawValue)
        }
    }

    func cells(of row: FlowRecord) -> [String] {
        let time = TableText.time(row.end).dropFirst("2023-11-14 ".count).prefix("22:13:20".count)
        let bytes = showsBytes ? HumanUnits.bytes(row.bytes) : HumanUnits.bits(bytes: row.bytes)
        return [
            String(time), row.sourceEndpoint, row.destinationEndpoint,
            TransportProtocol(rawValue: row.transport).description, bytes, HumanUnits.count(row.packets),
            HumanUnits.duration(TimeWindow(start: row.start, end: row.end).length), row.endReason.name,
        ]
    }

    func searchText(of row: FlowRecord) -> String {
        let transport = TransportProtocol(rawValue: row.transport).description
        return "\(row.sourceEndpoint) \(row.destinationEndpoint) \(transport) \(row.endReason.name)"
    }

    func weight(of row: FlowRecord) -> UInt64 { row.bytes }

    /// The first bits of an address, IPv4 before IPv6: enough to keep neighbours together.
    private static func prefix(_ address: IPAddress) -> UInt64 {
        address.family == .v4 ? address.low : 1 << 63 | address.high >> 1
    }
}
