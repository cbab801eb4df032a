import CheckpointStore
import EventTime
import Foundation
import Reports
import TestSupport
import Testing

@testable import Pipeline

/// A replay that dies and is started again until it comes to its end, in the test's own process.
struct RestartedRun {
    let folder: ScratchFolder
    var configuration: ReplayConfiguration
    /// Everything said on standard error.
    let said = Lines()
    let storage: TestStorage?
    private(set) var starts = 0
    private(set) var outcome: ReplayJob.Outcome?

    /// Where lines come together from several threads.
    final class Lines: @unchecked Sendable {
        private let lock = NSLock()
        private var text = ""
        func add(_ more: String) { lock.withLock { text += more } }
        var all: String { lock.withLock { text } }
    }

    /// `every`: packets from one checkpoint to the next.
    init(
        _ paths: [String], every: UInt64,
        _ configure: (inout ReplayConfiguration) -> Void = { _ in }
    ) throws {
        folder = try ScratchFolder()
        configuration = ReplayConfiguration(inputs: paths.map { .path($0) })
        configure(&configuration)
        for kind in OutputKind.allCases {
            for format in OutputFormat.allCases {
                let path = folder.path("\(kind.rawValue).\(format.rawValue)")
                configuration.outputs.append(
                    OutputSpecification(kind: kind, format: format, destination: .file(path: path)))
            }
        }
        var options = CheckpointOptions(directory: folder.path("checkpoints"), programVersion: "test")
        options.everyPackets = every
        let storage = try TestStorage(options.directory)
        options.storage = storage
        self.storage = storage
        configuration.checkpoints = options
    }

    /// Runs until so many checkpoints are complete, and dies; or to its end, where that comes first.
    mutating func start(diesAfter: Int? = nil, workers: Int = 1, fresh: Bool = false) throws {
        starts += 1
        configuration.workers = workers
        configuration.checkpoints?.diesAfter = diesAfter
        configuration.checkpoints?.startsFresh = fresh
        let said = said
        outcome = try ReplayJob(configuration) { said.add($0) }.run()
    }

    /// Whether the last start came to the end of the input.
    var isFinished: Bool {
        get throws {
            let catalog = CheckpointCatalog(folder.path("checkpoints"))
            guard let name = try catalog.checkpoints().first else { return false }
            let figures = try catalog.open(name.folder).manifest.description.figures
            return figures.contains(NamedFigure("finished", 1))
        }
    }

    /// All files of the run, by path.
    func contents() throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) where !path.hasSuffix("lock") {
            contents[path] = FileManager.default.contents(atPath: folder.path(path))
        }
        return contents
    }

    /// Expects the outputs of an uninterrupted run.
    func expectSame(as run: ReplayRun, _ what: String, at location: SourceLocation = #_sourceLocation) throws {
        for (name, bytes) in run.files.sorted(by: { $0.key < $1.key }) {
            let mine = try folder.bytes(name)
            guard mine != bytes else { continue }
            let (a, b) = (lines(mine), lines(bytes))
            let line =
                zip(a, b).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(a.count, b.count)
            Issue.record(
                """
                \(what), after \(starts) starts: \(name) differs in line \(line + 1):
                \(line < a.count ? a[line] : "(\(a.count) lines)")
                \(line < b.count ? b[line] : "(\(b.count) lines)")
                """, sourceLocation: location)
        }
        var (mine, theirs) = (outcome?.summary, run.outcome.summary)
        // Only the uninterrupted run is asked for everything.
        mine?.hosts = nil
        theirs.hosts = nil
        #expect(mine == theirs, "\(what)", sourceLocation: location)
    }

    private func lines(_ data: Data) -> [Substring] {
        String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }
}
