import CheckpointStore
import Glibc
import Testing

@Suite("Where writing a checkpoint fails")
struct FaultTests {
    /// Opens the directory, writes a checkpoint and removes the older ones: the calls under test.
    private static func write(_ storage: MemoryStorage) throws(CheckpointError) {
        let directory = try CheckpointDirectory(storage)
        try Example.write(to: directory)
        try directory.retain(1)
    }

    /// A storage with one checkpoint, and what a crash has left.
    private static func prepared() throws -> MemoryStorage {
        let storage = MemoryStorage()
        try Example.write(to: try CheckpointDirectory(storage))
        try storage.makeFolder("writing-1")
        storage.fail(at: nil)
        return storage
    }

    private static let calls: [String] = {
        guard let storage = try? prepared(), (try? write(storage)) != nil else { return [] }
        return storage.calls
    }()

    @Test("every kind of call is tried")
    func everyKind() {
        let kinds = [
            "lock", "list", "remove", "make folder", "make numbers.lz4", "write numbers.lz4", "rewrite numbers.lz4",
            "flush numbers.lz4", "make manifest.json", "write manifest.json", "flush manifest.json",
            "flush folder", "rename", "flush top", "open numbers.lz4",
        ]
        for kind in kinds { #expect(Self.calls.contains(kind), "\(kind) in \(Self.calls)") }
        #expect(Set(Self.calls).subtracting(kinds).count == 6, "those of the other part, and opening the manifest")
    }

    @Test(
        "once, the earlier checkpoint or the new one is whole, and the next attempt succeeds",
        arguments: [EIO, ENOSPC, EDQUOT])
    func onceAtEveryCall(code: Int32) throws {
        for call in Self.calls.indices {
            let storage = try Self.prepared()
            storage.fail(at: call, .error(code))
            let error = try #require(throws: CheckpointError.self, "call \(call), \(Self.calls[call])") {
                try Self.write(storage)
            }
            guard case .system(_, _, code) = error else {
                Issue.record("call \(call): \(error)")
                continue
            }
            storage.fail(at: nil)
            let directory = try CheckpointDirectory(storage)
            let found = try #require(try directory.newestValid { Issue.record("call \(call): \($0)") })
            #expect([1, 2].contains(found.manifest.sequence))
            #expect(try Example.isWhole(found))
            try Example.write(to: directory)
            try directory.retain(1)
            #expect(try storage.names().count == 1, "call \(call)")
        }
    }

    @Test(
        "because the process or the machine dies, whatever was committed is there",
        arguments: MemoryStorage.Crash.allCases)
    func deathAtEveryCall(crash: MemoryStorage.Crash) throws {
        for call in Self.calls.indices {
            let storage = try Self.prepared()
            storage.fail(at: call)
            #expect(throws: CheckpointError.self) { try Self.write(storage) }
            let isCommitted = storage.calls.contains("flush top") && storage.calls.last != "flush top"
            let found = try CheckpointDirectory(storage.after(crash)).newestValid {
                Issue.record("call \(call), \(crash): \($0)")
            }
            let checkpoint = try #require(found, "call \(call)")
            #expect(try Example.isWhole(checkpoint))
            #expect(isCommitted ? checkpoint.manifest.sequence == 2 : checkpoint.manifest.sequence <= 2)
        }
    }

    @Test("only in that each write takes a few bytes, nothing is lost")
    func shortWrites() throws {
        let storage = try Self.prepared()
        storage.writeShort(true)
        try Self.write(storage)
        #expect(storage.calls.filter { $0 == "write numbers.lz4" }.count > 10)
        let found = try #require(try CheckpointDirectory(storage).newestValid())
        #expect(found.manifest.sequence == 2)
        #expect(try Example.isWhole(found))
    }

    @Test("on a full disk, the kernel's own error comes out", .enabled(if: access("/dev/full", W_OK) == 0))
    func fullDevice() throws {
        let storage = FullDevice()
        let directory = try CheckpointDirectory(storage)
        let error = try #require(throws: CheckpointError.self) { try Example.write(to: directory) }
        #expect(error == .system(operation: .write, path: "/dev/full", code: ENOSPC))
        #expect("\(error)" == "/dev/full: cannot write: No space left on device")
        #expect(error.category == .inputOutput)
    }
}
