import CheckpointStore
import EventTime
import Glibc

/// Runs a pipeline with checkpoints in a directory, as a process of its own: for tests that kill it anywhere.
///
///     SnapshotLoop DIRECTORY OUTPUT WORKERS COUNT
///
/// Writes the sums of COUNT numbers in windows to OUTPUT, cut back to the last checkpoint at its start.
@main
struct SnapshotLoop {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let workers = Int(arguments[3]), let count = Int(arguments[4]) else { exit(64) }
        do {
            var store = try SnapshotDirectory(arguments[1], keeping: 2)
            var job = (0..<count).stream(at: { Nanoseconds($0) }, watermarks: .boundedOutOfOrderness(10))
                .keyed { $0 % 17 }
                .window(SlidingWindows(size: 120, slide: 40), aggregate: Sum<Int>())
                .map { "\($0.time) \($0.key) \($0.result)\n" }
                .sink(into: try FileSink(arguments[2]))
            // A checkpoint whenever the one before has come through.
            try job.run(.init(workers: workers, turnSize: 64), checkpoints: &store, every: 1)
        } catch {
            let words = Array("\(error)\n".utf8)
            write(2, words, words.count)
            exit(1)
        }
    }
}

/// A file whose length is committed.
struct FileSink: StreamSink, ~Copyable {
    struct Failed: Error { let code: Int32 }

    private let descriptor: Int32
    private var length = 0

    init(_ path: String) throws {
        descriptor = open(path, O_RDWR | O_CREAT, 0o600)
        guard descriptor >= 0 else { throw Failed(code: errno) }
    }

    deinit { close(descriptor) }

    mutating func write(_ element: Timed<String>) throws {
        let bytes = Array(element.value.utf8)
        guard pwrite(descriptor, bytes, bytes.count, length) == bytes.count else { throw Failed(code: errno) }
        length += bytes.count
    }

    mutating func preCommit(checkpoint: UInt64) throws -> [UInt8] {
        guard fdatasync(descriptor) == 0 else { throw Failed(code: errno) }
        return StateEncoder.bytes { length.encode(into: &$0) }
    }

    mutating func abort(beyond preCommitted: [UInt8]?) throws {
        length = 0
        if let preCommitted {
            var state = StateDecoder(preCommitted)
            length = try Int(from: &state)
        }
        guard ftruncate(descriptor, length) == 0 else { throw Failed(code: errno) }
    }
}
