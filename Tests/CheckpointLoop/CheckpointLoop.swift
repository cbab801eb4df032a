import CheckpointStore
import EventTime
import Glibc

/// Writes checkpoints in a loop until it is killed, or has written so many, as a process of its own: for tests that kill it, that want a
/// directory held by somebody else, and that ask for savepoints.
///
///     CheckpointLoop DIRECTORY KEPT [COUNT]
///
/// Prints the number of each checkpoint once it is committed, or why it cannot go on.
@main
struct CheckpointLoop {
    static func main() {
        let arguments = CommandLine.arguments
        guard (3...4).contains(arguments.count), let kept = Int(arguments[2]) else { exit(64) }
        let count = arguments.count == 4 ? Int(arguments[3]) ?? 0 : .max
        do throws(CheckpointError) {
            try run(arguments[1], kept: kept, count: count)
        } catch {
            say("\(error)")
            exit(1)
        }
    }

    private static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        Glibc.write(1, bytes, bytes.count)
    }

    private static func run(_ path: String, kept: Int, count: Int) throws(CheckpointError) {
        let directory = try CheckpointDirectory(path)
        let mailbox = SavepointMailbox(path)
        if let checkpoint = try directory.newestValid() { say("from \(checkpoint.manifest.sequence)") }
        for _ in 0..<count {
            let request = mailbox.pendingRequest()
            let checkpoint = try write(directory, request == nil ? .checkpoint : .savepoint)
            say("\(checkpoint.manifest.sequence)")
            if let request { try mailbox.answer(request, .written(checkpoint.folder)) }
            try directory.retain(kept)
        }
    }

    private static func write(
        _ directory: CheckpointDirectory, _ kind: CheckpointKind
    ) throws(CheckpointError) -> StoredCheckpoint {
        let writer = try directory.begin(kind)
        let sequence = writer.name.sequence
        // Several chunks, all of which say which checkpoint they belong to.
        try writer.writePart("numbers", version: 1) { state in
            for number in 0..<200_000 as Range<UInt64> { state.encode(number ^ sequence) }
        }
        try writer.writePart("name", version: 1) { "checkpoint \(sequence)".encode(into: &$0) }
        return try writer.commit(CheckpointDescription(tidemarkVersion: "loop"))
    }
}
