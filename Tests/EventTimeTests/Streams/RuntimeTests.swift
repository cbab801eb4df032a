import EventTime
import Synchronization
import TestSupport
import Testing

@Suite("The runtime")
struct RuntimeTests {
    /// Counts elements that were read and not yet written.
    final class InFlight: Sendable {
        let read = Atomic<Int>(0)
        let most = Atomic<Int>(0)
    }

    struct Counting: StreamSource {
        let inFlight: InFlight
        var position = 0
        mutating func next() -> SourceReading<Int> {
            guard position < 20_000 else { return .end }
            position += 1
            inFlight.read.add(1, ordering: .relaxed)
            return .element(position)
        }
        mutating func seek(to position: Int) { self.position = position }
    }

    @Test("holds back sources when what follows is slower", arguments: [1, 2, 5])
    func backpressure(workers: Int) throws {
        let inFlight = InFlight()
        var written = 0
        var job = Counting(inFlight: inFlight)
            .stream(at: { Nanoseconds($0) }, watermarks: .monotonous())
            .keyed { $0 % 97 }
            .map { $0 &* 3 }
            .sink { _ in
                written += 1
                let waiting = inFlight.read.load(ordering: .relaxed) - written
                inFlight.most.store(
                    max(waiting, inFlight.most.load(ordering: .relaxed)), ordering: .relaxed)
            }
        try job.run(.init(workers: workers, turnSize: 32))
        #expect(written == 20_000)
        // A few turns are under way, however long the input.
        #expect(inFlight.most.load(ordering: .relaxed) <= 32 * 6)
    }

    struct Broken: Error, Equatable {}

    struct Breaking: StreamSource {
        var position = 0
        mutating func next() throws -> SourceReading<Int> {
            position += 1
            if position == 100 { throw Broken() }
            return .element(position)
        }
        mutating func seek(to position: Int) { self.position = position }
    }

    @Test("ends with the error of a source or a sink", arguments: [1, 3])
    func errors(workers: Int) {
        #expect(throws: Broken.self) {
            _ = try Breaking().stream(at: { Nanoseconds($0) }, watermarks: .monotonous())
                .keyed { $0 }.collect(.init(workers: workers, turnSize: 7))
        }
        #expect(throws: Broken.self) {
            var job = (1...1000).stream(at: { Nanoseconds($0) }, watermarks: .monotonous())
                .keyed { $0 }.sink { if $0.value == 500 { throw Broken() } }
            try job.run(.init(workers: workers, turnSize: 7))
        }
    }

    @Test("keeps checkpoints in a store, and goes on from the newest with another number of workers")
    func store() throws {
        var store = MemorySnapshotStore()
        let numbers = Array(0..<5000)
        func job(_ sink: CuttableSink) -> some ~Copyable & TestJob {
            Job(
                numbers.stream(at: { Nanoseconds($0) }, watermarks: .monotonous())
                    .keyed { $0 % 11 }.aggregate(Sum<Int>()).map { String($0) }.sink(into: sink))
        }
        let whole = CuttableSink()
        var first = job(whole)
        try first.run(.init(workers: 3, turnSize: 64, clock: TurnClock(step: 1)), &store, every: 10)
        #expect(store.snapshots.count > 3)
        #expect(whole.committed == 5000)
        #expect(whole.isFinished)
        for (number, snapshot) in store.snapshots.enumerated() {
            let again = CuttableSink(whole.lines)
            var store = MemorySnapshotStore()
            store.save(snapshot)
            var second = job(again)
            try second.run(.init(workers: number % 4 + 1), &store, every: .max)
            #expect(again.lines == whole.lines)
        }
    }

    @Test("refuses checkpoints that are not of this pipeline, and damaged ones", arguments: [1, 2])
    func damage(workers: Int) throws {
        func pipeline() -> some ~Copyable & TestJob {
            Job(
                (0..<1000).stream(at: { Nanoseconds($0) }, watermarks: .monotonous())
                    .keyed { $0 % 11 }.aggregate(Sum<Int>()).map { String($0) }.sink(into: CuttableSink()))
        }
        var store = MemorySnapshotStore()
        var job = pipeline()
        try job.run(.init(workers: 3, turnSize: 64), &store, every: .max)
        let good = try #require(store.newest())
        func attempt(_ change: (inout Snapshot) -> Void) throws {
            var changed = good
            change(&changed)
            var store = MemorySnapshotStore()
            store.save(changed)
            var job = pipeline()
            try job.run(.init(workers: workers), &store, every: .max)
        }
        #expect(throws: StateError.self) { try attempt { $0.parts.removeLast() } }
        #expect(throws: StateError.self) { try attempt { $0.parts.append(.init(name: "9-keyed/0", bytes: [])) } }
        for part in good.parts.indices {
            // Every cut, and many flipped bits: an error, or another state, and no trap.
            for length in good.parts[part].bytes.indices {
                #expect(throws: (any Error).self) {
                    try attempt { $0.parts[part].bytes.removeSubrange(length...) }
                }
            }
            var random = SeededRandom(seed: 1)
            for _ in 0..<40 where !good.parts[part].bytes.isEmpty {
                let place: Int = random.pick(0...good.parts[part].bytes.count - 1)
                try? attempt { $0.parts[part].bytes[place] ^= 1 << UInt8(random.pick(0...7) as Int) }
            }
        }
        #expect(throws: StateError.self) {
            try attempt { snapshot in
                // A worker's share twice.
                snapshot.parts[1] = .init(name: snapshot.parts[1].name, bytes: snapshot.parts[2].bytes)
            }
        }
    }
}

/// A pipeline whose type is of no interest.
protocol TestJob: ~Copyable {
    mutating func run(
        _ options: StreamRun.Options, _ store: inout MemorySnapshotStore, every interval: Nanoseconds) throws
}

struct Job<Stream: EventStream & ~Copyable, Sink: StreamSink & ~Copyable>: TestJob, ~Copyable
where Sink.Element == Stream.Element {
    var job: StreamJob<Stream, Sink>
    init(_ job: consuming StreamJob<Stream, Sink>) { self.job = job }
    mutating func run(
        _ options: StreamRun.Options, _ store: inout MemorySnapshotStore, every interval: Nanoseconds
    ) throws {
        try job.run(options, checkpoints: &store, every: interval)
    }
}
