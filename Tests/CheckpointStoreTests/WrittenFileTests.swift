import Foundation
import TestSupport
import Testing

@testable import CheckpointStore

@Suite("A file of a checkpoint")
struct WrittenFileTests {
    /// Around the 512 KiB that are handed to the kernel together.
    static let lengths = [0, 1, 15, 4095, 4096, 524_287, 524_288, 524_289, 1_048_576, 1_600_001]

    @Test(
        "holds what was written in pieces of any size, and the start that was put there last", arguments: lengths,
        // A disk, past the kernel's cache, and a file system that may know no such thing.
        [FileManager.default.temporaryDirectory.path, "/dev/shm"])
    func content(length: Int, place: String) throws {
        let path = "\(place)/tidemark-tests-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let directory = LocalDirectory(path)
        try directory.make()
        try directory.makeFolder("folder")
        var random = SeededRandom(seed: UInt64(length))
        var bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
        let file = try directory.makeFile("file", in: "folder")
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Int.random(in: 1...300_000, using: &random))
            try file.writeAll(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        if length >= 15 {
            let start = (0..<15 as Range<UInt8>).map { $0 }
            try file.rewriteStart(start)
            bytes.replaceSubrange(0..<15, with: start)
        }
        try file.synchronise()
        let written = try Data(contentsOf: URL(filePath: path + "/folder/file"))
        #expect(written == Data(bytes))
    }

    @Test("a full device is told, at the latest when all is to be there", arguments: [10, 2_000_000])
    func full(length: Int) throws {
        let file = try LocalDirectory.appending(to: "/dev/full")
        let error = #expect(throws: CheckpointError.self) {
            try file.writeAll([UInt8](repeating: 1, count: length))
            try file.synchronise()
        }
        #expect(error == .system(operation: .write, path: "/dev/full", code: ENOSPC))
    }
}
