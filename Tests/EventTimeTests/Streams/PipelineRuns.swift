import EventTime
import TestSupport

/// A random pipeline: one to three sources that are merged or connected, steps without a key, one or two keyed parts.
/// Made from its seed again for each run.
struct PipelineRun {
    let seed: UInt64
    var workers = 1
    var turnSize = 16
    /// The steps before which a checkpoint is asked for.
    var checkpointsBefore: Set<Int> = []
    /// Whether sources are judged idle: by processing time, which is another after a restart.
    var idles = true
    /// The run is given up after so many steps.
    var stopsAfter = Int.max

    /// Where results go; it outlives a run that is given up.
    let sink = CuttableSink()
    private(set) var snapshots: [Snapshot] = []
    private(set) var steps = 0

    init(seed: UInt64, workers: Int = 1) {
        self.seed = seed
        self.workers = workers
    }

    /// What came out, with marks of event time in between.
    var output: [String] { sink.lines }

    /// Runs from the beginning, or on from a checkpoint.
    mutating func run(from snapshot: Snapshot? = nil) throws {
        var random = SeededRandom(seed: seed)
        let kind = random.pick(0...4)
        let scripts = (0..<3).map { _ in
            random.script(count: random.pick(0...120), disorder: random.pick(0...12), keys: random.pick(1...20))
        }
        let delay: Nanoseconds = random.pick(0...12)
        let timeout: Nanoseconds = idles ? random.pick(1...4) : .max
        let group = WatermarkAlignment()
        let drift: Nanoseconds = random.pick(5...60)
        func source(_ number: Int) -> SourceStream<ScriptedSource, Watermarks<Happening>> {
            ScriptedSource(scripts[number]).stream(
                at: \.time,
                watermarks: .boundedOutOfOrderness(delay).withIdleness(after: timeout)
                    .aligned(in: group, drift: drift))
        }
        switch kind {
        case 0: try drive(source(0).keyed(by: \.key).process(Echo()), snapshot)
        case 1:
            try drive(
                source(0).union(source(1)).union(source(2)).filter { $0.value != 3 }
                    .keyed(by: \.key).process(Echo()).map { "\($0)!" }, snapshot)
        case 2:
            try drive(
                source(0).keyed(groups: 7, by: \.key).process(Echo()).keyed(by: { $0.count % 4 })
                    .map(\.count).reduce { $0 &+ $1 }.map { String($0) }, snapshot)
        case 3:
            // Two keyed parts meet.
            try drive(
                source(0).keyed(by: \.key).process(Echo()).union(source(1).keyed(by: \.key).process(Echo()))
                    .through(Watermarked()), snapshot)
        default:
            try drive(
                source(0).connect(source(1).map { -$0.value }).keyed { either in
                    switch either {
                    case .left(let happening): happening.key
                    case .right(let number): number
                    }
                }.map { "\($0)" }.flatMap { [$0, "again"] }, snapshot)
        }
    }

    private mutating func drive<Stream: EventStream & ~Copyable>(
        _ stream: consuming Stream, _ snapshot: Snapshot?
    ) throws where Stream.Element == String {
        var job = stream.through(Watermarked()).sink(into: sink)
        try job.open(
            .init(workers: workers, turnSize: turnSize, clock: TurnClock(step: 1)), from: snapshot)
        steps = 0
        while steps < stopsAfter {
            if checkpointsBefore.contains(steps) { try job.requestSnapshot() }
            steps += 1
            let progress = try job.step()
            if let taken = job.takeSnapshot() {
                snapshots.append(taken)
                try job.commit(taken.checkpoint)
            }
            if progress == .ended { return try job.finish() }
        }
    }
}

/// Keeps lines as a file would: what is not committed is cut off at a restart.
final class CuttableSink: StreamSink {
    private(set) var lines: [String] = []
    private(set) var committed = 0
    private(set) var isFinished = false

    init(_ lines: [String] = []) { self.lines = lines }

    func write(_ element: Timed<String>) { lines.append("\(element.time): \(element.value)") }
    func finish() { isFinished = true }
    func preCommit(checkpoint: UInt64) -> [UInt8] { StateEncoder.bytes { lines.count.encode(into: &$0) } }

    func commit(_ preCommitted: [UInt8]) throws {
        var state = StateDecoder(preCommitted)
        committed = max(committed, try Int(from: &state))
    }

    func abort(beyond preCommitted: [UInt8]?) throws {
        var count = 0
        if let preCommitted {
            var state = StateDecoder(preCommitted)
            count = try Int(from: &state)
        }
        guard 0...lines.count ~= count else { throw StateError.invalid("\(count) lines", offset: 0) }
        lines.removeLast(lines.count - count)
    }
}

/// Lets texts pass and writes the watermarks between them.
struct Watermarked: StreamOperator {
    mutating func process(_ element: Timed<String>, emit: (Timed<String>) -> Void) { emit(element) }
    mutating func advance(to watermark: Nanoseconds, emit: (Timed<String>) -> Void) {
        emit(Timed("watermark", at: watermark))
    }
}
