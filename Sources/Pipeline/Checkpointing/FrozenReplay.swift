import CheckpointStore
import EventTime
import Flows
import HostStatistics
import Reports
import Synchronization

/// A barrier on its way through the pipeline, and what it finds there: each stage leaves its state of the one instant
/// at which the barrier passes it. The last one to do so hands all of it to the writing of checkpoints.
///
/// It is used again for each checkpoint, since its memory costs more than what is put there. A stage touches its own
/// fields only, between ``begin(kind:request:)`` and ``partIsDone()``.
final class FrozenReplay: @unchecked Sendable {
    private(set) var kind = CheckpointKind.checkpoint
    private(set) var request: SavepointRequest?
    /// The stages compare what they leave with what they left the time before.
    private(set) var asChanges = false
    private(set) var started: Int64 = 0
    /// Have the analysis copied by another thread, and the whole written.
    private let startCopying: (FrozenReplay) -> Void
    private let whenComplete: (FrozenReplay) -> Void
    private let isBeingCopied = Atomic<Bool>(false)
    private let partsLeft = Atomic<Int>(0)

    // MARK: Of the reading thread

    var run = RunState()
    let intake = FrozenIntake()

    // MARK: Of the worker

    let analysis = FrozenAnalysis()

    // MARK: Of the writing thread

    var merger: WindowMerger?
    /// `nil` where the outputs have failed: then there is nothing to commit.
    var commit: ReportCommit?
    var files: ReportFiles?
    var windows: UInt64 = 0
    var flows: UInt64 = 0

    /// How long a stage stood still at most.
    private let longest = Mutex<Int64>(0)
    /// How long it took another thread to copy the analysis. Of that thread.
    var copying: Int64 = 0

    /// Bytes that are copied between two batches of packets, of what no other thread copies.
    let freezingStep: Int

    /// `startCopying` has ``copyAnalysis()`` called on another thread, or does nothing.
    init(
        freezingStep: Int, startCopying: @escaping (FrozenReplay) -> Void = { _ in },
        whenComplete: @escaping (FrozenReplay) -> Void
    ) {
        self.freezingStep = freezingStep
        self.startCopying = startCopying
        self.whenComplete = whenComplete
    }

    /// Reading, analysis and writing.
    private static var partCount: Int { 3 }

    func begin(_ kind: CheckpointKind, request: SavepointRequest?, asChanges: Bool) {
        self.kind = kind
        self.request = request
        self.asChanges = asChanges
        started = MonotonicClock.now()
        longest.withLock { $0 = 0 }
        copying = 0
        partsLeft.store(Self.partCount, ordering: .relaxed)
    }

    /// One stage has left all there is of its state.
    func partIsDone() {
        if partsLeft.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { whenComplete(self) }
    }

    /// Has the frozen analysis copied on another thread.
    func copyBeside() { startCopying(self) }

    /// Whether another thread is about to copy the analysis, or does.
    var isCopiedBeside: Bool {
        get { isBeingCopied.load(ordering: .acquiring) }
        set { isBeingCopied.store(newValue, ordering: .releasing) }
    }

    /// There are no stages any more: everything is here.
    func allPartsAreDone() {
        for _ in 0..<Self.partCount { partIsDone() }
    }

    /// Runs a step for which the stream stands still.
    func measure<Result>(_ step: () -> Result) -> Result {
        let began = MonotonicClock.now()
        defer {
            let time = MonotonicClock.now() - began
            longest.withLock { $0 = max($0, time) }
        }
        return step()
    }

    /// Takes memory in advance for the next checkpoint: for whoever has time between one and the next.
    func prepare() {
        analysis.prepare()
        intake.prepare()
    }

    var pause: Int64 { longest.withLock { $0 } }
}

/// What the reading thread keeps beside the sequencer.
struct RunState: Sendable {
    /// The input has ended, and everything was reported.
    var isFinished = false
    var summary = RunSummary()
    var inputErrors: [EarlierError] = []
    var problems: [String] = []
    var progress = SourceProgress()
    var watermark: Nanoseconds?
    /// A live capture had taken everything up to this event time.
    var capturedThrough: Nanoseconds?
}

/// The sequencer's and the intake's state: what waits in order, and the rest in bytes already, as it is little.
final class FrozenIntake: @unchecked Sendable {
    let sorter = FrozenSorter<FlowPacket>()
    /// Where the packets that wait can be read again; then the sorter holds none of now.
    var rereading: Rereading?
    var counters: [UInt8] = []

    /// Packets that wait.
    var count: Int { rereading.map { Int($0.count) } ?? sorter.count }

    func prepare() { if rereading == nil { sorter.prepare() } }

    func encode(into state: inout StateEncoder) {
        counters.encode(into: &state)
        rereading.encode(into: &state)
        if rereading == nil { sorter.encode(into: &state) }
    }
}
