import CheckpointStore
import EventTime
import Foundation
import Glibc
import TestSupport
import Testing

/// As `FaultTests`, but with the kernel's own calls: strace(1) makes the N-th one of a kind fail.
@Suite("Where a system call fails")
struct SystemCallTests {
    private static let strace = "/usr/bin/strace"
    private static let isThere = access(strace, X_OK) == 0

    /// Runs `CheckpointLoop` on the directory under strace, for four checkpoints at most; what it printed, and its status.
    private func run(_ folder: ScratchFolder, _ options: [String]) throws -> (lines: [String], status: Int32) {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let loop = URL(filePath: tests).deletingLastPathComponent().appending(path: "CheckpointLoop").path
        let process = Process()
        process.executableURL = URL(filePath: Self.strace)
        process.arguments =
            ["-f", "-qq", "-o", folder.path("calls")] + options + [loop, folder.path("store"), "1", "4"]
        process.standardError = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (output.split(separator: "\n").map(String.init), process.terminationStatus)
    }

    /// From the N-th call on of those that concern the directory, as many as two checkpoints take.
    /// The first `pwrite64` writes the holder's name into the lock, which is only for messages.
    static let kinds: [(call: String, calls: ClosedRange<Int>)] = [
        ("mkdir", 1...2), ("openat", 1...18), ("write", 1...10), ("pwrite64", 2...4), ("fsync", 1...10),
        ("rename", 1...3), ("unlink", 1...4),
        ("rmdir", 1...1),
    ]

    @Test(
        "the earlier checkpoint restores, and the reason is told", .enabled(if: isThere, "strace"), arguments: kinds
    )
    func faults(call: String, calls: ClosedRange<Int>) throws {
        for index in calls {
            let folder = try ScratchFolder()
            let path = folder.path("store")
            try writeOne(path)
            let code = index % 2 == 0 ? "EIO" : "ENOSPC"
            let result = try run(
                folder,
                ["-P", path] + folderPaths(path) + ["-e", "trace=\(call)"] + [
                    "-e", "inject=\(call):error=\(code):when=\(index)",
                ])
            #expect(result.status == 1, "\(call) \(index): \(result.lines)")
            let reason = code == "EIO" ? "Input/output error" : "No space left on device"
            #expect(result.lines.last?.hasSuffix(reason) == true, "\(call) \(index): \(result.lines)")
            let named = result.lines.compactMap { UInt64($0) }.last ?? 1
            let directory = try CheckpointDirectory(path)
            let found = try #require(try directory.newestValid { Issue.record("\(call) \(index): \($0)") })
            #expect(found.manifest.sequence >= named, "\(call) \(index)")
            #expect(try LocalDirectory(path).names().allSatisfy { $0 == "lock" || $0.hasPrefix("checkpoint-") })
        }
    }

    /// A checkpoint from before.
    private func writeOne(_ path: String) throws(CheckpointError) {
        let writer = try CheckpointDirectory(path).begin(.checkpoint)
        try writer.writePart("numbers", version: 1) { $0.encode(1) }
        try writer.commit(CheckpointDescription(tidemarkVersion: "before"))
    }

    /// Options that restrict strace to what lies in the directory, so that no call of the loader is counted.
    private func folderPaths(_ path: String) -> [String] {
        var names = ["lock"]
        for sequence in 1...4 {
            let checkpoint = "checkpoint-00000000000\(sequence)"
            for folder in ["writing-\(sequence)", checkpoint, "removing-\(checkpoint)"] {
                names += [folder] + ["manifest.json", "numbers.lz4", "name.lz4"].map { "\(folder)/\($0)" }
            }
        }
        return names.flatMap { ["-P", "\(path)/\($0)"] }
    }
}
