import EventTime
import Flows
import HostStatistics

/// The analysis on several workers, each with the key groups that fall to it, and a thread that writes the results.
///
/// Packets go to workers in batches through bounded queues, and advances of event time go to all of them in the same
/// order, in band. What the workers answer is merged in that order, so the results are those of one worker.
final class ParallelAnalysis: Analysis {
    private enum Message: Sendable {
        case packets(WorkerBatch)
        case advance(time: Nanoseconds, dirty: [Int64])
        case finish(dirty: [Int64])
        case barrier(FrozenReplay)
        case stop
    }

    /// A point of the stream at which every worker answers.
    private enum Point: Sendable {
        case advance(time: Nanoseconds, notes: WindowNotes)
        case barrier(FrozenReplay)
        case stop
    }

    private struct Worker: Sendable {
        let inbox = BoundedQueue<Message>(capacity: 16)
        let results = BoundedQueue<PartialResult>(capacity: 16)
        /// Emptied batches on their way back.
        let spares = BoundedQueue<WorkerBatch>(capacity: 32)
    }

    private let workers: [Worker]
    private var batches: [WorkerBatch]
    private let groupCount: Int
    private let points = BoundedQueue<Point>(capacity: 16)
    private var threads: [WorkerThread] = []

    /// Starts a thread for each of `analyses`, and one that writes; `makeWriter` is called there.
    init(
        _ analyses: [AnalysisBox], groupCount: Int, makeWriter: @escaping @Sendable () -> ResultWriter
    ) throws(WorkerThread.CannotStart) {
        self.groupCount = groupCount
        workers = analyses.map { _ in Worker() }
        batches = workers.map { _ in WorkerBatch() }
        for (worker, analysis) in zip(workers, analyses) {
            threads.append(try WorkerThread { Self.work(worker, &analysis.analysis) })
        }
        let (workers, points) = (workers, points)
        threads.append(
            try WorkerThread {
                var writer = makeWriter()
                while true {
                    switch points.pop() {
                    case .advance(let time, let notes):
                        writer.take(workers.map { $0.results.pop() }, notes: notes, time: time)
                        if time == .max { return }
                    case .barrier(let barrier): writer.pass(barrier)
                    case .stop: return
                    }
                }
            })
    }

    func add(_ packets: UnsafeMutableBufferPointer<FlowPacket>) {
        for packet in packets {
            let group = HostAnalysis.Configuration.group(of: packet, groupCount: groupCount)
            let index = packet.kind == .ip ? group % workers.count : 0
            batches[index].append(packet)
            if batches[index].isFull { send(index) }
        }
    }

    func advance(to time: Nanoseconds, dirty: [Int64], notes: WindowNotes) {
        broadcast(.advance(time: time, dirty: dirty), at: .advance(time: time, notes: notes))
    }

    func pass(_ barrier: FrozenReplay) { broadcast(.barrier(barrier), at: .barrier(barrier)) }

    /// The worker goes on by itself.
    func settle() {}

    func stop() {
        broadcast(.stop, at: .stop)
        for thread in threads { thread.join() }
    }

    func finish(dirty: [Int64], notes: WindowNotes) {
        broadcast(.finish(dirty: dirty), at: .advance(time: .max, notes: notes))
        for thread in threads { thread.join() }
    }

    private func send(_ index: Int) {
        workers[index].inbox.push(.packets(batches[index]))
        batches[index] = workers[index].spares.tryPop() ?? WorkerBatch()
    }

    private func broadcast(_ message: Message, at point: Point) {
        for index in workers.indices {
            if batches[index].count > 0 { send(index) }
            workers[index].inbox.push(message)
        }
        points.push(point)
    }

    private static func work(_ worker: Worker, _ analysis: inout HostAnalysis) {
        var freezing = FreezingStep()
        while true {
            freezing.goOn(&analysis)
            // While there is something to copy, nobody waits for packets.
            guard let message = freezing.isUnderWay ? worker.inbox.tryPop() : worker.inbox.pop() else { continue }
            switch message {
            case .packets(let batch):
                analysis.add(batch.contents)
                batch.count = 0
                worker.spares.push(batch)
            case .advance(let time, let dirty):
                worker.results.push(analysis.advance(to: time, dirty: dirty))
            case .finish(let dirty):
                freezing.finish(&analysis)
                worker.results.push(analysis.finish(dirty: dirty))
                return
            case .barrier(let barrier):
                freezing.begin(barrier, &analysis)
            case .stop:
                freezing.finish(&analysis)
                return
            }
        }
    }
}
