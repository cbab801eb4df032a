public import Capture
import EventTime
import Flows
import HostStatistics
import Packets
public import Reports
import Synchronization

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
        /// The stream's watermark, the packets and hosts, in a line (for SIGUSR1).
    }

    private let configuration: ReplayConfiguration
    private let stream: CaptureStream
    private let output: OutputStage
    /// Writes a line on standard error.
    private let report: (String) -> Void
    private var summary = RunSummary()
    private var malformed = MalformedLog()
    private var pacing: ReplayPacing?
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
        pacing = configuration.speed.map(ReplayPacing.init)
        progress = configuration.progressWidth.map {
            ProgressBar(width: $0, usesColour: configuration.progressUsesColour, now: MonotonicClock.now())
        }
    }

    /// Reads everything and writes all reports. Throws ``WorkerThread/CannotStart``.
    public func run() throws -> Outcome {
        let analysis = configuration.analysis(keepsFlows: output.wantsFlows)
        let workers = min(configuration.workers, analysis.groupCount)
        let output = output
        if workers > 1 {
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
            summary: summary, inputErrors: stream.errors, outputError: output.error, problems: malformed.lines)
    }

    // MARK: Reading

    private func read<Consumer: Analysis>(into consumer: Consumer) {
        let decoder = PacketDecoder(layer: configuration.layer)
        var sequencer = PacketSequencer(configuration, consumer: consumer)
        var left = configuration.packetLimit ?? .max
        while left > 0, !RunSignals.wantsStop, !output.hasFailed {
            guard stream.readBatch() else { break }
            stream.forEachPacket { record, bytes in
                guard left > 0 else { return }
                left -= 1
                take(record, bytes, decoder, &sequencer)
            }
            afterBatch(sequencer.watermark)
        }
        let (dirty, notes) = sequencer.finish()
        summary.latePackets = sequencer.latePackets
        summary.outsidePackets = sequencer.outsidePackets
        summary.packetsReceived = stream.packetsReceived
        consumer.finish(dirty: dirty, notes: notes)
    }

    @inline(__always)
    private func take<Consumer: Analysis>(
        _ record: PacketRecord, _ bytes: RawSpan, _ decoder: PacketDecoder,
        _ sequencer: inout PacketSequencer<Consumer>
    ) {
        let packet = decoder.decode(bytes, originalLength: record.originalLength, linkType: record.linkType)
        summary.packetsRead += 1
        summary.wireBytes += UInt64(record.originalLength)
        summary.bytes &+= packet.bytes
        if packet.kind != .ip || packet.problem != .none { countUnusual(packet, record) }
        guard record.isTimed else {
            summary.untimedPackets += 1
            return
        }
        if pacing != nil { pacing?.wait(for: record.timestamp) }
        summary.firstTime = min(summary.firstTime ?? .max, record.timestamp)
        summary.lastTime = max(summary.lastTime ?? .min, record.timestamp)
        var flowPacket = FlowPacket(packet, time: record.timestamp)
        sequencer.add(&flowPacket)
    }

    @inline(never)
    private func countUnusual(_ packet: DecodedPacket, _ record: PacketRecord) {
        switch packet.kind {
        case .ip: break
        case .nonIP: summary.nonIPPackets += 1
        case .malformed: summary.malformedPackets += 1
        }
        if configuration.isVerbose, packet.problem != .none { malformed.note(packet.problem, packet: record.number) }
    }

    private func afterBatch(_ watermark: Nanoseconds) {
        if RunSignals.takeReopen() { output.reopen() }
        if RunSignals.takeStatistics() { report(statistics() + "\n") }
        guard progress != nil else { return }
        let state = Progress(
            bytes: stream.bytesRead, totalBytes: stream.totalBytes, packets: summary.packetsRead,
            eventTime: summary.lastTime)
        if let text = progress?.update(state, now: MonotonicClock.now()) { report(text) }
    }

    private func statistics() -> String {
        "\(summary.packetsRead) packets read, \(output.windows) windows and \(output.flows) flows reported"
    }
}
