/// A stream and where it goes: a whole pipeline, to be run to its end or step by step.
public struct StreamJob<Stream: EventStream & ~Copyable, Sink: StreamSink & ~Copyable>: ~Copyable
where Sink.Element == Stream.Element {
    /// What a step came to.
    public enum Progress: Hashable, Sendable {
        /// Something was read or handed on.
        case moved
        /// No source has anything to give now.
        case nothingNow
        /// The input has ended, and everything has been written.
        case ended
    }

    @usableFromInline var stream: Stream
    @usableFromInline var sink: Sink
    @usableFromInline var run: StreamRun?
    @usableFromInline var name = ""
    @usableFromInline var hasEnded = false
    @usableFromInline var failure: (any Error)?
    @usableFromInline var finished: [(snapshot: Snapshot, preCommitted: [UInt8])] = []
    /// How far event time has come at the sink; `Int64.min`: nowhere.
    @inlinable public var watermark: Nanoseconds { reached }
    @usableFromInline var reached = Nanoseconds.min

    @inlinable public init(_ stream: consuming Stream, into sink: consuming Sink) {
        self.stream = stream
        self.sink = sink
    }

    /// Makes the pipeline ready, from the beginning or from a checkpoint of the same pipeline, which any number of
    /// workers may have taken. Throws ``StateError`` where the checkpoint is not that, and what sources and sinks throw.
    @inlinable public mutating func open(_ options: StreamRun.Options = .init(), from snapshot: Snapshot? = nil)
        throws
    {
        precondition(run == nil, "a pipeline is opened once")
        let run = StreamRun(options, restoring: snapshot)
        self.run = run
        try stream.open(run)
        name = run.name("sink")
        let committed = try run.takePart(name)
        try run.finishRestoring()
        try sink.abort(beyond: committed)
        if let committed { try sink.commit(committed) }
    }

    /// Reads one turn from each source and writes what comes of it.
    @inlinable public mutating func step() throws -> Progress {
        if run == nil { try open() }
        guard let run, !hasEnded else { return .ended }
        run.beginTurn()
        try stream.poll { event in
            guard failure == nil else { return }
            switch event {
            case .element(let element):
                run.madeProgress = true
                do { try sink.write(element) } catch { failure = error }
            case .watermark(let time): reached = time
            case .barrier(let checkpoint):
                run.madeProgress = true
                do {
                    let preCommitted = try sink.preCommit(checkpoint: checkpoint)
                    run.save(checkpoint, name: name, preCommitted)
                    finished.append((run.finishSnapshot(checkpoint), preCommitted))
                } catch { failure = error }
            case .end: hasEnded = true
            case .idle, .active, .turn: break
            }
        }
        if let failure { throw failure }
        if hasEnded {
            try sink.finish()
            return .ended
        }
        return run.madeProgress ? .moved : .nothingNow
    }

    /// Has the sources send a barrier with their next turn. When it has come through, ``takeSnapshot()`` gives the
    /// checkpoint.
    @inlinable public mutating func requestSnapshot() throws {
        if run == nil { try open() }
        run?.requestSnapshot()
    }

    /// A checkpoint that has been completed, if there is one. Once it is safe, call ``commit(_:)``.
    @inlinable public mutating func takeSnapshot() -> Snapshot? { finished.first?.snapshot }

    /// The oldest completed checkpoint is safe: the sink commits what belongs to it.
    @inlinable public mutating func commit() throws {
        guard !finished.isEmpty else { return }
        try sink.commit(finished.removeFirst().preCommitted)
    }

    /// Runs the pipeline to the end of its input.
    @inlinable public mutating func run(_ options: StreamRun.Options = .init()) throws {
        if run == nil { try open(options) }
        while true {
            switch try step() {
            case .moved: continue
            case .nothingNow: run?.waitForInput()
            case .ended: return
            }
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
