public import Capture
import CheckpointStore
import EventTime
import HostStatistics
public import Reports

/// A replay from captures to reports: configuration in, reports and a summary out.
public final class ReplayJob {
    /// What became of a run.
    public struct Outcome: Sendable {
        public var summary: RunSummary
        /// Inputs that were missing or damaged; everything else was reported.
        public var inputErrors: [CaptureError]
        /// Why the reports could not be written to the end.
        public var outputError: ReportError?
        /// Why packets were malformed, or stopped short of their transport header, a line each (verbose only).
        public var problems: [String]
        /// `nil` where the state was not saved.
        public var checkpoints: CheckpointStatistics?
    }

    private let configuration: ReplayConfiguration
    private let stream: CaptureStream
    private let output: OutputStage
    private let checkpoints: ReplayCheckpoints?
    private var checkpointer: Checkpointer?
    /// Writes a line on standard error.
    private let report: @Sendable (String) -> Void
    private var summary = RunSummary()
    private var problems: [String] = []
    private var inputErrors: [CaptureError] = []
    /// From where on the packets that wait can be read again; `nil` where the captures cannot, or nothing is saved.
    private var marks: ReadingMarks?
    private var progress: ProgressBar?

    /// Opens inputs and outputs. Throws ``CaptureError`` for a bad filter and ``ReportError`` for outputs that cannot
    /// be created; missing inputs are part of the ``Outcome``. `report` writes a text on standard error.
    ///
    /// Where there is a checkpoint of the same run the job goes on from it. Throws ``CheckpointMismatch`` where it is
    /// of another one, and ``CheckpointError``; no output has been touched then.
    public init(_ configuration: ReplayConfiguration, report: @escaping @Sendable (String) -> Void) throws {
        self.configuration = configuration
        self.report = report
        let stream = try CaptureStream(inputs: configuration.inputs, filter: configuration.filter)
        try FileIdentity.checkThatNoOutput(of: configuration.outputs, isAmong: stream.captures)
        checkpoints = try configuration.checkpoints.map {
            try ReplayCheckpoints(
                $0, for: configuration, captures: stream.captures, names: stream.sourceNames, report: report)
        }
        for note in checkpoints?.notes(canBeReadAgain: stream.canBeReadAgain) ?? [] {
            report("tidemark: \(note)\n")
        }
        if let restored = checkpoints?.restored {
            self.stream = try CaptureStream(
                inputs: configuration.inputs, filter: configuration.filter, resuming: restored.start)
            try restored.readWaiting(from: self.stream, for: configuration)
            output = try Self.output(configuration, restored)
        } else {
            self.stream = stream
            output = OutputStage(
                try ReportWriter(outputs: configuration.outputs, options: configuration.reportOptions))
        }
        // Where packets have no order none waits.
        if let options = configuration.checkpoints, configuration.watermarkDelay != nil,
            self.stream.canBeReadAgain.allSatisfy({ $0 })
        {
            marks = ReadingMarks(
                start: checkpoints?.restored?.start ?? self.stream.progress, names: self.stream.sourceNames,
                spacing: options.markSpacing)
        }
        progress = configuration.progressWidth.map {
            ProgressBar(width: $0, usesColour: configuration.progressUsesColour, now: MonotonicClock.now())
        }
    }

    /// Reads everything and writes all reports. Throws ``WorkerThread/CannotStart``.
    public func run() throws -> Outcome {
        if let finished = checkpoints?.restored?.run, finished.isFinished {
            return Outcome(
                summary: finished.summary, inputErrors: finished.inputErrors.map(\.error),
                problems: finished.problems)
        }
        checkpointer = try checkpoints?.start(report: report)
        defer { checkpointer?.finish() }
        let restored = checkpoints?.restored
        let analysis = configuration.analysis
        let box = restored?.analysis ?? AnalysisBox(HostAnalysis(analysis, isAlone: configuration.isAnalysedAlone))
        let (output, merger) = (output, restored?.merger)
        if configuration.isAnalysedAlone {
            read(into: SerialAnalysis(box, writer: ResultWriter(analysis, output: output, merger: merger)))
        } else {
            // Reading, analysis and writing go side by side; the analysis itself on as many as there are groups.
            let consumer = try ParallelAnalysis([box], groupCount: analysis.groupCount) {
                ResultWriter(analysis, output: output, merger: merger)
            }
            read(into: consumer)
        }
        if let text = progress?.erase() { report(text) }
        checkpointer?.finish()
        return Outcome(
            summary: summary, inputErrors: inputErrors, outputError: output.error, problems: problems,
            checkpoints: checkpointer?.statistics)
    }

    /// Outputs that go on where the checkpoint left them. A finished run's are not opened at all.
    private static func output(
        _ configuration: ReplayConfiguration, _ restored: RestoredReplay
    ) throws -> OutputStage {
        OutputStage(
            try ReportWriter(
                outputs: restored.run.isFinished ? [] : configuration.outputs, options: configuration.reportOptions,
                resuming: restored.run.isFinished ? nil : restored.commit),
            windows: restored.windows, flows: restored.flows)
    }

    // MARK: Reading

    private func read<Consumer: Analysis>(into consumer: Consumer) {
        var intake = PacketIntake(configuration, consumer: consumer)
        if let state = checkpoints?.restored?.intake { intake.takeUp(state) }
        let limit = configuration.packetLimit ?? .max
        var left = limit - min(limit, stream.packetsPassed)
        rememberErrors()
        // No more is read than may be analysed: what was received does not depend on the size of batches.
        // When packets wait for their time, signals and the bar are looked at after each.
        let atOnce: UInt64 = configuration.speed == nil ? configuration.readsAtMost : 1
        while left > 0, !RunSignals.wantsStop, !output.hasFailed,
            stream.readBatch(upTo: Int(clamping: min(left, atOnce, packetsToCheckpoint)))
        {
            // The loop is here, so that what is done with a packet is part of it and not called for each.
            stream.withPackets { packets in
                for index in 0..<packets.count { intake.take(packets[index], packets.bytes(at: index).bytes) }
            }
            intake.handOn()
            marks?.note(stream, newest: intake.newestTime, released: intake.sequencer.releasedBefore)
            left -= UInt64(stream.count)
            rememberErrors()
            afterBatch(intake)
            if let barrier = due(&intake, consumer) { send(barrier, &intake, consumer) }
            if checkpointer?.mustDie == true { return consumer.stop() }
        }
        // A capture that was cut off by a signal is not damaged.
        if !RunSignals.wantsStop { rememberErrors() }
        if RunSignals.wantsStop, let checkpointer, !output.hasFailed {
            // What is open stays open: the next run goes on with it.
            intake.finishFreezing()
            send(checkpointer.last(settle: consumer.settle), &intake, consumer)
            intake.finishFreezing()
            consumer.stop()
            summarise(intake)
            output.close()
            return
        }
        let watermark = intake.watermark
        let (dirty, notes) = intake.finish()
        consumer.finish(dirty: dirty, notes: notes)
        summarise(intake)
        finish(watermark: watermark)
    }

    private func summarise<Consumer: Analysis>(_ intake: borrowing PacketIntake<Consumer>) {
        intake.summarise(into: &summary)
        summary.packetsReceived = stream.packetsReceived
        summary.windows = output.windows
        summary.flows = output.flows
        problems = intake.problems
    }

    /// Those of before a restart, and those since, each once.
    private func rememberErrors() {
        let earlier = checkpoints?.restored?.run.inputErrors.map(\.error) ?? []
        guard !earlier.isEmpty else {
            inputErrors = stream.errors
            return
        }
        let known = Set(earlier.map(\.description))
        inputErrors = earlier + stream.errors.filter { !known.contains($0.description) }
    }

    // MARK: Checkpoints

    private var packetsToCheckpoint: UInt64 { checkpointer?.packetsLeft(after: stream.packetsPassed) ?? .max }

    /// A barrier, where one is due behind the packets read so far.
    private func due<Consumer: Analysis>(
        _ intake: inout PacketIntake<Consumer>, _ consumer: Consumer
    ) -> FrozenReplay? {
        intake.continueFreezing()
        return checkpointer?.due(after: stream.packetsPassed) {
            intake.finishFreezing()
            consumer.settle()
        }
    }

    /// Lets a barrier go behind the packets read so far.
    private func send<Consumer: Analysis>(
        _ barrier: FrozenReplay, _ intake: inout PacketIntake<Consumer>, _ consumer: Consumer
    ) {
        if marks == nil {
            intake.pass(barrier)
        } else {
            intake.pass(barrier) { self.marks?.start(before: $0) ?? SourceProgress() }
        }
        intake.summarise(into: &summary)
        summary.packetsReceived = stream.packetsReceived
        barrier.run = runState(isFinished: false)
        barrier.run.watermark = intake.watermark
        consumer.pass(barrier)
    }

    private func runState(isFinished: Bool) -> RunState {
        var state = RunState()
        state.isFinished = isFinished
        state.summary = summary
        state.inputErrors = inputErrors.map(EarlierError.init)
        state.problems = problems
        state.progress = SourceProgress(stream)
        if RunSignals.wantsStop {
            // A signal that ends the waiting for a pipe is not the pipe's end.
            for (index, isFile) in stream.canBeReadAgain.enumerated() where !isFile {
                state.progress.progress.sources[index].due = state.progress.progress.sources[index].due ?? .min
            }
        }
        return state
    }

    /// Writes what stands at the end of the outputs, and a last checkpoint that says so.
    private func finish(watermark: Nanoseconds?) {
        guard let checkpointer, !output.hasFailed else { return output.finish(summary: summary) }
        let barrier = checkpointer.last {}
        output.finish(summary: summary, into: barrier)
        barrier.run = runState(isFinished: true)
        barrier.run.watermark = watermark
        barrier.allPartsAreDone()
    }

    private func afterBatch<Consumer: Analysis>(_ intake: borrowing PacketIntake<Consumer>) {
        if RunSignals.takeReopen() {
            output.reopen()
            // The one before is of files that have been moved away.
            checkpointer?.hasten()
        }
        let wantsStatistics = RunSignals.takeStatistics()
        guard wantsStatistics || progress != nil else { return }
        intake.summarise(into: &summary)
        if wantsStatistics {
            report(
                "\(summary.packetsRead) packets read, \(output.windows) windows and \(output.flows) flows reported\n"
            )
        }
        let state = Progress(
            bytes: stream.bytesRead, totalBytes: stream.totalBytes, packets: summary.packetsRead,
            eventTime: summary.lastTime)
        if let text = progress?.update(state, now: MonotonicClock.now()) { report(text) }
    }
}
