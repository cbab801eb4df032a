import Foundation
import Pipeline
import Reports
import TestSupport
import Testing

/// A replay within the test's own process, and all it wrote: each kind of report in each format.
struct ReplayRun {
    let outcome: ReplayJob.Outcome
    /// By name, such as `hosts.csv`.
    let files: [String: Data]

    /// Replays captures to their end. `configure` changes the defaults, which are those of the command.
    init(_ paths: [String], _ configure: (inout ReplayConfiguration) -> Void = { _ in }) throws {
        let folder = try ScratchFolder()
        var configuration = ReplayConfiguration(inputs: paths.map { .path($0) })
        configure(&configuration)
        var names: [String] = []
        for kind in OutputKind.allCases {
            for format in OutputFormat.allCases {
                let name = "\(kind.rawValue).\(format.rawValue)"
                names.append(name)
                configuration.outputs.append(
                    OutputSpecification(kind: kind, format: format, destination: .file(path: folder.path(name))))
            }
        }
        outcome = try ReplayJob(configuration) { _ in }.run()
        #expect(outcome.outputError == nil)
        files = Dictionary(uniqueKeysWithValues: try names.map { ($0, try folder.bytes($0)) })
    }

    /// Replays packets as one capture.
    init(_ packets: [GeneratedPacket], _ configure: (inout ReplayConfiguration) -> Void = { _ in }) throws {
        let folder = try ScratchFolder()
        try self.init([folder.write(TrafficGenerator.pcap(packets), as: "a.pcap")], configure)
    }

    var hosts: ReportRows { rows("hosts") }
    var totals: ReportRows { rows("totals") }
    var flows: ReportRows { rows("flows") }

    private func rows(_ kind: String) -> ReportRows {
        ReportRows(csv: String(decoding: files[kind + ".csv"] ?? Data(), as: UTF8.self))
    }

    /// Expects two runs to have written the same bytes; says where they part.
    func expectSameBytes(as other: ReplayRun, _ what: String, at location: SourceLocation = #_sourceLocation) {
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) where bytes != other.files[name] {
            let mine = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            let theirs = String(decoding: other.files[name] ?? Data(), as: UTF8.self).split(separator: "\n")
            let line = zip(mine, theirs).enumerated().first { $0.element.0 != $0.element.1 }
            Issue.record(
                """
                \(what): \(name) differs in line \((line?.offset ?? min(mine.count, theirs.count)) + 1):
                \(line?.element.0 ?? "(\(mine.count) lines)")
                \(line?.element.1 ?? "(\(theirs.count) lines)")
                """, sourceLocation: location)
        }
    }
}
