import CheckpointStore
import EventTime
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A directory of a pipeline's snapshots")
struct SnapshotDirectoryTests {
    private static let snapshot = Snapshot(
        checkpoint: 7,
        parts: [
            .init(name: "1-source", bytes: [1, 2, 3]), .init(name: "2-keyed/0", bytes: []),
            .init(name: "2-keyed/1", bytes: Array(repeating: 9, count: 600_000)),
            .init(name: "3-sink", bytes: Array(0...255)),
        ])

    @Test("gives back what was saved last, part for part")
    func roundTrip() throws {
        let folder = try ScratchFolder()
        var store: SnapshotDirectory? = try SnapshotDirectory(folder.path("store"))
        #expect(try store?.newest() == nil)
        try store?.save(Snapshot(checkpoint: 6))
        try store?.save(Self.snapshot)
        #expect(try store?.newest() == Self.snapshot)
        // One process at a time.
        #expect(throws: CheckpointError.self) { try SnapshotDirectory(folder.path("store")) }
        store = nil
        #expect(try SnapshotDirectory(folder.path("store")).newest() == Self.snapshot)
    }

    @Test("keeps as many as it is told, and passes over a damaged one")
    func damage() throws {
        let folder = try ScratchFolder()
        var passedOver: [CheckpointError] = []
        let store = try SnapshotDirectory(folder.path("store"), keeping: 2) { passedOver.append($0) }
        for number in 1...5 { try store.save(Snapshot(checkpoint: UInt64(number), parts: Self.snapshot.parts)) }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("store"))
            .filter { $0.hasPrefix("checkpoint-") }.sorted()
        #expect(names == ["checkpoint-000000000004", "checkpoint-000000000005"])
        let file = folder.path("store/checkpoint-000000000005/part-2.lz4")
        var bytes = try Data(contentsOf: URL(filePath: file))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: file))
        #expect(try store.newest()?.checkpoint == 4)
        #expect(passedOver.count == 1)
    }

    @Test("refuses a checkpoint that is none of a pipeline")
    func foreign() throws {
        let folder = try ScratchFolder()
        let directory = try CheckpointDirectory(folder.path("store"))
        try Example.write(to: directory)
        let store = SnapshotDirectory(directory)
        #expect(throws: CheckpointError.self) { try store.newest() }
    }

    /// Runs the pipeline in a process; kills it after so many microseconds; its status as from waitpid(2).
    private func run(
        _ folder: ScratchFolder, _ name: String, workers: Int, killedAfter: UInt32? = nil
    ) throws -> Int32 {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = URL(filePath: tests).deletingLastPathComponent().appending(path: "SnapshotLoop").path
        var words =
            [path, folder.path(name), folder.path(name + ".txt"), "\(workers)", "40000"]
            .map { (word: String) in strdup(word) } + [nil]
        defer { for word in words { free(word) } }
        var started: pid_t = 0
        let code = posix_spawn(&started, path, nil, nil, &words, environ)
        try #require(code == 0)
        if let killedAfter {
            usleep(killedAfter)
            kill(started, SIGKILL)
        }
        var status: Int32 = 0
        waitpid(started, &status, 0)
        return status
    }

    @Test("lets a pipeline that is killed, again and again, end as one that was not")
    func killed() throws {
        let folder = try ScratchFolder()
        #expect(try run(folder, "whole", workers: 1) == 0)
        let whole = try folder.bytes("whole.txt")
        #expect(whole.count > 100_000)
        var random = SeededRandom(seed: 5)
        var kills = 0
        for _ in 0..<12 {
            let status = try run(
                folder, "torn", workers: random.pick(1...3), killedAfter: random.pick(2_000...200_000))
            kills += status == SIGKILL ? 1 : 0
        }
        #expect(kills > 0)
        #expect(try run(folder, "torn", workers: 2) == 0)
        #expect(try folder.bytes("torn.txt") == whole)
    }
}
