/// A stream and where it goes: a whole pipeline, to be run to its end or step by step.
public struct StreamJob<Stream: EventStream & ~Copyable, Sink: StreamSink & ~Copyable>: ~Copyable
where Sink.Element == Stream.Element {
    /// What a step came to.
    public enum Progress: Hashable, Sendable {
        /// Something was read or handed on.
        case moved
        /// No source has anything to give now.
        case nothingNow
        /// The input has ended, and all results have been written.
        case ended
    }

    @usableFromInline var stream: Stream
    @usableFromInline var outlet: SinkOutlet<Sink>
    @usableFromInline var run: StreamRun?
    @usableFromInline var hasEnded = false
    /// Completed and not yet taken.
    @usableFromInline var completed: [Snapshot] = []
    @usableFromInline var reached = Nanoseconds.min

    @inlinable public init(_ stream: consuming Stream, into sink: consuming Sink) {
        self.stream = stream
        outlet = SinkOutlet(sink)
    }

    /// How far event time has come at the sink; `Int64.min`: nowhere yet.
    @inlinable public var watermark: Nanoseconds { reached }

    /// Makes the pipeline ready, from the beginning or from a checkpoint of the same pipeline, whatever number of
    /// workers it was taken with. Throws ``StateError`` where the checkpoint is not that,
    /// ``WorkerThread/CannotStart``, and what sources and sinks throw.
    @inlinable
    public mutating func open(_ options: StreamRun.Options = .init(), from snapshot: Snapshot? = nil) throws {
        precondition(run == nil, "a pipeline is opened once")
        let run = StreamRun(options, restoring: snapshot)
        self.run = run
        try stream.open(run)
        try outlet.open(run)
        try run.finishRestoring()
    }

    /// Asks each source for one turn and writes what comes out. Opens the pipeline where that was not done. Throws what
    /// sources and sinks throw; the pipeline is then not to be used.
    @inlinable public mutating func step() throws -> Progress {
        if run == nil { try open() }
        guard let run else { return .ended }
        run.beginTurn()
        try stream.poll { event in
            switch event {
            case .element(let element):
                run.madeProgress = true
                outlet.write(element)
            case .watermark(let time): reached = time
            case .barrier(let checkpoint):
                outlet.preCommit(checkpoint)
                completed.append(run.finishSnapshot(checkpoint))
            case .end: hasEnded = true
            case .idle, .active, .turn: break
            }
        }
        try outlet.check()
        if hasEnded, !run.isAwaitingBarrier { return .ended }
        return run.madeProgress ? .moved : .nothingNow
    }

    /// Has every source send a barrier with its next turn. When it has come through, a step or more later,
    /// ``takeSnapshot()`` gives the checkpoint. Works after the end of the input, too.
    @inlinable public mutating func requestSnapshot() throws {
        if run == nil { try open() }
        run?.requestSnapshot()
    }

    /// The oldest checkpoint that has been completed and not been taken yet. Once it is safe, ``commit(_:)`` it.
    @inlinable public mutating func takeSnapshot() -> Snapshot? {
        completed.isEmpty ? nil : completed.removeFirst()
    }

    /// The checkpoint is safe: sinks commit what belongs to it and to earlier ones.
    @inlinable public mutating func commit(_ checkpoint: UInt64) throws {
        try stream.commit(checkpoint)
        try outlet.commit(checkpoint)
    }

    /// Tells the sinks that nothing follows.
    @inlinable public mutating func finish() throws {
        try stream.finish()
        try outlet.finish()
    }

    /// Runs the pipeline to the end of its input, and finishes it.
    @inlinable public mutating func run(_ options: StreamRun.Options = .init()) throws {
        if run == nil { try open(options) }
        while true {
            switch try step() {
            case .moved: continue
            case .nothingNow: run?.waitForInput()
            case .ended: return try finish()
            }
        }
    }

    /// Runs the pipeline from the newest checkpoint in `store`, or from the beginning, to the end of its input, and
    /// takes a checkpoint every `interval` ns of processing time and at the end.
    @inlinable public mutating func run<Store: SnapshotStore>(
        _ options: StreamRun.Options = .init(), checkpoints store: inout Store, every interval: Nanoseconds
    ) throws {
        if run == nil { try open(options, from: store.newest()) }
        var last = options.clock.now
        var isLast = false
        while true {
            let progress = try step()
            while let snapshot = takeSnapshot() {
                try store.save(snapshot)
                try commit(snapshot.checkpoint)
            }
            if progress == .ended, isLast { return try finish() }
            let now = options.clock.now
            if progress == .ended {
                isLast = true
                try requestSnapshot()
            } else if now.saturatingSubtract(last) >= interval, run?.isAwaitingBarrier == false {
                last = now
                try requestSnapshot()
            }
            if progress == .nothingNow { run?.waitForInput() }
        }
    }
}

extension EventStream where Self: ~Copyable {
    /// The pipeline that ends in `sink`.
    @inlinable public consuming func sink<Sink: StreamSink & ~Copyable>(
        into sink: consuming Sink
    ) -> StreamJob<Self, Sink> where Sink.Element == Element {
        StreamJob(self, into: sink)
    }

    /// The pipeline that hands each result to `body`.
    @inlinable public consuming func sink(
        _ body: @escaping (Timed<Element>) throws -> Void
    ) -> StreamJob<Self, ClosureSink<Element>> {
        StreamJob(self, into: ClosureSink(body))
    }

    /// Runs the stream to the end of its input and answers what came out.
    @inlinable public consuming func collect(_ options: StreamRun.Options = .init()) throws -> [Timed<Element>] {
        let results = Collector<Element>()
        var job = sink(into: results)
        try job.run(options)
        return results.elements
    }
}
