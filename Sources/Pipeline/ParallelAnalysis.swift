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
    }

    /// A point of the stream at which every worker answers.
    private struct Point: Sendable {
        var time: Nanoseconds
        var notes: WindowNotes
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

    /// Starts the threads. `makeWriter` is called on the writing thread.
    init(
        _ configuration: HostAnalysis.Configuration, workerCount: Int,
        makeWriter: @escaping @Sendable () -> ResultWriter
    ) throws(WorkerThread.CannotStart) {
        groupCount = configuration.groupCount
        workers = (0..<workerCount).map { _ in Worker() }
        batches = workers.map { _ in WorkerBatch() }
        for worker in workers {
            threads.append(try WorkerThread { Self.work(worker, configuration) })
        }
        let (workers, points) = (workers, points)
        threads.append(
            try WorkerThread {
                var writer = makeWriter()
                while true {
                    let point = points.pop()
                    writer.take(workers.map { $0.results.pop() }, notes: point.notes, time: point.time)
                    if point.time == .max { return }
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
        broadcast(.advance(time: time, dirty: dirty), at: Point(time: time, notes: notes))
    }

    func finish(dirty: [Int64], notes: WindowNotes) {
        broadcast(.finish(dirty: dirty), at: Point(time: .max, notes: notes))
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

    private static func work(_ worker: Worker, _ configuration: HostAnalysis.Configuration) {
        var analysis = HostAnalysis(configuration)
        while true {
            switch worker.inbox.pop() {
            case .packets(let batch):
                analysis.add(batch.contents)
                batch.count = 0
                worker.spares.push(batch)
            case .advance(let time, let dirty):
                worker.results.push(analysis.advance(to: time, dirty: dirty))
            case .finish(let dirty):
                worker.results.push(analysis.finish(dirty: dirty))
                return
            }
        }
    }
}
