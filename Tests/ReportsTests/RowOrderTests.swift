import Flows
import HostStatistics
import Packets
import Testing

@testable import Reports

@Suite("--sort and --top")
struct RowOrderTests {
    /// The last numbers of the addresses and what they sent: 1 and 4 tie.
    static let sent: [(UInt32, UInt64)] = [(1, 50), (2, 90), (3, 10), (4, 50), (5, 70)]

    let window = report(
        sent.map { number, bytes in
            var row = host(.address(v4(10, 0, 0, number)))
            row.bytesSent = bytes
            row.bytesReceived = number == 3 ? 1000 : 0
            return row
        })

    func hosts(_ options: ReportOptions, _ format: OutputFormat = .csv) throws -> [String] {
        try written(.hosts, format, [window], options: options).split(separator: "\n").dropFirst()
            .map { String($0.split(separator: ",")[2].split(separator: ".")[3]) }
    }

    @Test("leave files in the order of addresses by default")
    func byKey() throws {
        #expect(try hosts(ReportOptions()) == ["1", "2", "3", "4", "5"])
        #expect(try hosts(ReportOptions(sort: "host")) == ["1", "2", "3", "4", "5"])
    }

    @Test("put the largest first, and ties in the order of addresses")
    func bySent() throws {
        #expect(try hosts(ReportOptions(sort: "bytes_sent")) == ["2", "5", "1", "4", "3"])
    }

    @Test("know the sum of both directions")
    func bySum() throws {
        #expect(try hosts(ReportOptions(sort: "bytes")) == ["3", "2", "5", "1", "4"])
    }

    @Test("rank hosts by the numbers by which windows choose them, and by the revision, which all rows share")
    func measures() {
        #expect(Set(HostMeasure.allCases.map(\.rawValue)).union(["revision"]) == Set(HostLine.rankingNames))
    }

    @Test("keep the first rows of each window", arguments: 1...6)
    func top(count: Int) throws {
        #expect(try hosts(ReportOptions(top: count)) == Array(["1", "2", "3", "4", "5"].prefix(count)))
        let sorted = ["2", "5", "1", "4", "3"]
        #expect(try hosts(ReportOptions(top: count, sort: "bytes_sent")) == Array(sorted.prefix(count)))
        let two = try written(.hosts, .csv, [window, window], options: ReportOptions(top: count))
        #expect(two.split(separator: "\n").count == 1 + 2 * min(count, 5))
    }

    @Test("do nothing to totals")
    func totals() throws {
        let reports = [window, window, window]
        let plain = try written(.totals, .csv, reports)
        #expect(try written(.totals, .csv, reports, options: ReportOptions(top: 1, sort: "bytes")) == plain)
    }

    @Test("choose flows over the whole run, however they come")
    func flows() throws {
        let flows = (0..<100).map { number in flow { $0.sourceBytes = UInt64(number * 37 % 100) } }
        let folder = try TemporaryFolder()
        let output = OutputSpecification(kind: .flows, format: .csv, destination: .file(path: folder.path("f")))
        let writer = try ReportWriter(outputs: [output], options: ReportOptions(top: 3, sort: "source_bytes"))
        for flow in flows { try writer.write([flow]) }
        try writer.finish(summary: RunSummary())
        let bytes = try folder.text("f").split(separator: "\n").dropFirst().map { $0.split(separator: ",")[9] }
        #expect(bytes == ["99", "98", "97"])
    }

    @Test("take a field that some output has")
    func fields() throws {
        let options = ReportOptions(sort: "source_packets")
        #expect(try written(.flows, .csv, options: options).isEmpty == false)
        let error = try #require(throws: ReportError.self) { try written(.hosts, .csv, options: options) }
        #expect(error.category == .usage)
        #expect(
            error.description == """
                cannot sort by 'source_packets'; the fields are host, packets, bytes, wire_bytes, packets_sent, \
                packets_received, bytes_sent, bytes_received, wire_bytes_sent, wire_bytes_received, flows, \
                flows_started, peers, revision
                """)
        #expect(throws: ReportError.badTop(0)) { try written(.hosts, .csv, options: ReportOptions(top: 0)) }
    }

    @Test("choose the same as sorting everything would", arguments: 0..<50)
    func bestOf(limit: Int) {
        var best = TopRows<Int>(limit: limit)
        let ranks = (0..<40).map { UInt64($0 * 17 % 13) }
        for (index, rank) in ranks.enumerated() { best.add(index, rank: rank) }
        let expected = ranks.indices.sorted { ranks[$0] != ranks[$1] ? ranks[$0] > ranks[$1] : $0 < $1 }
        #expect(best.sorted() == Array(expected.prefix(limit)))
        #expect(best.count == ranks.count)
    }
}
