/// A sink at its place in a pipeline: with its part of checkpoints, and the error that it ended with.
@usableFromInline struct SinkOutlet<Sink: StreamSink & ~Copyable>: ~Copyable {
    @usableFromInline var sink: Sink
    @usableFromInline var state = StreamNode()
    @usableFromInline var failure: (any Error)?
    /// What the sink pre-committed, from the oldest checkpoint to the newest.
    @usableFromInline var preCommitted: [(checkpoint: UInt64, part: [UInt8])] = []

    @inlinable init(_ sink: consuming Sink) { self.sink = sink }

    @inlinable mutating func open(_ run: StreamRun) throws {
        state = StreamNode(run, "sink")
        let committed = try state.restored()
        try sink.abort(beyond: committed)
        if let committed { try sink.commit(committed) }
    }

    @inlinable @inline(__always)
    mutating func write(_ element: Timed<Sink.Element>) {
        guard failure == nil else { return }
        do { try sink.write(element) } catch { failure = error }
    }

    @inlinable mutating func preCommit(_ checkpoint: UInt64) {
        guard failure == nil else { return }
        do {
            let part = try sink.preCommit(checkpoint: checkpoint)
            state.save(checkpoint, part)
            preCommitted.append((checkpoint, part))
        } catch {
            failure = error
        }
    }

    @inlinable func check() throws {
        if let failure { throw failure }
    }

    /// The checkpoint is safe: with it, those before it that were not.
    @inlinable mutating func commit(_ checkpoint: UInt64) throws {
        while let first = preCommitted.first, first.checkpoint <= checkpoint {
            try sink.commit(first.part)
            preCommitted.removeFirst()
        }
    }

    @inlinable mutating func finish() throws { try sink.finish() }
}
