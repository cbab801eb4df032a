import EventTime
import Flows
import Foundation
import HostStatistics
import Packets
import Testing

@testable import Reports

@Suite("Rows in files")
struct RowFormatTests {
    let window = report(
        [
            host(.address(v4(10, 0, 0, 1))),
            host(.address(IPAddress(high: 0x2001_0DB8_0000_0000, low: 1)), scale: 2), host(.other, scale: 3),
        ])

    @Test("of hosts have the contract's columns, in CSV")
    func hostsAsCSV() throws {
        let text = try written(.hosts, .csv, [window])
        #expect(
            text == """
                window_start,window_end,host,packets_sent,packets_received,bytes_sent,bytes_received,\
                wire_bytes_sent,wire_bytes_received,flows,flows_started,peers,revision,complete
                2023-11-14T22:13:20Z,2023-11-14T22:13:30Z,10.0.0.1,12,9,3400,1200000,3568,1200126,4,3,2,0,true
                2023-11-14T22:13:20Z,2023-11-14T22:13:30Z,2001:db8::1,24,18,6800,2400000,7136,2400252,8,6,4,0,true
                2023-11-14T22:13:20Z,2023-11-14T22:13:30Z,other,36,27,10200,3600000,10704,3600378,12,9,6,0,true

                """)
    }

    @Test("of hosts have numbers as numbers and truth as truth, in JSON Lines")
    func hostsAsJSON() throws {
        let revised = report([window.hosts[0]], length: 500_000_000, revision: 3, isComplete: false)
        #expect(
            try written(.hosts, .jsonl, [revised]) == """
                {"window_start":"2023-11-14T22:13:20Z","window_end":"2023-11-14T22:13:20.500Z","host":"10.0.0.1",\
                "packets_sent":12,"packets_received":9,"bytes_sent":3400,"bytes_received":1200000,\
                "wire_bytes_sent":3568,"wire_bytes_received":1200126,"flows":4,"flows_started":3,"peers":2,\
                "revision":3,"complete":false}

                """)
    }

    @Test("of totals have the contract's columns, in TSV")
    func totalsAsTSV() throws {
        let lossy = report([window.hosts[0]], isComplete: false) { totals in
            totals.malformedPackets = 1
            totals.latePackets = 2
            totals.droppedPackets = 3
            totals.gap = 1_500_000_000
        }
        let names = """
            window_start window_end packets ip_packets non_ip_packets malformed_packets late_packets \
            dropped_packets gap_seconds bytes wire_bytes hosts flows revision complete
            """
        let values = "2023-11-14T22:13:20Z 2023-11-14T22:13:30Z 14 12 2 1 2 3 1.5 3400 3688 1 7 0 false"
        let expected = "\(names)\n\(values)\n".replacing(" ", with: "\t")
        #expect(try written(.totals, .tsv, [lossy]) == expected)
    }

    @Test("of flows have the contract's columns, then TCP's flags as letters")
    func flowsAsCSV() throws {
        let lines = try written(
            .flows, .csv,
            flows: [
                flow(),
                flow { flow in
                    flow.transport = 47
                    flow.hasPorts = false
                    flow.endReason = .idle
                },
            ]
        ).split(separator: "\n")
        #expect(
            lines[0] == """
                flow_start,flow_end,source_ip,source_port,destination_ip,destination_port,transport,\
                source_packets,destination_packets,source_bytes,destination_bytes,source_wire_bytes,\
                destination_wire_bytes,end_reason,community_id,source_tcp_flags,destination_tcp_flags
                """)
        #expect(
            lines[1].hasPrefix(
                "2023-11-14T22:13:20Z,2023-11-14T22:13:21.500Z,10.0.0.1,51234,192.0.2.80,443,tcp,10,12,900,14000,"
                    + "1040,14168,fin,"))
        #expect(lines[1].hasSuffix(",APSF,APS"))
        // No ports, no flags: the columns stay empty.
        #expect(lines[2].contains(",10.0.0.1,,192.0.2.80,,"))
        #expect(lines[2].hasSuffix(",,"))
    }

    @Test("lack ports and flags as null, in JSON Lines")
    func absentAsNull() throws {
        let text = try written(
            .flows, .jsonl,
            flows: [
                flow { flow in
                    flow.transport = 50
                    flow.hasPorts = false
                }
            ])
        for name in ["source_port", "destination_port", "source_tcp_flags", "destination_tcp_flags"] {
            #expect(text.contains("\"\(name)\":null"))
        }
    }

    @Test("begin with a header even where there are none, and JSON Lines with nothing")
    func noRows() throws {
        #expect(try written(.hosts, .csv).hasPrefix("window_start,"))
        #expect(try written(.flows, .tsv).split(separator: "\n").count == 1)
        #expect(try written(.totals, .jsonl) == "")
    }

    @Test(
        "carry the same values in CSV, TSV and JSON Lines",
        arguments: [OutputKind.hosts, .totals, .flows], 0..<8 as Range<UInt64>)
    func sameValues(kind: OutputKind, seed: UInt64) throws {
        var generator = Generator(state: seed)
        let reports = (0..<20).map { _ in generator.report() }
        let flows = (0..<50).map { _ in generator.flow() }
        let csv = try parse(try written(kind, .csv, reports, flows: flows), separator: ",")
        let tsv = try parse(try written(kind, .tsv, reports, flows: flows), separator: "\t")
        #expect(csv == tsv)
        let names = try #require(csv.first)
        let json = try written(kind, .jsonl, reports, flows: flows).split(separator: "\n")
        #expect(json.count == csv.count - 1)
        for (line, fields) in zip(json, csv.dropFirst()) {
            #expect(fields.count == names.count)
            let object = try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8))
            #expect(object.count == names.count)
            for (name, field) in zip(names, fields) {
                #expect(object[name]?.text == field, "\(name), seed \(seed)")
            }
        }
    }
}

/// Splits CSV or TSV strictly: every line ends with LF, has as many fields as the first, and none needs quotes.
private func parse(_ text: String, separator: Character) throws -> [[String]] {
    #expect(text.hasSuffix("\n"))
    #expect(!text.contains("\""))
    #expect(!text.contains("\r"))
    let rows = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        .map { $0.split(separator: separator, omittingEmptySubsequences: false).map(String.init) }
    for row in rows { #expect(row.count == rows[0].count) }
    return rows
}

/// A value of JSON, as CSV would write it.
private struct JSONValue: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            text = ""
        } else if let flag = try? value.decode(Bool.self) {
            text = "\(flag)"
        } else if let number = try? value.decode(UInt64.self) {
            text = "\(number)"
        } else if let number = try? value.decode(Decimal.self) {
            text = "\(number)"
        } else {
            text = try value.decode(String.self)
        }
    }
}
