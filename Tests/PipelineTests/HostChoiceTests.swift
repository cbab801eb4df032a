import EventTime
import Foundation
import Reports
import TestSupport
import Testing

@testable import Pipeline

/// `--top`, where nothing but the rows that will be written are made.
@Suite("The first hosts of a window")
struct HostChoiceTests {
    static let windows = [
        SlidingWindows.tumbling(10 * .second), SlidingWindows(size: 60 * .second, slide: 7 * .second),
    ]
    /// What `--sort` takes, and nothing.
    static let fields: [String?] = [
        nil, "host", "packets", "bytes", "wire_bytes", "packets_sent", "packets_received", "bytes_sent",
        "bytes_received", "wire_bytes_sent", "wire_bytes_received", "flows", "flows_started", "peers", "revision",
    ]

    /// Replays packets into one file of hosts, and perhaps others beside it; returns the file's text.
    private func hosts(
        _ capture: String, _ format: OutputFormat, beside: OutputFormat? = nil,
        _ configure: (inout ReplayConfiguration) -> Void
    ) throws -> (text: String, isChosen: Bool) {
        let folder = try ScratchFolder()
        var configuration = ReplayConfiguration(inputs: [.path(capture)])
        configure(&configuration)
        configuration.outputs = [
            OutputSpecification(kind: .hosts, format: format, destination: .file(path: folder.path("hosts")))
        ]
        if let beside {
            configuration.outputs.append(
                OutputSpecification(kind: .hosts, format: beside, destination: .file(path: folder.path("beside"))))
        }
        let outcome = try ReplayJob(configuration) { _ in }.run()
        #expect(outcome.outputError == nil)
        return (try folder.text("hosts"), configuration.analysis.hostChoice != nil)
    }

    /// The first lines of each window of a CSV report of all hosts, as they would stand there if all were sorted.
    private func first(_ limit: Int, by field: String?, of csv: String) -> [Substring] {
        let lines = csv.split(separator: "\n")
        let rows = ReportRows(csv: csv)
        func rank(_ row: ReportRows.Row) -> Int {
            switch field {
            case nil, "host": 0
            case "packets": row.number("packets_sent") + row.number("packets_received")
            case "bytes": row.number("bytes_sent") + row.number("bytes_received")
            case "wire_bytes": row.number("wire_bytes_sent") + row.number("wire_bytes_received")
            case let column?: row.number(column)
            }
        }
        var chosen = Array(lines.prefix(1))
        var start = 0
        while start < rows.rows.count {
            let window = rows.rows[start]
            let end =
                rows.rows[start...].firstIndex {
                    $0.window != window.window || $0["revision"] != window["revision"]
                } ?? rows.rows.count
            let order = (start..<end).sorted {
                let (a, b) = (rank(rows.rows[$0]), rank(rows.rows[$1]))
                return a != b ? a > b : $0 < $1
            }
            chosen += order.prefix(limit).map { lines[1 + $0] }
            start = end
        }
        return chosen
    }

    @Test("are those that would come first if all were written and sorted", arguments: windows, [0, 30 * .second])
    func all(windows: SlidingWindows, lateness: Nanoseconds) throws {
        let folder = try ScratchFolder()
        let packets = TrafficGenerator.packets(1500, seed: 77)
        let capture = try folder.write(TrafficGenerator.pcap(packets), as: "a.pcap")
        let configure = { (configuration: inout ReplayConfiguration) in
            (configuration.windows, configuration.allowedLateness) = (windows, lateness)
            configuration.watermarkDelay = lateness > 0 ? 0 : 2 * .second
            // Some have no row of their own.
            configuration.maximumHosts = 12
        }
        let everything = try hosts(capture, .csv, configure)
        #expect(!everything.isChosen)
        for field in Self.fields {
            for (limit, workers) in [(1, 1), (3, 2), (1000, 1)] {
                let found = try hosts(capture, .csv) {
                    configure(&$0)
                    $0.workers = workers
                    $0.reportOptions = ReportOptions(top: limit, sort: field)
                }
                #expect(found.isChosen == (field != "revision"), "\(field ?? "-")")
                #expect(
                    found.text.split(separator: "\n") == first(limit, by: field, of: everything.text),
                    "\(field ?? "-"), \(limit)")
            }
        }
    }

    @Test("make the same table, with the number of those left out", arguments: windows)
    func tables(windows: SlidingWindows) throws {
        let folder = try ScratchFolder()
        let packets = TrafficGenerator.packets(1500, seed: 78)
        let capture = try folder.write(TrafficGenerator.pcap(packets), as: "a.pcap")
        for options in [
            ReportOptions(), ReportOptions(top: 2), ReportOptions(sort: "host"), ReportOptions(sort: "peers"),
        ] {
            let configure = { (configuration: inout ReplayConfiguration) in
                (configuration.windows, configuration.reportOptions) = (windows, options)
            }
            let alone = try hosts(capture, .table, configure)
            let beside = try hosts(capture, .table, beside: .csv, configure)
            #expect(alone.isChosen && !beside.isChosen)
            #expect(alone.text == beside.text)
            #expect(alone.text.contains("more host"))
        }
    }
}
