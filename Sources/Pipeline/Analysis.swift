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
}

/// Merges the workers' results and hands them to the writer. Belongs to one thread.
struct ResultWriter {
    private var merger: WindowMerger
    private let allowedLateness: Nanoseconds
    private let write: (AnalysisStep) -> Void

    init(_ configuration: HostAnalysis.Configuration, write: @escaping (AnalysisStep) -> Void) {
        merger = WindowMerger(configuration)
        allowedLateness = configuration.allowedLateness
        self.write = write
    }

    mutating func take(_ results: [PartialResult], notes: WindowNotes, time: Nanoseconds) {
        if results.allSatisfy(\.isEmpty), notes.isEmpty, !merger.awaitsNotes { return }
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
    private var worker: HostAnalysis
    private var writer: ResultWriter

    init(_ configuration: HostAnalysis.Configuration, writer: ResultWriter) {
        worker = HostAnalysis(configuration, isAlone: true)
        self.writer = writer
    }

    func add(_ packets: UnsafeMutableBufferPointer<FlowPacket>) { worker.add(packets) }

    func advance(to time: Nanoseconds, dirty: [Int64], notes: WindowNotes) {
        writer.take([worker.advance(to: time, dirty: dirty)], notes: notes, time: time)
    }

    func finish(dirty: [Int64], notes: WindowNotes) {
        writer.take([worker.finish(dirty: dirty)], notes: notes, time: .max)
    }
}
