/// What the parts of a running pipeline share. One thread uses it; per turn, not per element.
public final class StreamRun {
    /// How a pipeline is run.
    public struct Options {
        /// Threads that run keyed operators; with 1, everything runs on the caller's thread.
        public var workers: Int
        /// Elements that each source gives in a turn, at most. A turn is what goes to a worker at once.
        public var turnSize: Int
        /// Processing time, for timers that go by it and for idleness.
        public var clock: any ProcessingClock
        /// Runs the workers, where they are not to be threads.
        public var scheduler: (any WorkerScheduler)?

        public init(
            workers: Int = 1, turnSize: Int = 512, clock: any ProcessingClock = SystemClock(),
            scheduler: (any WorkerScheduler)? = nil
        ) {
            precondition(workers > 0 && turnSize > 0)
            self.workers = workers
            self.turnSize = turnSize
            self.clock = clock
            self.scheduler = scheduler
        }
    }

    public let options: Options
    /// Processing time of this turn, in ns since the epoch.
    @usableFromInline var now: Nanoseconds
    /// The newest checkpoint that sources were asked for; 0: none.
    @usableFromInline var requested: UInt64 = 0
    /// Whether some source gave something in this turn, or was held back though it may have something.
    @usableFromInline var madeProgress = false
    /// The newest checkpoint whose barrier has come through.
    private var completed: UInt64
    private var nodeCount = 0
    private var restoring: Snapshot?
    private var saving: [UInt64: Snapshot] = [:]

    @usableFromInline init(_ options: Options, restoring: Snapshot?) {
        self.options = options
        self.restoring = restoring
        now = options.clock.now
        requested = restoring?.checkpoint ?? 0
        completed = requested
    }

    @usableFromInline func beginTurn() {
        now = options.clock.now
        madeProgress = false
    }

    @usableFromInline func requestSnapshot() { requested += 1 }

    /// Whether a checkpoint was asked for that has not come through yet.
    @usableFromInline var isAwaitingBarrier: Bool { requested > completed }

    /// Nothing is to be read: gives the processor to others for a millisecond.
    @usableFromInline func waitForInput() { options.clock.wait(.second / 1000) }

    /// Names one more node of the pipeline; the same in each run of it, as nodes are opened in the order of its type.
    @usableFromInline func name(_ kind: String) -> String {
        nodeCount += 1
        return "\(nodeCount)-\(kind)"
    }

    @usableFromInline var isRestoring: Bool { restoring != nil }

    /// The restored parts whose names begin so, in order. Each is given once.
    @usableFromInline func takeParts(_ prefix: String) -> [Snapshot.Part] {
        guard var snapshot = restoring else { return [] }
        let parts = snapshot.parts.filter { $0.name == prefix || $0.name.hasPrefix(prefix + "/") }
        snapshot.parts.removeAll { part in parts.contains { $0.name == part.name } }
        restoring = snapshot
        return parts
    }

    /// The restored part of this name. Throws where a checkpoint is restored that has none.
    @usableFromInline func takePart(_ name: String) throws(StateError) -> [UInt8]? {
        guard isRestoring else { return nil }
        guard let part = takeParts(name).first else {
            throw .unreadable("the checkpoint has no part \(name): it is of another pipeline")
        }
        return part.bytes
    }

    /// Everything is open: what is left of a restored checkpoint belongs to another pipeline.
    @usableFromInline func finishRestoring() throws(StateError) {
        if let left = restoring?.parts.first {
            throw .unreadable("the checkpoint has a part \(left.name): it is of another pipeline")
        }
        restoring = nil
    }

    @usableFromInline func save(_ checkpoint: UInt64, name: String, _ bytes: [UInt8]) {
        saving[checkpoint, default: Snapshot(checkpoint: checkpoint)].parts.append(.init(name: name, bytes: bytes))
    }

    /// The checkpoint, whose barrier has passed every node.
    @usableFromInline func finishSnapshot(_ checkpoint: UInt64) -> Snapshot {
        completed = checkpoint
        return saving.removeValue(forKey: checkpoint) ?? Snapshot(checkpoint: checkpoint)
    }
}

/// A node's share in a ``StreamRun``: its name in checkpoints, and the processing time it has come to.
@usableFromInline struct StreamNode {
    @usableFromInline let run: StreamRun?
    @usableFromInline let name: String
    @usableFromInline var time: Nanoseconds?

    /// Of a pipeline that is not open yet.
    @inlinable init() {
        run = nil
        name = ""
    }

    @inlinable init(_ run: StreamRun, _ kind: String) {
        self.run = run
        name = run.name(kind)
    }

    /// The processing time, where it has passed since the last turn.
    @inlinable mutating func passedTime() -> Nanoseconds? {
        guard let now = run?.now, now != time else { return nil }
        time = now
        return now
    }

    @inlinable func restored() throws(StateError) -> [UInt8]? { try run?.takePart(name) }

    @inlinable func save(_ checkpoint: UInt64, _ bytes: [UInt8]) { run?.save(checkpoint, name: name, bytes) }

    @inlinable func save(_ checkpoint: UInt64, share: Int, _ bytes: [UInt8]) {
        run?.save(checkpoint, name: "\(name)/\(share)", bytes)
    }
}
