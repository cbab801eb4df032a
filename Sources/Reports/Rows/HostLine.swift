internal import EventTime
internal import HostStatistics
internal import Packets

/// A row of the `hosts` report: one host in one window.
struct HostLine {
    var window: TimeWindow
    var revision: Int
    var isComplete: Bool
    var host: HostRow

    init(_ report: WindowReport, host: HostRow) {
        window = report.window
        revision = report.revision
        isComplete = report.isComplete
        self.host = host
    }
}

extension HostLine: ReportRow {
    static let columns: [Column<HostLine>] = [
        Column("window_start", .time { $0.window.start }),
        Column("window_end", .time { $0.window.end }),
        Column("host", .text { $0.host.host.append(to: &$1) }),
        Column("packets_sent", .count { $0.host.packetsSent }),
        Column("packets_received", .count { $0.host.packetsReceived }),
        Column("bytes_sent", .count { $0.host.bytesSent }),
        Column("bytes_received", .count { $0.host.bytesReceived }),
        Column("wire_bytes_sent", .count { $0.host.wireBytesSent }),
        Column("wire_bytes_received", .count { $0.host.wireBytesReceived }),
        Column("flows", .count { $0.host.flows }),
        Column("flows_started", .count { $0.host.flowsStarted }),
        Column("peers", .count { $0.host.peers }),
        Column("revision", .count { UInt64($0.revision) }),
        Column("complete", .flag { $0.isComplete }),
    ]

    static let sums: [Column<HostLine>] = [
        Column("packets", .count { $0.host.packets }),
        Column("bytes", .count { $0.host.bytes }),
        Column("wire_bytes", .count { $0.host.wireBytesSent &+ $0.host.wireBytesReceived }),
    ]
}

extension HostRow {
    /// Sent and received. Wraps where two 64-bit counts do not fit in one, after 18 exabytes.
    var bytes: UInt64 { bytesSent &+ bytesReceived }
    var packets: UInt64 { packetsSent &+ packetsReceived }
}

extension ReportedHost {
    /// The address, or `other`.
    func append(to text: inout [UInt8]) {
        switch self {
        case .address(let address): address.append(to: &text)
        case .other: text.append(contentsOf: "other".utf8)
        }
    }
}
