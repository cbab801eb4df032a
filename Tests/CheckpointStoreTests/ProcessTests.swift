import EventTime
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import CheckpointStore

@Suite("Processes that write checkpoints")
struct ProcessTests {
    /// Everything that `CheckpointLoop` has written.
    private func isWhole(_ checkpoint: StoredCheckpoint) throws -> Bool {
        let sequence = checkpoint.manifest.sequence
        var state = try checkpoint.decoder(of: "numbers")
        for number in 0..<200_000 as Range<UInt64> {
            guard try state.decode(UInt64.self) == number ^ sequence else { return false }
        }
        try state.finish()
        var name = try checkpoint.decoder(of: "name")
        return try String(from: &name) == "checkpoint \(sequence)"
    }

    @Test("may be killed at any instant: the last checkpoint they named is there, or a later one")
    func killed() throws {
        let seed: UInt64 = 4
        var random = SeededRandom(seed: seed)
        let folder = try ScratchFolder()
        let path = folder.path("store")
        var last: UInt64 = 0
        for round in 0..<20 {
            let loop = try RunningLoop(path, output: folder.path("output"))
            let started = round == 0 ? 1 : 2
            #expect(loop.waits(forLines: started + random.pick(0...2)), "\(loop.lines)")
            usleep(random.pick(0...20_000))
            loop.kill()
            let named = try #require(loop.lines.compactMap { UInt64($0) }.last, "round \(round): \(loop.lines)")
            let found = try #require(
                try CheckpointCatalog(path).newestValid { Issue.record("seed \(seed), round \(round): \($0)") })
            #expect(found.manifest.sequence >= named, "seed \(seed), round \(round)")
            #expect(found.manifest.sequence >= last, "seed \(seed), round \(round)")
            #expect(try isWhole(found))
            last = found.manifest.sequence
        }
        // What they left behind goes with the next one.
        let directory = try CheckpointDirectory(path)
        try directory.retain(2)
        #expect(try LocalDirectory(path).names().filter { !$0.hasPrefix("checkpoint-") } == ["lock"])
        #expect(try directory.catalog.checkpoints().count == 2)
    }

    @Test("release a directory with its lock, though a process that is being started has a copy of the descriptor")
    func copiedLock() throws {
        let folder = try ScratchFolder()
        var lock: DirectoryLock? = try DirectoryLock(folder.path)
        let copies = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
            name -> CInt? in
            let file = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name)
            return file == folder.path("lock") ? CInt(name).map { dup($0) } : nil
        }
        defer { for copy in copies { close(copy) } }
        #expect(!copies.isEmpty)
        #expect(throws: CheckpointError.self) { try DirectoryLock(folder.path) }
        #expect(lock != nil)
        lock = nil
        #expect(throws: Never.self) { try DirectoryLock(folder.path) }
    }

    @Test("on one directory: the second is refused, and told who the first is")
    func two() throws {
        let folder = try ScratchFolder()
        let path = folder.path("store")
        let first = try RunningLoop(path, output: folder.path("first"))
        #expect(first.waits(forLines: 1))
        let second = try RunningLoop(path, output: folder.path("second"))
        #expect(second.wait() == 1 << 8)
        #expect(second.lines.first?.hasPrefix("\(path): in use by process \(first.identifier) on ") == true)
        #expect(throws: CheckpointError.self) { _ = try CheckpointDirectory(path) }
        let count = first.lines.count
        #expect(first.waits(forLines: count + 1), "the first goes on")
        first.kill()
        _ = try CheckpointDirectory(path)
    }
}

@Suite("A savepoint")
struct SavepointTests {
    @Test("is asked for, written by the process that runs, and kept")
    func savepoint() throws {
        let folder = try ScratchFolder()
        let path = folder.path("store")
        let loop = try RunningLoop(path, kept: 1, output: folder.path("output"))
        #expect(loop.waits(forLines: 1))
        let names = try (0..<2).map { _ in try SavepointMailbox(path).request(milliseconds: 20_000) }
        let count = loop.lines.count
        #expect(loop.waits(forLines: count + 3))
        loop.kill()
        let kept = try CheckpointCatalog(path).checkpoints().filter { $0.kind == .savepoint }.map(\.folder)
        #expect(kept.sorted() == names)
        for name in names { try CheckpointCatalog(path).open(name).verify() }
        #expect(try LocalDirectory(path).names().filter { $0.hasPrefix("savepoint.") } == [])
    }

    @Test("cannot be had where nobody runs")
    func nobody() throws {
        let folder = try ScratchFolder()
        let refusal = SavepointMailbox.Refusal.nobodyRuns(directory: folder.path)
        #expect(throws: refusal) { _ = try SavepointMailbox(folder.path).request(milliseconds: 20_000) }
        #expect(try LocalDirectory(folder.path).names() == [])
        do { _ = try CheckpointDirectory(folder.path) }
        #expect(throws: refusal) { _ = try SavepointMailbox(folder.path).request(milliseconds: 20_000) }
        #expect("\(refusal)" == "\(folder.path): no process writes checkpoints there")
    }

    @Test("is not waited for longer than was said, and the request is withdrawn")
    func timeout() throws {
        let folder = try ScratchFolder()
        let directory = try CheckpointDirectory(folder.path)
        let error = try #require(throws: SavepointMailbox.Refusal.self) {
            _ = try SavepointMailbox(folder.path).request(milliseconds: 0)
        }
        #expect("\(error)".contains("process \(getpid())"))
        #expect("\(error)".hasSuffix("did not take a savepoint within 0 ms"))
        #expect(SavepointMailbox(folder.path).pendingRequest() == nil)
        #expect(try directory.catalog.checkpoints() == [])
    }

    @Test("is not waited for once the process has ended")
    func ended() throws {
        let folder = try ScratchFolder()
        let path = folder.path("store")
        let loop = try RunningLoop(path, output: folder.path("output"))
        #expect(loop.waits(forLines: 1))
        loop.stop()
        let asking = Asking(path)
        #expect(waitForRequest(SavepointMailbox(path)) != nil)
        loop.kill()
        #expect(throws: SavepointMailbox.Refusal.jobEnded(directory: path)) { _ = try asking.answer() }
    }

    @Test("that failed is told with its reason; a request that makes no sense is dropped")
    func failure() throws {
        let folder = try ScratchFolder()
        let path = folder.path
        let directory = try CheckpointDirectory(path)
        let mailbox = SavepointMailbox(path)
        try folder.write(Array("../../etc/passwd".utf8), as: "savepoint.request")
        #expect(mailbox.pendingRequest() == nil)
        #expect(try directory.storage.names() == ["lock"])
        let asking = Asking(path)
        try mailbox.answer(try #require(waitForRequest(mailbox)), .failed("no space"))
        #expect(throws: SavepointMailbox.Refusal.failed("no space")) { _ = try asking.answer() }
        #expect(mailbox.pendingRequest() == nil)
    }

    /// Asks for a savepoint on a thread of its own, since it blocks.
    private final class Asking: Sendable {
        private let result = Mutex<Result<String, SavepointMailbox.Refusal>?>(nil)

        init(_ path: String) {
            Thread.detachNewThread { [self] in
                let answer = Result { () throws(SavepointMailbox.Refusal) in
                    try SavepointMailbox(path).request(milliseconds: 60_000)
                }
                result.withLock { $0 = answer }
            }
        }

        func answer() throws -> String {
            for _ in 0..<70_000 {
                if let result = result.withLock({ $0 }) { return try result.get() }
                usleep(1000)
            }
            throw CancellationError()
        }
    }

    /// `nil` where none comes within 20 seconds.
    private func waitForRequest(_ mailbox: SavepointMailbox) -> SavepointRequest? {
        for _ in 0..<20_000 {
            if let request = mailbox.pendingRequest() { return request }
            usleep(1000)
        }
        return nil
    }
}
