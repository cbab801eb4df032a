import EventTime
import Flows
import Glibc
import HostStatistics
import Packets
import Reports

/// Writes rows as a run does, without packets: what a row costs from a window's report, or from flows that ended, to
/// the kernel.
///
///     run-rows hosts|flows FORMAT WINDOWS [ROWS [DESTINATION]]
///
/// Each of the windows has the rows of the same hosts, or the same flows: 50,000, or as many as ROWS says, a tenth of
/// them IPv6, with counts of one to six digits and bytes to match. The destination is /dev/null where it is not said,
/// which takes what it gets and costs nothing. Prints rows, bytes, CPU per row and rows a second of CPU.
@main
struct RunRows {
    static func main() {
        let arguments = CommandLine.arguments
        guard (4...6).contains(arguments.count), let kind = OutputKind(rawValue: arguments[1]), kind != .totals,
            let windows = Int(arguments[3]), windows > 0,
            let count = arguments.count > 4 ? Int(arguments[4]) : 50_000, count > 0
        else {
            say("usage: run-rows hosts|flows FORMAT WINDOWS [ROWS [DESTINATION]]", to: 2)
            exit(64)
        }
        do throws(ReportError) {
            let path = arguments.count > 5 ? arguments[5] : "/dev/null"
            try run(kind, arguments[2], windows, count, to: path)
        } catch {
            say("run-rows: \(error)", to: 2)
            exit(1)
        }
    }

    private static func run(
        _ kind: OutputKind, _ name: String, _ windows: Int, _ count: Int, to path: String
    ) throws(ReportError) {
        guard let format = OutputFormat(rawValue: name), format != .table else { throw .unknownFormat(name) }
        let output = OutputSpecification(kind: kind, format: format, destination: .file(path: path))
        let writer = try ReportWriter(outputs: [output])
        var report = WindowReport(
            window: TimeWindow(start: 0, end: 0), revision: 0, isComplete: true, totals: WindowTotals(),
            hosts: kind == .hosts ? hosts(count) : [])
        let flows = kind == .flows ? flows(count) : []
        let start = cpuNanoseconds
        for window in 0..<Int64(windows) {
            report.window.start = (1_700_000_000 + 10 * window) * .second
            report.window.end = report.window.start + 10 * .second
            try writer.write(report)
            try writer.write(flows)
        }
        try writer.flush()
        let spent = cpuNanoseconds - start
        let bytes = writer.positions.reduce(0) { $0 + $1.position }
        try writer.finish(summary: RunSummary())
        let rows = windows * count
        let tenths = spent * 10 / rows
        say(
            "\(rows) rows, \(bytes) bytes, \(tenths / 10).\(tenths % 10) ns a row, "
                + "\(rows * 1_000_000_000 / max(spent, 1)) rows a second", to: 1)
    }

    private static func addresses(_ count: Int, _ random: inout SeededNumbers) -> [IPAddress] {
        var addresses: Set<IPAddress> = []
        while addresses.count < count { addresses.insert(random.address(isV6: addresses.count % 10 == 9)) }
        return addresses.sorted()
    }

    private static func hosts(_ count: Int) -> [HostRow] {
        var random = SeededNumbers(state: 5)
        return addresses(count, &random).map { address in
            let (sent, received) = (random.count(), random.count())
            let bytesSent = sent * (40 + random.next() % 1400)
            let bytesReceived = received * (40 + random.next() % 1400)
            return HostRow(
                host: .address(address), packetsSent: sent, packetsReceived: received, bytesSent: bytesSent,
                bytesReceived: bytesReceived, wireBytesSent: bytesSent + 14 * sent,
                wireBytesReceived: bytesReceived + 14 * received, flows: 1 + sent / 20, flowsStarted: sent / 40,
                peers: 1 + sent / 50)
        }
    }

    private static func flows(_ count: Int) -> [FlowRecord] {
        var random = SeededNumbers(state: 6)
        return (0..<count).map { number in
            let isV6 = number % 10 == 9
            let (sent, received) = (random.count(), random.count())
            let start = 1_700_000_000 * .second + Nanoseconds(number) * 1_234_567
            return FlowRecord(
                start: start, end: start + Nanoseconds(random.next() % 10_000_000_000),
                source: random.address(isV6: isV6), destination: random.address(isV6: isV6),
                sourcePort: UInt16(truncatingIfNeeded: random.next()), destinationPort: 443, transport: 6,
                hasPorts: true, sourcePackets: sent, destinationPackets: received, sourceBytes: 60 * sent,
                destinationBytes: 900 * received, sourceWireBytes: 74 * sent, destinationWireBytes: 914 * received,
                sourceTCPFlags: 0x1B, destinationTCPFlags: 0x1B, endReason: .fin)
        }
    }

    /// User and system time of this process.
    private static var cpuNanoseconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func say(_ line: String, to descriptor: Int32) {
        let bytes = Array((line + "\n").utf8)
        _ = write(descriptor, bytes, bytes.count)
    }
}

/// Numbers that are the same each time (SplitMix64).
private struct SeededNumbers {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func address(isV6: Bool) -> IPAddress {
        isV6
            ? IPAddress(high: 0x2001_0DB8_0000_0000 | next() & 0xFFFF, low: next())
            : IPAddress(v4: UInt32(truncatingIfNeeded: next()))
    }

    /// Of one to six digits, small numbers more often.
    mutating func count() -> UInt64 { next() >> (44 + next() % 20) }
}
