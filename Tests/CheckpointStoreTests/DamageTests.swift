import EventTime
import TestSupport
import Testing

@testable import CheckpointStore

@Suite("A damaged checkpoint")
struct DamageTests {
    private static let folder = "checkpoint-000000000001"
    private static let files = ["manifest.json", "nothing.lz4", "numbers.lz4"]

    private static func stored() throws -> MemoryStorage {
        let storage = MemoryStorage()
        try Example.write(to: try CheckpointDirectory(storage))
        return storage
    }

    /// Whether the checkpoint is refused with an error of damage.
    private func isRefused(_ storage: MemoryStorage) -> Bool {
        do throws(CheckpointError) {
            _ = try CheckpointCatalog(storage).newestValid()
            return false
        } catch {
            return error.category == .damaged
        }
    }

    @Test("has these files")
    func all() throws { #expect(try Self.stored().files(in: Self.folder) == Self.files) }

    @Test("is noticed whatever bit is flipped", arguments: files)
    func flips(file: String) throws {
        let storage = try Self.stored()
        #expect(!isRefused(storage))
        var bytes = storage.bytes(file, in: Self.folder)
        for index in bytes.indices {
            for bit in 0..<8 {
                bytes[index] ^= 1 << bit
                storage.put(bytes, as: file, in: Self.folder)
                #expect(isRefused(storage), "\(file): byte \(index), bit \(bit)")
                bytes[index] ^= 1 << bit
            }
        }
    }

    @Test("is noticed wherever it is cut, and whatever follows it", arguments: files)
    func cuts(file: String) throws {
        let storage = try Self.stored()
        let bytes = storage.bytes(file, in: Self.folder)
        for count in bytes.indices {
            storage.put(Array(bytes[..<count]), as: file, in: Self.folder)
            #expect(isRefused(storage), "\(file): cut to \(count)")
        }
        for tail in [[0], [10], bytes] as [[UInt8]] {
            storage.put(bytes + tail, as: file, in: Self.folder)
            #expect(isRefused(storage), "\(file) and \(tail.count) bytes more")
        }
    }

    @Test("is noticed where files were exchanged")
    func exchanged() throws {
        let storage = try Self.stored()
        storage.put(storage.bytes("nothing.lz4", in: Self.folder), as: "numbers.lz4", in: Self.folder)
        #expect(isRefused(storage))
    }

    @Test("is noticed where a checkpoint has another one's name")
    func otherName() throws {
        let storage = try Self.stored()
        try storage.rename(Self.folder, to: "checkpoint-000000000009")
        #expect(isRefused(storage))
        try storage.rename("checkpoint-000000000009", to: "savepoint-000000000001")
        #expect(isRefused(storage))
        // A name of the person's own says nothing.
        try storage.rename("savepoint-000000000001", to: "before-the-upgrade")
        #expect(try Example.isWhole(try CheckpointCatalog(storage).open("before-the-upgrade")))
    }

    /// What checksums cannot notice, since whoever changed the bytes has changed them too.
    @Test("made on purpose, with checksums that match, is refused or read, and never crashes", arguments: 0..<8)
    func hostileParts(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let storage = try Self.stored()
        let whole = storage.bytes("numbers.lz4", in: Self.folder)
        var manifest = try CheckpointCatalog(storage).open(Self.folder).manifest
        for _ in 0..<1000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[random.pick(Array(bytes.indices))] = random.pick(0...255 as ClosedRange<UInt8>)
            }
            if random.oneIn(4) { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random)) }
            let index = manifest.parts.firstIndex { $0.name == "numbers" } ?? 0
            let part = manifest.parts[index]
            manifest.parts[index] = CheckpointPart(
                name: part.name, stateVersion: part.stateVersion,
                contentByteCount: random.oneIn(3) ? random.pick(0...1 << 62) : part.contentByteCount,
                contentChecksum: part.contentChecksum, byteCount: UInt64(bytes.count),
                checksum: Checksum.of(bytes))
            storage.put(manifest.bytes, as: "manifest.json", in: Self.folder)
            storage.put(bytes, as: "numbers.lz4", in: Self.folder)
            let checkpoint = try CheckpointCatalog(storage).open(Self.folder)
            if (try? checkpoint.verify()) == nil {
                #expect(throws: StateError.self, "seed \(seed)") {
                    var state = try checkpoint.decoder(of: "numbers")
                    while state.remaining > 0 { _ = try state.decode(UInt8.self) }
                    try state.finish()
                }
            } else {
                #expect(try Example.isWhole(checkpoint), "seed \(seed)")
            }
        }
    }

    @Test("of a frame that holds more or less than the manifest says, or two frames, is noticed")
    func frames() throws {
        let storage = try Self.stored()
        let manifest = try CheckpointCatalog(storage).open(Self.folder).manifest
        let part = try #require(manifest.part("numbers"))
        let bytes = storage.bytes("numbers.lz4", in: Self.folder)
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 0]
        let cases: [(count: UInt64, bytes: [UInt8])] = [
            (part.contentByteCount + 1, bytes), (part.contentByteCount - 1, bytes), (0, bytes),
            (part.contentByteCount * 2, bytes + bytes), (part.contentByteCount, bytes + bytes),
            (part.contentByteCount, bytes + skippable), (part.contentByteCount, skippable + bytes),
            (part.contentByteCount, skippable), (0, []), (0, skippable),
        ]
        for (count, bytes) in cases {
            var changed = manifest
            changed.parts = [
                CheckpointPart(
                    name: "numbers", stateVersion: 1, contentByteCount: count,
                    contentChecksum: part.contentChecksum, byteCount: UInt64(bytes.count),
                    checksum: Checksum.of(bytes))
            ]
            storage.put(changed.bytes, as: "manifest.json", in: Self.folder)
            storage.put(bytes, as: "numbers.lz4", in: Self.folder)
            #expect(isRefused(storage), "\(count) of \(bytes.count)")
        }
    }
}
