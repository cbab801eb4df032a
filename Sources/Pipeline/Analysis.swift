import EventTime
import Flows
import HostStatistics

/// What the analysis has to say at one point of the stream.
struct AnalysisStep: Sendable {
    var reports: [WindowReport]
    var flows: [FlowRecord]
    var endedFlows: UInt64
}

/// Takes packets in their order and gives window reports and flows, on one thread or several.
protocol Analysis: PacketConsumer {
    /// The input has ended. Returns when everything has been written.
    func finish(dirty: [Int64], notes: WindowNotes)
    /// Lets a barrier pass, behind all that came before it.
    func pass(_ barrier: FrozenReplay)
    /// Completes what the last barrier found, where that waits for further packets.
    func settle()
    /// Nothing more comes, but windows and flows stay open. Returns when what came before has been written.
    func stop()
}

/// Merges the workers' results and hands them to the writer. Belongs to one thread.
struct ResultWriter {
    private var merger: WindowMerger
    private let allowedLateness: Nanoseconds
    private let write: (AnalysisStep) -> Void
    private let isToReopen: () -> Bool
    /// Leaves what the outputs have taken.
    private let commit: (FrozenReplay) -> Void

    /// `merger`: one that goes on from a checkpoint.
    init(_ configuration: HostAnalysis.Configuration, output: OutputStage, merger: WindowMerger? = nil) {
        self.merger = merger ?? WindowMerger(configuration)
        allowedLateness = configuration.allowedLateness
        write = { output.write($0) }
        isToReopen = { output.isToReopen }
        commit = { output.commit(into: $0) }
    }

    /// Hands everything to `write`, and commits nothing.
    init(_ configuration: HostAnalysis.Configuration, write: @escaping (AnalysisStep) -> Void) {
        merger = WindowMerger(configuration)
        allowedLateness = configuration.allowedLateness
        self.write = write
        isToReopen = { false }
        commit = { $0.commit = nil }
    }

    /// Leaves its state and that of the outputs, which hand all rows to the kernel.
    func pass(_ barrier: FrozenReplay) {
        barrier.measure {
            barrier.merger = merger
            commit(barrier)
        }
        barrier.partIsDone()
    }

    mutating func take(_ results: [PartialResult], notes: WindowNotes, time: Nanoseconds) {
        if results.allSatisfy(\.isEmpty), notes.isEmpty, !merger.awaitsNotes, !isToReopen() { return }
        let reports = merger.merge(results, notes: notes, time: time)
        merger.forget(closedBy: time == .max ? .max : time.saturatingAdd(-1), allowedLateness: allowedLateness)
        write(
            AnalysisStep(
                reports: reports, flows: merger.mergeFlows(results),
                endedFlows: results.reduce(0) { $0 + $1.endedFlows }))
    }
}

/// The whole analysis on the calling thread.
final class SerialAnalysis: Analysis {
    private let box: AnalysisBox
    private var writer: ResultWriter
    private var freezing = FreezingStep()

    /// An analysis that has seen nothing.
    convenience init(_ configuration: HostAnalysis.Configuration, writer: ResultWriter) {
        self.init(AnalysisBox(HostAnalysis(configuration, isAlone: true)), writer: writer)
    }

    init(_ box: AnalysisBox, writer: ResultWriter) {
        self.box = box
        self.writer = writer
    }

    func add(_ packets: UnsafeBufferPointer<FlowPacket>) {
        box.analysis.add(packets)
        if freezing.isUnderWay { freezing.goOn(&box.analysis) }
    }

    func add(_ packet: FlowPacket, clock: Nanoseconds) { box.analysis.add(packet, clock: clock) }

    func pass(_ barrier: FrozenReplay) {
        writer.pass(barrier)
        freezing.begin(barrier, &box.analysis)
    }

    func settle() { freezing.finish(&box.analysis) }

    func stop() { settle() }

    func advance(to time: Nanoseconds, dirty: [Int64], notes: WindowNotes) {
        writer.take([box.analysis.advance(to: time, dirty: dirty)], notes: notes, time: time)
    }

    func finish(dirty: [Int64], notes: WindowNotes) {
        freezing.finish(&box.analysis)
        writer.take([box.analysis.finish(dirty: dirty)], notes: notes, time: .max)
    }
}
