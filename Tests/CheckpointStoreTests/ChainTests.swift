import EventTime
import TestSupport
import Testing

@testable import CheckpointStore

/// Checkpoints of what changed: `whole` stands for itself, and each after it builds on the one before.
@Suite("A checkpoint that builds on another")
struct ChainTests {
    /// Writes a checkpoint with its number in both parts, of which `numbers` builds on `base`, where there is one.
    @discardableResult
    private static func write(
        to directory: CheckpointDirectory, on base: StoredCheckpoint? = nil
    ) throws -> StoredCheckpoint {
        let writer = try directory.begin(.checkpoint)
        let sequence = writer.name.sequence
        try writer.writePart("numbers", version: 2, isChanges: base != nil) { $0.encode(sequence) }
        try writer.writePart("whole", version: 2) { $0.encode(sequence) }
        return try writer.commit(Example.description(), base: base)
    }

    /// A checkpoint of its own, and then as many chains as there are lengths.
    private static func storage(_ chains: [Int]) throws -> (MemoryStorage, CheckpointDirectory) {
        let storage = MemoryStorage()
        let directory = try CheckpointDirectory(storage)
        for length in chains {
            var last = try write(to: directory)
            for _ in 1..<max(1, length) { last = try write(to: directory, on: last) }
        }
        return (storage, directory)
    }

    /// The numbers that a part is made of, in their order.
    private func numbers(_ name: String, of checkpoint: StoredCheckpoint) throws -> [UInt64] {
        try checkpoint.chain(of: name).map { link in
            var state = try link.decoder(of: name)
            let number = try state.decode(UInt64.self)
            try state.finish()
            return number
        }
    }

    @Test("is read after it, part by part")
    func order() throws {
        let (_, directory) = try Self.storage([1, 4])
        let newest = try #require(try directory.newestValid())
        #expect(newest.manifest.sequence == 5)
        #expect(try numbers("numbers", of: newest) == [2, 3, 4, 5])
        #expect(try numbers("whole", of: newest) == [5])
        #expect(newest.problems() == [])
        #expect(try newest.base()?.folder == "checkpoint-000000000004")
    }

    /// Every bit of everything that the newest one needs, and nothing of what it does not.
    @Test(
        "is refused, and the one before the chain taken, whatever bit is flipped in the chain",
        arguments: [2, 3, 4])
    func flips(sequence: Int) throws {
        let (storage, directory) = try Self.storage([1, 3])
        let folder = "checkpoint-00000000000\(sequence)"
        for file in storage.files(in: folder) {
            var bytes = storage.bytes(file, in: folder)
            for index in bytes.indices {
                for bit in 0..<8 {
                    bytes[index] ^= 1 << bit
                    storage.put(bytes, as: file, in: folder)
                    var reports: [CheckpointError] = []
                    let found = try directory.catalog.newestValid { reports.append($0) }
                    #expect(found?.manifest.sequence == UInt64(sequence - 1), "\(file): byte \(index), bit \(bit)")
                    #expect(reports.count == 5 - sequence)
                    #expect(reports.allSatisfy { $0.category == .damaged })
                    bytes[index] ^= 1 << bit
                }
            }
            storage.put(bytes, as: file, in: folder)
        }
    }

    @Test("is refused wherever a file of the chain is cut", arguments: [2, 3, 4])
    func cuts(sequence: Int) throws {
        let (storage, directory) = try Self.storage([1, 3])
        let folder = "checkpoint-00000000000\(sequence)"
        for file in storage.files(in: folder) {
            let bytes = storage.bytes(file, in: folder)
            for count in bytes.indices {
                storage.put(Array(bytes[..<count]), as: file, in: folder)
                #expect(try directory.catalog.newestValid()?.manifest.sequence == UInt64(sequence - 1))
            }
            storage.put(bytes, as: file, in: folder)
        }
    }

    @Test("says which one is of no use, and why")
    func message() throws {
        let (storage, directory) = try Self.storage([3])
        storage.put([1], as: "numbers.lz4", in: "checkpoint-000000000001")
        let problems = try directory.catalog.open("checkpoint-000000000003").problems().map { "\($0)" }
        #expect(
            problems == [
                """
                memory/checkpoint-000000000003: checkpoint-000000000001, which it builds on, is of no use: \
                memory/checkpoint-000000000001/numbers.lz4: 1 bytes, where 35 were written
                """
            ])
    }

    @Test("is refused where that is gone, or another one has its name")
    func otherBase() throws {
        let (storage, directory) = try Self.storage([1, 2])
        let (others, _) = try Self.storage([3])
        for file in others.files(in: "checkpoint-000000000002") {
            storage.put(others.bytes(file, in: "checkpoint-000000000002"), as: file, in: "checkpoint-000000000002")
        }
        let newest = try directory.catalog.open("checkpoint-000000000003")
        #expect("\(newest.problems())".contains("checkpoint-000000000002, which it builds on, is another one"))
        try storage.remove("checkpoint-000000000002")
        #expect("\(newest.problems())".contains("checkpoint-000000000002, which it builds on, is of no use"))
        #expect(throws: CheckpointError.self) { _ = try newest.chain(of: "numbers") }
        #expect(try directory.catalog.newestValid()?.manifest.sequence == 1)
    }

    @Test(
        "keeps what it builds on, and one that does not build on that",
        arguments: [
            ([1, 1, 1, 1], 2, [4, 3]),
            // The chain of the newest, and another one.
            ([1, 1, 4], 2, [6, 5, 4, 3, 2]), ([3, 3], 2, [6, 5, 4, 3, 2, 1]), ([1, 3, 3], 2, [7, 6, 5, 4, 3, 2]),
            ([2, 3, 1], 3, [6, 5, 4, 3]), ([2, 3, 1, 1], 2, [7, 6]),
            // One is to be kept: no other.
            ([1, 4], 1, [5, 4, 3, 2]), ([4, 1], 1, [5]),
        ] as [([Int], Int, [UInt64])])
    func retention(chains: [Int], count: Int, kept: [UInt64]) throws {
        let (_, directory) = try Self.storage(chains)
        try directory.retain(count)
        #expect(try directory.catalog.checkpoints().map(\.sequence) == kept)
        try directory.retain(count)
        #expect(try directory.catalog.checkpoints().map(\.sequence) == kept, "and again")
    }

    @Test("is not the word on which older ones are removed where its base cannot be read back")
    func retentionVerifies() throws {
        let (storage, directory) = try Self.storage([1, 1, 2])
        storage.put([1], as: "whole.lz4", in: "checkpoint-000000000003")
        #expect(throws: CheckpointError.self) { try directory.retain(1) }
        #expect(try directory.catalog.checkpoints().count == 4)
    }
}
