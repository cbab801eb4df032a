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
        let inbox: BoundedQueue<Message>
        let results = BoundedQueue<PartialResult>(capacity: 16)
        /// Emptied batches on their way back.
        let spares: BoundedQueue<WorkerBatch>

        init(backlog: Int) {
            inbox = BoundedQueue(capacity: backlog)
            spares = BoundedQueue(capacity: min(backlog, ParallelAnalysis.shortBacklog))
        }
    }

    /// Batches that may wait for a worker: enough for some milliseconds, so that where threads share cores one of them
    /// has work while the other has to let a third go first.
    static let shortBacklog = 128
    /// Where the source cannot be asked to wait: a quarter of a million packets, if it comes to that.
    static let longBacklog = 512

    private let workers: [Worker]
    private var batches: [WorkerBatch]
    private let groupCount: Int
    private let points = BoundedQueue<Point>(capacity: 16)
    private var threads: [WorkerThread] = []

    /// Starts a thread for each of `analyses`, and one that writes; `makeWriter` is called there. `backlog`: batches
    /// that may wait for each worker.
    init(
        _ analyses: [AnalysisBox], groupCount: Int, backlog: Int = shortBacklog,
        makeWriter: @escaping @Sendable () -> ResultWriter
    ) throws(WorkerThread.CannotStart) {
        self.groupCount = groupCount
        workers = analyses.map { _ in Worker(backlog: backlog) }
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

    func add(_ packets: UnsafeBufferPointer<FlowPacket>) {
        guard workers.count > 1 else { return add(packets, to: 0) }
        guard let first = packets.baseAddress else { return }
        for packet in first..<(first + packets.count) {
            add(UnsafeBufferPointer(start: packet, count: 1), to: worker(for: packet))
        }
    }

    func add(_ packet: FlowPacket, clock: Nanoseconds) {
        withUnsafePointer(to: packet) { packet in
            // Those with another clock go in another batch. Until time advances, late ones have the same.
            let index = worker(for: packet)
            if batches[index].count > 0, batches[index].clock != clock { send(index) }
            batches[index].append(UnsafeBufferPointer(start: packet, count: 1))
            batches[index].clock = clock
            if batches[index].room == 0 { send(index) }
        }
    }

    /// Who takes a packet: the worker that has its key group, for one without addresses the first.
    @inline(__always)
    private func worker(for packet: UnsafePointer<FlowPacket>) -> Int {
        packet.pointee.isIP
            ? HostAnalysis.Configuration.group(of: packet, groupCount: groupCount) % workers.count : 0
    }

    @inline(__always)
    private func add(_ packets: UnsafeBufferPointer<FlowPacket>, to index: Int) {
        var packets = packets
        if batches[index].clock != nil { send(index) }
        while packets.count > 0 {
            let count = min(packets.count, batches[index].room)
            batches[index].append(UnsafeBufferPointer(rebasing: packets[..<count]))
            packets = UnsafeBufferPointer(rebasing: packets[count...])
            if batches[index].room == 0 { send(index) }
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
        // They bring nothing to light before time advances.
        workers[index].inbox.pushLazily(.packets(batches[index]))
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
            guard let message = freezing.isUnderWay ? worker.inbox.tryPop() : worker.inbox.pop() else {
                freezing.help(&analysis)
                continue
            }
            switch message {
            case .packets(let batch):
                if let clock = batch.clock {
                    for packet in batch.contents { analysis.add(packet, clock: clock) }
                } else {
                    analysis.add(batch.contents, hashes: batch.hashes)
                }
                batch.removeAll()
                // After a backlog there are more than will be wanted again.
                _ = worker.spares.tryPush(batch)
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
