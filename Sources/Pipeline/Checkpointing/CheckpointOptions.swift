import CheckpointStore
public import EventTime
import HostStatistics

/// Whether, where and how often a run saves its state.
public struct CheckpointOptions: Sendable {
    public var directory: String
    /// Time on the wall between two checkpoints, ns.
    public var interval: Nanoseconds
    /// How many of them are kept.
    public var retained: Int
    /// Does not go on from what is there. It stays until the first new checkpoint is complete.
    public var startsFresh: Bool
    /// Written into checkpoints, for people.
    public var programVersion: String
    /// For tests: bytes that are copied between two batches of packets, and whether another thread copies meanwhile.
    var freezingStep = HostAnalysis.freezingStep
    var copiesBeside = true
    /// For tests: packets between two places from which on those that wait can be read again.
    var markSpacing = ReadingMarks.usualSpacing
    /// For tests: where checkpoints go instead of the directory.
    var storage: (any CheckpointStorage)?
    /// For tests: a checkpoint after so many packets instead of after a time.
    var everyPackets: UInt64?
    /// For tests: the run ends without a word once so many checkpoints are complete.
    var diesAfter: Int?

    public init(
        directory: String, interval: Nanoseconds = 10 * .second, retained: Int = 3, startsFresh: Bool = false,
        programVersion: String = ""
    ) {
        self.directory = directory
        self.interval = interval
        self.retained = retained
        self.startsFresh = startsFresh
        self.programVersion = programVersion
    }
}

/// A checkpoint is of another command than the one that is to go on from it.
public struct CheckpointMismatch: Error, Hashable, Sendable, CustomStringConvertible {
    /// The checkpoint.
    public var path: String
    /// A sentence for each difference.
    public var differences: [String]

    public var description: String {
        """
        \(path) does not fit this command (--fresh starts anew, which empties the outputs):
        \(differences.map { "  \($0)" }.joined(separator: "\n"))
        """
    }
}

/// What a run's checkpoints cost, in memory that does not grow with their number. Times are wall time in nanoseconds:
/// the longest are exact, the others within a hundredth.
public struct CheckpointStatistics: Sendable {
    public var written = 0
    public var failed = 0
    /// Due while another was still being written.
    public var skipped = 0
    /// The longest time that the stream stood still for each checkpoint.
    public var pauses = QuantileSketch()
    /// How long each was being copied beside the stream, which meanwhile copied what packets touched first.
    public var copying = QuantileSketch()
    /// From the barrier to the end of writing.
    public var writing = QuantileSketch()
    /// Of the largest: bytes of state, and of the files.
    public var contentByteCount: UInt64 = 0
    public var byteCount: UInt64 = 0
    /// Reading the state back at the beginning; `nil` where there was none.
    public var restoring: Int64?

    /// A line for people.
    public var line: String {
        func milliseconds(_ times: QuantileSketch) -> String {
            guard let median = times.quantile(0.5), let range = times.range else { return "none" }
            return "\(Self.milliseconds(Int64(median))) (at most \(Self.milliseconds(Int64(range.upperBound))))"
        }
        var line = "checkpoints: \(written) written, \(failed) failed, \(skipped) skipped"
        if written > 0 {
            line += "; pause \(milliseconds(pauses)), copied in \(milliseconds(copying))"
            line += ", written after \(milliseconds(writing))"
            line += "; at most \(contentByteCount) bytes of state in \(byteCount)"
        }
        if let restoring { line += "; restored in \(Self.milliseconds(restoring))" }
        return line
    }

    private static func milliseconds(_ time: Int64) -> String {
        "\(time / 1_000_000).\(time / 100_000 % 10) ms"
    }
}
