import Foundation
import TestSupport
import Testing

enum Tshark {
    static let path = "/usr/bin/tshark"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: path)
}

@Suite("Compared with tshark itself", .enabled(if: Tshark.isInstalled, "tshark is not installed"))
struct TsharkTests {
    static let fields = [
        "frame.len", "ip.src", "ip.dst", "ip.len", "ipv6.src", "ipv6.dst", "ipv6.plen",
    ]

    /// Of each capture the outermost IP header; captures in which IPv4 carries IPv6 would show two at once.
    static let captures = [
        "dns.pcap", "http.pcap", "icmp.pcap", "scan.pcap", "ipv6.pcap", "fragments.pcap", "qinq.pcap", "mpls.pcap",
        "any.pcap", "two-interfaces.pcapng", "bulk.pcap",
    ]

    @Test("each host sent and received the same", arguments: captures)
    func hosts(name: String) throws {
        let capture = KnownCaptures.own.appending(path: name).path
        let options = ["-n", "-r", capture, "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"]
        let format =
            ["-T", "fields", "-E", "occurrence=f", "-E", "separator=,"] + Self.fields.flatMap { ["-e", $0] }
        let other = try RunningCommand(Tshark.path, options + format).wait()
        #expect(other.status == 0)
        var expected: [String: [Int]] = [:]
        for line in other.output.split(separator: "\n") {
            let values = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard values.count == Self.fields.count, let wire = Int(values[0]) else { continue }
            let isIPv4 = !values[1].isEmpty
            guard let bytes = Int(isIPv4 ? values[3] : values[6]).map({ isIPv4 ? $0 : $0 + 40 }) else { continue }
            Self.add([1, 0, bytes, 0, wire, 0], to: &expected[isIPv4 ? values[1] : values[4]])
            Self.add([0, 1, 0, bytes, 0, wire], to: &expected[isIPv4 ? values[2] : values[5]])
        }
        #expect(!expected.isEmpty)

        let run = try BuiltCommand.run(["replay", "-q", "--layer", "outer", "--format", "csv", capture])
        #expect(run.status == 0)
        var found: [String: [Int]] = [:]
        for row in ReportRows(csv: run.output).rows { Self.add(row.hostCounts, to: &found[row["host"]]) }
        #expect(found == expected)
    }

    private static func add(_ counts: [Int], to sum: inout [Int]?) {
        sum = zip(sum ?? Array(repeating: 0, count: counts.count), counts).map { $0 + $1 }
    }
}
