import CheckpointStore
import EventTime
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A checkpoint")
struct CheckpointTests {
    @Test("comes back as it was written")
    func roundTrip() throws {
        let folder = try ScratchFolder()
        let path = folder.path("some/where/checkpoints/")
        let directory = try CheckpointDirectory(path)
        #expect(try directory.newestValid() == nil)
        let written = try Example.write(to: directory)
        #expect(written.folder == "checkpoint-000000000001")
        let found = try #require(try directory.newestValid())
        #expect(found.manifest == written.manifest)
        #expect(try Example.isWhole(found))
        #expect(found.problems() == [])
        let part = try #require(found.manifest.part("numbers"))
        #expect(part.stateVersion == 3)
        #expect(part.contentByteCount == 8 + 8 + 160)
        #expect(throws: CheckpointError.noPart(checkpoint: found.path, part: "other")) {
            _ = try found.decoder(of: "other")
        }
    }

    /// Of sizes around the chunk's, of bytes that compress and bytes that do not.
    @Test("holds parts of any size", arguments: [0, 1, 262_143, 262_144, 262_145, 1_000_000])
    func sizes(count: Int) throws {
        let storage = MemoryStorage()
        let directory = try CheckpointDirectory(storage)
        var random = SeededRandom(seed: UInt64(count))
        let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        let writer = try directory.begin(.checkpoint)
        try writer.writePart("noise", version: 1) { state in noise.withUnsafeBytes { state.encode(bytes: $0) } }
        try writer.writePart("silence", version: 1) { state in
            [UInt8](repeating: 7, count: count).withUnsafeBytes { state.encode(bytes: $0) }
        }
        let manifest = try writer.commit(Example.description()).manifest
        #expect(manifest.parts.map(\.contentByteCount) == [UInt64(count), UInt64(count)])
        let checkpoint = try #require(try directory.newestValid())
        var state = try checkpoint.decoder(of: "noise")
        #expect(try state.decodeBytes(count) == noise)
        try state.finish()
        var silence = try checkpoint.decoder(of: "silence")
        #expect(try silence.decodeBytes(count) == [UInt8](repeating: 7, count: count))
        try silence.finish()
        if count > 1000 { #expect((manifest.part("silence")?.byteCount ?? 0) < 10_000) }
    }

    @Test(
        "has state that the lz4 command tests and unpacks",
        .enabled(if: access("/usr/bin/lz4", X_OK) == 0, "the lz4 command"), arguments: [0, 5, 700_000])
    func command(count: UInt64) throws {
        let folder = try ScratchFolder()
        let directory = try CheckpointDirectory(folder.path)
        let writer = try directory.begin(.checkpoint)
        let encode = { (state: inout StateEncoder) in for number in 0..<count { state.encode(number * number) } }
        try writer.writePart("state", version: 1, encode: encode)
        let file = try writer.commit(Example.description()).path + "/state.lz4"
        for arguments in [["-t", file], ["-d", file, folder.path("state")], ["--list", file]] {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/lz4")
            process.arguments = arguments
            process.standardError = FileHandle.nullDevice
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "lz4 \(arguments)")
            // Only a frame that names its content's size has a ratio.
            if arguments[0] == "--list", count > 5 { #expect(output.contains("%") || output.contains("XXH32")) }
        }
        #expect(try folder.bytes("state") == Data(StateEncoder.bytes(encode)))
    }

    @Test("that is not committed leaves nothing")
    func abandoned() throws {
        let storage = MemoryStorage()
        let directory = try CheckpointDirectory(storage)
        do {
            let writer = try directory.begin(.checkpoint)
            try writer.writePart("a", version: 1) { $0.encode(1) }
            #expect(try storage.names() == ["writing-1"])
        }
        #expect(try storage.names() == [])
        #expect(try directory.newestValid() == nil)
        #expect(try Example.write(to: directory).manifest.sequence == 2, "numbers are not used twice")
    }

    @Test("is decoded with less memory than hostile bytes ask for, and ends with an error")
    func hostileLengths() throws {
        let storage = MemoryStorage()
        let directory = try CheckpointDirectory(storage)
        let writer = try directory.begin(.checkpoint)
        // A count of 2^60 elements in an honest frame.
        try writer.writePart("numbers", version: 1) { $0.encode(UInt64(1) << 60) }
        let checkpoint = try writer.commit(Example.description())
        #expect(throws: StateError.self) {
            var state = try checkpoint.decoder(of: "numbers")
            _ = try [UInt64](from: &state)
        }
    }
}

@Suite("A directory of checkpoints")
struct CheckpointDirectoryTests {
    @Test("has the newest first, and counts on from it, savepoints and checkpoints together")
    func order() throws {
        let storage = MemoryStorage()
        do {
            let directory = try CheckpointDirectory(storage)
            try Example.write(to: directory)
            try Example.write(to: directory, .savepoint)
        }
        let directory = try CheckpointDirectory(storage)
        try Example.write(to: directory)
        #expect(
            try directory.catalog.checkpoints().map(\.folder)
                == ["checkpoint-000000000003", "savepoint-000000000002", "checkpoint-000000000001"])
        #expect(try directory.newestValid()?.manifest.description.watermark == 3)
    }

    @Test("ignores names that are not exactly a checkpoint's")
    func names() throws {
        let storage = MemoryStorage()
        for name in ["checkpoint-1", "checkpoint-", "checkpoint", "checkpoint-00000000000x", "a-000000000001"] {
            try storage.makeFolder(name)
        }
        let directory = try CheckpointDirectory(storage)
        #expect(try directory.newestValid() == nil)
        #expect(try Example.write(to: directory).manifest.sequence == 1)
    }

    @Test("belongs to one at a time, who is named")
    func lock() throws {
        let folder = try ScratchFolder()
        var first: CheckpointDirectory? = try CheckpointDirectory(folder.path)
        let error = try #require(throws: CheckpointError.self) { _ = try CheckpointDirectory(folder.path) }
        #expect("\(error)".hasPrefix("\(folder.path): in use by process \(getpid()) on "))
        #expect(error.category == .cannotCreate)
        // Whoever reads needs no lock.
        #expect(try CheckpointCatalog(folder.path).checkpoints() == [])
        #expect(first != nil)
        first = nil
        _ = try CheckpointDirectory(folder.path)
    }

    @Test("takes no checkpoint in a directory that has come in its place")
    func exchanged() throws {
        let folder = try ScratchFolder()
        let path = folder.path("store")
        let directory = try CheckpointDirectory(path)
        try Example.write(to: directory)
        try FileManager.default.moveItem(atPath: path, toPath: folder.path("moved"))
        #expect(throws: CheckpointError.lockLost(directory: path)) { try Example.write(to: directory) }
        let other = try CheckpointDirectory(path)
        try Example.write(to: other)
        #expect(throws: CheckpointError.lockLost(directory: path)) { try Example.write(to: directory) }
        #expect(try LocalDirectory(path).names().sorted() == ["checkpoint-000000000001", "lock"])
    }

    @Test("that cannot be made says why")
    func cannotMake() throws {
        let folder = try ScratchFolder()
        let file = try folder.write([1], as: "file")
        for path in [file, file + "/below"] {
            let error = try #require(throws: CheckpointError.self) { _ = try CheckpointDirectory(path) }
            #expect(error.category == .cannotCreate)
            #expect("\(error)".contains("cannot create folder"))
        }
    }

    @Test(
        "is refused where there are hardly any numbers left", arguments: [.max, .max - 1, .max / 2 + 1] as [UInt64])
    func lastNumber(sequence: UInt64) throws {
        let folder = try ScratchFolder()
        try LocalDirectory(folder.path).makeFolder("checkpoint-\(sequence)")
        #expect(throws: CheckpointError.self) { try CheckpointDirectory(folder.path) }
    }

    @Test("is rid of what crashed writers left, when it is opened")
    func leftovers() throws {
        let folder = try ScratchFolder()
        for name in ["writing-7", "removing-checkpoint-000000000003"] {
            try folder.write([1, 2], as: name + "/state.lz4")
        }
        for name in ["savepoint.request", "savepoint.answer-1"] { try folder.write([1], as: name) }
        try folder.write([1], as: "notes.txt")
        _ = try CheckpointDirectory(folder.path)
        #expect(try LocalDirectory(folder.path).names().sorted() == ["lock", "notes.txt"])
    }

    @Test("removes a folder with what is in it, links themselves, and nothing behind them")
    func links() throws {
        let folder = try ScratchFolder()
        try folder.write([1], as: "precious/file")
        try folder.write([1], as: "store/writing-1/state.lz4")
        symlink(folder.path("precious"), folder.path("store/writing-1/link"))
        symlink(folder.path("precious"), folder.path("store/writing-2"))
        _ = try CheckpointDirectory(folder.path("store"))
        #expect(try LocalDirectory(folder.path("store")).names() == ["lock"])
        #expect(try folder.bytes("precious/file").count == 1)
    }

    @Test("keeps as many checkpoints as asked for, and all savepoints")
    func retention() throws {
        let storage = MemoryStorage()
        let directory = try CheckpointDirectory(storage)
        try Example.write(to: directory, .savepoint)
        for _ in 0..<5 {
            try Example.write(to: directory)
            try directory.retain(2)
        }
        #expect(try directory.catalog.checkpoints().map(\.sequence) == [6, 5, 1])
    }

    @Test("removes nothing on the word of a checkpoint that cannot be read back")
    func retentionVerifies() throws {
        let storage = MemoryStorage()
        let directory = try CheckpointDirectory(storage)
        for _ in 0..<3 { try Example.write(to: directory) }
        let newest = "checkpoint-000000000003"
        var bytes = storage.bytes("numbers.lz4", in: newest)
        bytes[20] ^= 1
        storage.put(bytes, as: "numbers.lz4", in: newest)
        #expect(throws: CheckpointError.self) { try directory.retain(1) }
        #expect(try directory.catalog.checkpoints().count == 3)
        try Example.write(to: directory)
        try directory.retain(2)
        #expect(try directory.catalog.checkpoints().map(\.sequence) == [4, 3, 2], "3 does not count")
        try Example.write(to: directory)
        try directory.retain(2)
        #expect(try directory.catalog.checkpoints().map(\.sequence) == [5, 4])
    }

    @Test("names damaged checkpoints, and gives the one before")
    func fallBack() throws {
        let storage = MemoryStorage()
        let directory = try CheckpointDirectory(storage)
        for _ in 0..<3 { try Example.write(to: directory) }
        storage.put([1, 2, 3], as: "manifest.json", in: "checkpoint-000000000003")
        var bytes = storage.bytes("numbers.lz4", in: "checkpoint-000000000002")
        bytes.removeLast()
        storage.put(bytes, as: "numbers.lz4", in: "checkpoint-000000000002")
        var reports: [String] = []
        let found = try #require(try directory.newestValid { reports.append("\($0)") })
        #expect(found.manifest.sequence == 1)
        #expect(reports.count == 2)
        #expect(reports.first == "memory/checkpoint-000000000003/manifest.json: too short")
        #expect(reports.last?.hasPrefix("memory/checkpoint-000000000002/numbers.lz4: ") == true)
    }

    @Test("with checkpoints that are all bad does not look empty")
    func allBad() throws {
        let storage = MemoryStorage()
        let directory = try CheckpointDirectory(storage)
        try Example.write(to: directory)
        storage.put([], as: "manifest.json", in: "checkpoint-000000000001")
        let error = try #require(throws: CheckpointError.self) { _ = try directory.newestValid() }
        #expect(error.category == .damaged)
    }

    @Test("does not pass over a checkpoint of a later format")
    func laterFormat() throws {
        let storage = MemoryStorage()
        let directory = try CheckpointDirectory(storage)
        try Example.write(to: directory)
        var manifest = try Example.write(to: directory).manifest
        manifest.formatVersion = 3
        storage.put(manifest.bytes, as: "manifest.json", in: "checkpoint-000000000002")
        let error = try #require(throws: CheckpointError.self) { _ = try directory.newestValid() }
        #expect(error == .laterFormat(checkpoint: "memory/checkpoint-000000000002", version: 3))
        #expect(error.category == .doesNotFit)
    }
}
