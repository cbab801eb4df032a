import EventTime
import Flows
import Foundation
import HostStatistics
import Packets

@testable import Reports

/// 2023-11-14T22:13:20Z
let start: Nanoseconds = 1_700_000_000 * .second

func v4(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32) -> IPAddress {
    IPAddress(v4: a << 24 | b << 16 | c << 8 | d)
}

/// Counts that differ from one another, all derived from `scale`.
func host(_ host: ReportedHost, scale: UInt64 = 1) -> HostRow {
    HostRow(
        host: host, packetsSent: 12 * scale, packetsReceived: 9 * scale, bytesSent: 3400 * scale,
        bytesReceived: 1_200_000 * scale, wireBytesSent: 3568 * scale, wireBytesReceived: 1_200_126 * scale,
        flows: 4 * scale, flowsStarted: 3 * scale, peers: 2 * scale)
}

func report(
    _ hosts: [HostRow], start: Nanoseconds = start, length: Nanoseconds = 10 * .second, revision: Int = 0,
    isComplete: Bool = true, _ change: (inout WindowTotals) -> Void = { _ in }
) -> WindowReport {
    var totals = WindowTotals()
    totals.packets = hosts.reduce(2) { $0 + $1.packetsSent }
    totals.ipPackets = totals.packets - 2
    totals.nonIPPackets = 2
    totals.bytes = hosts.reduce(0) { $0 + $1.bytesSent }
    totals.wireBytes = hosts.reduce(120) { $0 + $1.wireBytesSent }
    totals.hosts = UInt64(hosts.count)
    totals.flows = 7
    change(&totals)
    return WindowReport(
        window: TimeWindow(start: start, end: start + length), revision: revision, isComplete: isComplete,
        totals: totals, hosts: hosts)
}

/// A TCP connection of 1.5 s.
func flow(_ change: (inout FlowRecord) -> Void = { _ in }) -> FlowRecord {
    var flow = FlowRecord(
        start: start, end: start + 1_500_000_000, source: v4(10, 0, 0, 1), destination: v4(192, 0, 2, 80),
        sourcePort: 51_234, destinationPort: 443, transport: 6, hasPorts: true, sourcePackets: 10,
        destinationPackets: 12, sourceBytes: 900, destinationBytes: 14_000, sourceWireBytes: 1040,
        destinationWireBytes: 14_168, sourceTCPFlags: 0x1B, destinationTCPFlags: 0x1A, endReason: .fin)
    change(&flow)
    return flow
}

/// A folder that lasts as long as its test.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "reports-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path(percentEncoded: false) }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: url.appending(path: name)), as: UTF8.self)
    }
}

/// What a run writes to one output.
func written(
    _ kind: OutputKind, _ format: OutputFormat, _ reports: [WindowReport] = [], flows: [FlowRecord] = [],
    options: ReportOptions = ReportOptions(), summary: RunSummary = RunSummary()
) throws -> String {
    let folder = try TemporaryFolder()
    let output = OutputSpecification(kind: kind, format: format, destination: .file(path: folder.path("out")))
    let writer = try ReportWriter(outputs: [output], options: options)
    for report in reports { try writer.write(report) }
    try writer.write(flows)
    try writer.finish(summary: summary)
    return try folder.text("out")
}
