public import Capture
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
    }

    private let configuration: ReplayConfiguration
    private let stream: CaptureStream
    private let output: OutputStage
    /// Writes a line on standard error.
    private let report: (String) -> Void
    private var summary = RunSummary()
    private var problems: [String] = []
    private var inputErrors: [CaptureError] = []
    private var progress: ProgressBar?

    /// Opens inputs and outputs. Throws ``CaptureError`` for a bad filter and ``ReportError`` for outputs that cannot
    /// be created; missing inputs are part of the ``Outcome``. `report` writes a text on standard error.
    public init(_ configuration: ReplayConfiguration, report: @escaping (String) -> Void) throws {
        self.configuration = configuration
        self.report = report
        stream = try CaptureStream(inputs: configuration.inputs, filter: configuration.filter)
        try FileIdentity.checkThatNoOutput(of: configuration.outputs, isAmong: stream.captures)
        output = OutputStage(
            try ReportWriter(outputs: configuration.outputs, options: configuration.reportOptions))
        progress = configuration.progressWidth.map {
            ProgressBar(width: $0, usesColour: configuration.progressUsesColour, now: MonotonicClock.now())
        }
    }

    /// Reads everything and writes all reports. Throws ``WorkerThread/CannotStart``.
    public func run() throws -> Outcome {
        let analysis = configuration.analysis(
            keepsFlows: output.wantsFlows, reportsHosts: output.wantsHosts)
        let output = output
        if configuration.workers > 1 {
            // Reading, analysis and writing go side by side; the analysis itself on as many as there are groups.
            let workers = min(configuration.workers, analysis.groupCount)
            let consumer = try ParallelAnalysis(analysis, workerCount: workers) {
                ResultWriter(analysis) { output.write($0) }
            }
            read(into: consumer)
        } else {
            read(into: SerialAnalysis(analysis, writer: ResultWriter(analysis) { output.write($0) }))
        }
        if let text = progress?.erase() { report(text) }
        summary.windows = output.windows
        summary.flows = output.flows
        output.finish(summary: summary)
        return Outcome(
            summary: summary, inputErrors: inputErrors, outputError: output.error, problems: problems)
    }

    // MARK: Reading

    private func read<Consumer: Analysis>(into consumer: Consumer) {
        var intake = PacketIntake(configuration, consumer: consumer)
        var left = configuration.packetLimit ?? .max
        // No more is read than may be analysed: what was received does not depend on the size of batches.
        // When packets wait for their time, signals and the bar are looked at after each.
        let atOnce: UInt64 = configuration.speed == nil ? .max : 1
        while left > 0, !RunSignals.wantsStop, !output.hasFailed,
            stream.readBatch(upTo: Int(clamping: min(left, atOnce)))
        {
            stream.forEachPacket { record, bytes in intake.take(record, bytes) }
            left -= UInt64(stream.count)
            inputErrors = stream.errors
            afterBatch(intake)
        }
        // A capture that was cut off by a signal is not damaged.
        inputErrors = RunSignals.wantsStop ? inputErrors : stream.errors
        let (dirty, notes) = intake.finish()
        intake.summarise(into: &summary)
        summary.packetsReceived = stream.packetsReceived
        problems = intake.problems
        consumer.finish(dirty: dirty, notes: notes)
    }

    private func afterBatch<Consumer: Analysis>(_ intake: borrowing PacketIntake<Consumer>) {
        if RunSignals.takeReopen() { output.reopen() }
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
