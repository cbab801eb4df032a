internal import EventTime
package import HostStatistics
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
    func showColumns(to visitor: inout some ColumnVisitor & ~Copyable) {
        visitor.time("window_start", window.start)
        visitor.time("window_end", window.end)
        visitor.text("host") { host.host.store(at: &$0) }
        visitor.count("packets_sent", host.packetsSent)
        visitor.count("packets_received", host.packetsReceived)
        visitor.count("bytes_sent", host.bytesSent)
        visitor.count("bytes_received", host.bytesReceived)
        visitor.count("wire_bytes_sent", host.wireBytesSent)
        visitor.count("wire_bytes_received", host.wireBytesReceived)
        visitor.count("flows", host.flows)
        visitor.count("flows_started", host.flowsStarted)
        visitor.count("peers", host.peers)
        visitor.count("revision", UInt64(revision))
        visitor.flag("complete", isComplete)
    }

    func showSums(to visitor: inout some ColumnVisitor & ~Copyable) {
        visitor.count("packets", host.packets)
        visitor.count("bytes", host.bytes)
        visitor.count("wire_bytes", host.wireBytesSent &+ host.wireBytesReceived)
    }
}

extension HostLine {
    static let blank = HostLine(.blank, host: .blank)
}

extension WindowReport {
    static let blank = WindowReport(
        window: TimeWindow(start: 0, end: 0), revision: 0, isComplete: true, totals: WindowTotals(), hosts: [])
}

extension HostRow {
    static let blank = HostRow(
        host: .other, packetsSent: 0, packetsReceived: 0, bytesSent: 0, bytesReceived: 0, wireBytesSent: 0,
        wireBytesReceived: 0, flows: 0, flowsStarted: 0, peers: 0)

    /// Sent and received. Wraps where two 64-bit counts do not fit in one, after 18 exabytes.
    package var bytes: UInt64 { bytesSent &+ bytesReceived }
    package var packets: UInt64 { packetsSent &+ packetsReceived }
}

extension ReportedHost {
    /// The address, or `other`.
    package var text: String { String(atMost: TextCursor.longestWord) { store(at: &$0) } }

    /// The address, or `other`.
    @inline(__always)
    func store(at text: inout TextCursor) {
        switch self {
        case .address(let address): text.store(address)
        case .other: text.store("other")
        }
    }
}
