import CheckpointStore
import EventTime
import Foundation
import Glibc
import Reports
import TestSupport
import Testing

@testable import Pipeline

@Suite("Where checkpoints cannot be written")
struct CheckpointFaultTests {
    /// A small capture, and the number of calls that writing its checkpoints takes.
    private static func paths(_ folder: ScratchFolder) throws -> [String] {
        try RestartTests.captures(51, in: folder, count: 400)
    }

    @Test("the run goes on, says so, and its outputs are whole", arguments: [ENOSPC, EIO])
    func each(code: Int32) throws {
        let inputs = try ScratchFolder()
        let paths = try Self.paths(inputs)
        let whole = try ReplayRun(paths)
        var trial = try RestartedRun(paths, every: 100)
        try trial.start()
        var count = trial.storage?.calls ?? 0
        #expect(count > 60)
        // The last call to fail must be one that is made.
        count -= 1
        for call in stride(from: 0, to: count, by: 7) {
            var run = try RestartedRun(paths, every: 100)
            // The folder of a checkpoint that failed cannot be removed either.
            run.storage?.fail(call..<call + 2, with: code)
            try run.start(workers: call % 2 + 1)
            let what = "call \(call) failed"
            #expect(run.outcome?.outputError == nil)
            #expect(run.said.all.contains(code == ENOSPC ? "No space left" : "Input/output error"), "\(what)")
            try run.expectSame(as: whole, what)
            // Whatever is there is good to go on from.
            run.storage?.fail(0..<0, with: code)
            try run.start()
            try run.expectSame(as: whole, what + ", started again")
        }
    }

    @Test("all the time, the run goes on, and says so once")
    func allTheTime() throws {
        let inputs = try ScratchFolder()
        let paths = try Self.paths(inputs)
        var run = try RestartedRun(paths, every: 50)
        run.storage?.fail(0..<Int.max, with: ENOSPC)
        try run.start()
        try run.expectSame(as: ReplayRun(paths), "no space")
        #expect(run.said.all.split(separator: "\n").count == 1, "\(run.said.all)")
        #expect(run.outcome?.checkpoints?.written == 0)
        #expect(run.outcome?.checkpoints?.failed ?? 0 > 3)
    }

    @Test("older ones that cannot be removed are no failure of a savepoint that was")
    func notRemoved() throws {
        let inputs = try ScratchFolder()
        let paths = try Self.paths(inputs)
        var run = try RestartedRun(paths, every: 100)
        run.configuration.checkpoints?.storage = nil
        run.configuration.checkpoints?.retained = 1
        let said = run.said
        let job = try ReplayJob(run.configuration) { said.add($0) }
        // Where the first checkpoint is to be moved away, there is something.
        let folder = run.folder.path("checkpoints")
        try FileManager.default.createDirectory(
            atPath: folder + "/removing-checkpoint-000000000001/full", withIntermediateDirectories: true)
        let identifier = String(repeating: "7", count: 32)
        try run.folder.write(Array(identifier.utf8), as: "checkpoints/savepoint.request")
        let outcome = try job.run()
        #expect(outcome.checkpoints?.failed == 0)
        #expect(said.all.contains("older checkpoints cannot be removed"), "\(said.all)")
        let answer = try run.folder.text("checkpoints/savepoint.answer-" + identifier)
        #expect(answer.hasPrefix("written savepoint-"), "\(answer)")
    }
}

@Suite("A checkpoint of something else")
struct CheckpointMismatchTests {
    /// More than the rows that are still to come: writing over them would not be enough.
    private static let bytes = String(repeating: "not what was written\n", count: 50_000)

    /// A run that died in its middle.
    private func dead() throws -> (ScratchFolder, [String], RestartedRun) {
        let inputs = try ScratchFolder()
        let paths = try RestartTests.captures(61, in: inputs, count: 900)
        // One of the outputs is no file.
        #expect(symlink("/dev/null", inputs.path("nowhere.csv")) == 0)
        var run = try RestartedRun(paths, every: 100) {
            $0.reportOptions.flushesEachWindow = true
            $0.outputs.append(
                OutputSpecification(
                    kind: .hosts, format: .csv, destination: .file(path: inputs.path("nowhere.csv"))))
        }
        try run.start(diesAfter: 4)
        return (inputs, paths, run)
    }

    private func expectRefusal(
        _ run: RestartedRun, naming word: String, _ change: (inout RestartedRun) throws -> Void
    ) throws {
        var other = run
        try change(&other)
        let changed = try run.contents()
        let error = #expect(throws: CheckpointMismatch.self) { try other.start() }
        #expect(error?.differences.contains { $0.contains(word) } == true, "\(error?.description ?? "")")
        #expect(error?.differences.count == 1, "\(error?.description ?? "")")
        #expect(try run.contents() == changed, "something was written")
    }

    @Test("is refused with each difference, and nothing is touched")
    func configuration() throws {
        let (inputs, paths, run) = try dead()
        try expectRefusal(run, naming: "--allowed-lateness") { $0.configuration.allowedLateness = 1 }
        try expectRefusal(run, naming: "--filter") { $0.configuration.filter = "udp" }
        try expectRefusal(run, naming: "--max-flows") { $0.configuration.maximumFlows = 7 }
        try expectRefusal(run, naming: "--top") { $0.configuration.reportOptions.top = 7 }
        try expectRefusal(run, naming: "--output") { $0.configuration.outputs.removeLast() }
        try expectRefusal(run, naming: paths[2]) { $0.configuration.inputs.removeLast() }
        var both = run
        both.configuration.filter = "udp"
        both.configuration.idleTimeout = 1
        let error = #expect(throws: CheckpointMismatch.self) { try both.start() }
        #expect(error?.differences.count == 2)
        // Neither pace nor number of workers is one.
        var same = run
        try same.start(workers: 3)
        try same.expectSame(as: ReplayRun(paths), "after refusals")
        _ = inputs
    }

    @Test("is one with another capture under the name")
    func input() throws {
        let (inputs, paths, run) = try dead()
        let bytes = try inputs.bytes("2.pcap")
        try expectRefusal(run, naming: "2.pcap") { _ in try inputs.write(bytes.prefix(1000), as: "2.pcap") }
        var other = bytes
        other[100] ^= 1
        try expectRefusal(run, naming: "2.pcap") { _ in try inputs.write(other, as: "2.pcap") }
        // One that has grown is the same: all of it is read.
        let more = TrafficGenerator.pcap(TrafficGenerator.packets(900, seed: 62)).dropFirst(24)
        try inputs.write(bytes + more, as: "2.pcap")
        // Another one that is longer is not one that has grown.
        try expectRefusal(run, naming: "2.pcap") { _ in try inputs.write(other + more, as: "2.pcap") }
        try inputs.write(bytes + more, as: "2.pcap")
        var grown = run
        try grown.start()
        try grown.expectSame(as: ReplayRun(paths) { $0.reportOptions.flushesEachWindow = true }, "grown")
    }

    @Test("is one whose outputs are shorter, missing or others")
    func outputs() throws {
        let (inputs, paths, run) = try dead()
        let name = "flows.csv"
        let bytes = try run.folder.bytes(name)
        try expectRefusal(run, naming: name) { _ in try run.folder.write(bytes.prefix(50), as: name) }
        try expectRefusal(run, naming: name) { _ in
            try run.folder.write(Data(repeating: 0x61, count: bytes.count), as: name)
        }
        try expectRefusal(run, naming: name) { _ in
            try FileManager.default.removeItem(atPath: run.folder.path(name))
        }
        try run.folder.write(bytes, as: name)
        // Rows that went elsewhere would be missing from a file.
        try expectRefusal(run, naming: "nowhere.csv") { _ in
            try FileManager.default.removeItem(atPath: inputs.path("nowhere.csv"))
            try inputs.write(Array("other".utf8), as: "nowhere.csv")
        }
        try FileManager.default.removeItem(atPath: inputs.path("nowhere.csv"))
        #expect(symlink("/dev/null", inputs.path("nowhere.csv")) == 0)
        // Rows behind the committed ones are cut off, whoever added them.
        try run.folder.write(bytes + Array(Self.bytes.utf8), as: name)
        var again = run
        try again.start()
        try again.expectSame(as: ReplayRun(paths) { $0.reportOptions.flushesEachWindow = true }, "rows behind")
        _ = inputs
    }
}
