public import Capture
import CheckpointStore
import EventTime
import HostStatistics
public import Reports

/// A live capture from interfaces to reports, until it is told to stop.
public final class LiveJob {
    /// What became of a run.
    public struct Outcome: Sendable {
        public var summary: RunSummary
        /// Why no interface could be captured any more.
        public var captureError: CaptureError?
        /// Why the reports or the recording could not be written to the end.
        public var outputError: ReportError?
        /// Why packets were malformed, or stopped short of their transport header, a line each (verbose only).
        public var problems: [String]
        /// `nil` where the state was not saved.
        public var checkpoints: CheckpointStatistics?
    }

    /// Packets between two looks at signals and interfaces, at most.
    private static let passLength = 4096
    /// The longest wait for packets.
    private static let longestWait: Nanoseconds = 50_000_000
    /// Dropped packets are asked for so often, and at the end of each slice.
    private static let countInterval: Nanoseconds = 100_000_000

    let configuration: LiveConfiguration
    let capture: LiveCapture
    let recording: Recording?
    let output: OutputStage
    let checkpoints: ReplayCheckpoints?
    var checkpointer: Checkpointer?
    private let hooks: LiveHooks
    /// Writes a text on standard error.
    private let report: @Sendable (String) -> Void
    var summary = RunSummary()
    var problems: [String] = []
    /// Dropped packets are to be known before event time comes to this, and were asked for last at that.
    private var nextCount = Nanoseconds.min
    private var countBeforeFiring = Nanoseconds.min

    /// Opens interfaces, outputs and recording. Throws ``CaptureError`` and ``ReportError``. `report` writes a text on
    /// standard error.
    ///
    /// Where there is a checkpoint of the same capture the job goes on from it. Throws ``CheckpointMismatch`` where it
    /// is of another one, and ``CheckpointError``; no output has been touched then.
    public init(
        _ configuration: LiveConfiguration, hooks: LiveHooks = LiveHooks(),
        report: @escaping @Sendable (String) -> Void
    ) throws {
        var configuration = configuration
        configuration.analysis.isObserved = hooks.reports != nil
        configuration.analysis.mayBeObserved = true
        self.configuration = configuration
        self.hooks = hooks
        self.report = report
        // Before any output is emptied: without rights nothing is to be lost.
        capture = try LiveCapture(
            interfaces: configuration.interfaces, options: configuration.capture,
            delay: configuration.analysis.watermarkDelay)
        try hooks.afterCapturing()
        try configuration.checkOutputs(linkTypes: capture.linkTypes)
        checkpoints = try configuration.analysis.checkpoints.map {
            try ReplayCheckpoints(
                $0, for: configuration.analysis, settings: configuration.settings,
                inputs: configuration.interfaces.map { InputIdentity(name: $0) }, report: report)
        }
        let restored = checkpoints?.restored
        if let through = restored?.run.capturedThrough { capture.goOn(from: through) }
        for note in checkpoints?.notes(canBeReadAgain: configuration.interfaces.map { _ in true }) ?? [] {
            report("tidemark: \(note)\n")
        }
        output = OutputStage(
            try ReportWriter(
                outputs: restored?.run.isFinished == true ? [] : configuration.analysis.outputs,
                options: configuration.analysis.reportOptions,
                resuming: restored?.run.isFinished == true ? nil : restored?.commit),
            observer: hooks.reports, windows: restored?.windows ?? 0, flows: restored?.flows ?? 0)
        // Nothing more is captured of a run that is finished: its recording stays as well.
        recording = try (restored?.run.isFinished == true ? nil : configuration.recording).map { [capture] in
            try Recording(
                $0, linkType: capture.linkTypes[0].linkType,
                snapshotLength: configuration.capture.snapshotLength, now: capture.now, goesOn: restored != nil)
        }
    }

    /// Captures until the end, and writes all reports. Throws ``WorkerThread/CannotStart`` and what the hooks throw.
    public func run() throws -> Outcome {
        try hooks.afterOpening()
        if let finished = checkpoints?.restored?.run, finished.isFinished {
            return Outcome(summary: finished.summary, problems: finished.problems)
        }
        // A network does not wait while the kernel clears pages for a burst of new flows.
        do {
            try PagePopulator.start()
        } catch {
            report("tidemark: no thread that asks for memory ahead: error \(error.code)\n")
        }
        checkpointer = try checkpoints?.start(report: report)
        defer { checkpointer?.finish() }
        let restored = checkpoints?.restored
        // Killed before the first checkpoint, nobody would know that there is a gap.
        if restored == nil { checkpointer?.hasten() }
        let settings = configuration.analysis
        let analysis = settings.analysis
        let box = restored?.analysis ?? AnalysisBox(HostAnalysis(analysis, isAlone: settings.isAnalysedAlone))
        let (output, merger) = (output, restored?.merger)
        if settings.isAnalysedAlone {
            follow(into: SerialAnalysis(box, writer: ResultWriter(analysis, output: output, merger: merger)))
        } else {
            let consumer = try ParallelAnalysis(
                [box], groupCount: analysis.groupCount, backlog: ParallelAnalysis.longBacklog
            ) {
                ResultWriter(analysis, output: output, merger: merger)
            }
            follow(into: consumer)
        }
        checkpointer?.finish()
        return Outcome(
            summary: summary, captureError: capture.failure, outputError: recording?.error ?? output.error,
            problems: problems, checkpoints: checkpointer?.statistics)
    }

    // MARK: Capturing

    private func follow<Consumer: Analysis>(into consumer: Consumer) {
        var intake = PacketIntake(configuration.analysis, consumer: consumer)
        takeUp(&intake)
        var left = configuration.analysis.packetLimit ?? .max
        left -= min(left, intake.counts.packets)
        var ending = LiveEnding(duration: configuration.duration)
        while left > 0, !isOver {
            let count = read(&intake, upTo: Int(min(left, UInt64(Self.passLength))))
            intake.handOn()
            left -= min(left, UInt64(count))
            look(after: &intake)
            saveState(&intake, consumer, hasReadAll: count == 0)
            ending.update(now: capture.now)
            if ending.isReached(readThrough: count == 0 ? capture.quietThrough : nil, newest: intake.newestTime) {
                break
            }
            guard count == 0 else { continue }
            passTime(&intake)
            recording?.flush()
            let untilCount = max(0, nextCount.saturatingSubtract(capture.now))
            capture.wait(atMost: min(ending.isNear ? 10_000_000 : Self.longestWait, untilCount))
        }
        hooks.atEnd()
        countDrops(&intake)
        recording?.finish()
        if canBeTakenUp { return leaveOpen(&intake, consumer) }
        let watermark = intake.watermark
        let (dirty, notes) = intake.finish()
        consumer.finish(dirty: dirty, notes: notes)
        summarise(intake)
        finish(watermark: watermark)
    }

    private var isOver: Bool {
        output.hasFailed || recording?.error != nil || recording?.isFull == true || capture.failure != nil
    }

    private func read<Consumer: Analysis>(_ intake: inout PacketIntake<Consumer>, upTo limit: Int) -> Int {
        // Two loops: an optional looked into for each packet would be retained and released for each.
        guard let recording else {
            return capture.read(upTo: limit) { record, frame in
                if record.timestamp >= countBeforeFiring { countDrops(&intake) }
                intake.take(record, frame)
            }
        }
        return capture.read(upTo: limit) { record, frame in
            if record.timestamp >= countBeforeFiring { countDrops(&intake) }
            if recording.write(record, frame) { intake.take(record, frame) }
        }
    }

    /// No packet is waiting: time goes on by the clock.
    private func passTime<Consumer: Analysis>(_ intake: inout PacketIntake<Consumer>) {
        guard let time = capture.quietThrough else { return }
        if time >= countBeforeFiring { countDrops(&intake) }
        intake.advance(to: time)
    }

    // MARK: Beside the packets

    private func look<Consumer: Analysis>(after intake: inout PacketIntake<Consumer>) {
        capture.inspect()
        if capture.now >= nextCount { countDrops(&intake) }
        takeLosses(&intake)
        for news in capture.takeNews() { report("tidemark: \(news)\n") }
        if RunSignals.takeReopen() {
            output.reopen()
            recording?.reopen()
            // The one before is of files that have been moved away.
            checkpointer?.hasten()
        }
        if RunSignals.takeStatistics() {
            countDrops(&intake)
            summarise(intake)
            report(
                """
                \(summary.packetsRead) packets captured, \(summary.packetsReceived) received by filter, \
                \(summary.packetsDropped) dropped by kernel; \(output.windows) windows and \(output.flows) flows \
                reported\n
                """)
        }
        var status = LiveStatus()
        status.statistics = capture.statistics
        (status.packets, status.bytes) = intake.counts
        status.latePackets = intake.latePackets
        (status.windows, status.flows, status.now) = (output.windows, output.flows, capture.now)
        hooks.eachPass(status)
    }

    /// Asks for dropped packets, so that they are known before the windows fire that they belong to.
    func countDrops<Consumer: Analysis>(_ intake: inout PacketIntake<Consumer>) {
        capture.countDrops()
        takeLosses(&intake)
        let windows = configuration.analysis.windows
        let now = capture.now
        let sliceEnd = windows.start(ofSlice: windows.slice(containing: now).saturatingAdd(1))
        nextCount = min(now.saturatingAdd(Self.countInterval), sliceEnd)
        countBeforeFiring = configuration.analysis.watermarkDelay.map { sliceEnd.saturatingAdd($0) } ?? .max
    }

    private func takeLosses<Consumer: Analysis>(_ intake: inout PacketIntake<Consumer>) {
        for loss in capture.takeLosses() {
            intake.note(
                CaptureLoss(
                    start: loss.start, end: loss.end, droppedPackets: loss.droppedPackets, isGap: loss.isGap))
        }
    }

    func summarise<Consumer: Analysis>(_ intake: borrowing PacketIntake<Consumer>) {
        intake.summarise(into: &summary)
        let statistics = capture.statistics
        // The kernel counts from the opening of the interface.
        let earlier = checkpoints?.restored?.run.summary ?? RunSummary()
        summary.packetsReceived = earlier.packetsReceived + statistics.received
        summary.packetsDropped = earlier.packetsDropped + statistics.dropped
        summary.packetsDroppedByInterface = earlier.packetsDroppedByInterface + statistics.droppedByInterface
        summary.windows = output.windows
        summary.flows = output.flows
        problems = intake.problems
    }
}

/// When a live capture ends: at a signal, or when its time is over. What was stamped before that is still read, as
/// long as that does not take more than a second.
struct LiveEnding {
    private let deadline: Int64?
    private var stopTime: Nanoseconds?
    private var patience: Int64 = .max

    init(duration: Nanoseconds?) {
        deadline = duration.map { MonotonicClock.now().saturatingAdd($0) }
    }

    /// Whether the end has come and some packets may be still to come.
    var isNear: Bool { stopTime != nil }

    /// Looks at signals and the clock; `now` is the event time that it is.
    mutating func update(now: Nanoseconds) {
        guard stopTime == nil else { return }
        let monotonic = MonotonicClock.now()
        if RunSignals.wantsStop || deadline.map({ monotonic >= $0 }) ?? false {
            stopTime = now
            patience = monotonic.saturatingAdd(.second)
        }
    }

    /// Whether everything before the end has been read: up to `readThrough`, or a packet of the time `newest` was.
    func isReached(readThrough: Nanoseconds?, newest: Nanoseconds) -> Bool {
        guard let stopTime else { return false }
        return newest >= stopTime || (readThrough ?? .min) >= stopTime || MonotonicClock.now() >= patience
    }
}
