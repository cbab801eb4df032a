internal import Synchronization

/// A directory that this process alone writes checkpoints to, as long as this is referenced.
public final class CheckpointDirectory: Sendable {
    let storage: any CheckpointStorage
    private let lock: any CheckpointLock
    private let state: Mutex<State>

    private struct State {
        /// Used up, whether or not there is such a checkpoint.
        var lastSequence: UInt64
        /// Folders that have been read back.
        var verified: Set<String> = []
    }

    /// Makes the directory where it is missing, takes it for this process alone, and removes what a crash has left.
    /// Throws ``CheckpointError/inUse(directory:holder:)`` where another process, or another object of this one, has
    /// it.
    public convenience init(_ path: String) throws(CheckpointError) {
        let directory = LocalDirectory(path)
        try directory.make()
        try self.init(directory)
        try SavepointMailbox(path).clear()
    }

    public init(_ storage: any CheckpointStorage) throws(CheckpointError) {
        self.storage = storage
        lock = try storage.lock()
        let names = try storage.names()
        for name in names where TemporaryName.isOne(name) { try storage.remove(name) }
        let last = names.compactMap { CheckpointName($0)?.sequence }.max() ?? 0
        guard last <= UInt64.max / 2 else {
            throw .damaged(
                checkpoint: storage.location, part: nil, reason: "there is no number for another checkpoint")
        }
        state = Mutex(State(lastSequence: last))
    }

    /// What is there.
    public var catalog: CheckpointCatalog { CheckpointCatalog(storage) }

    /// As ``CheckpointCatalog/newestValid(report:)``.
    public func newestValid(
        report: (CheckpointError) -> Void = { _ in }
    ) throws(CheckpointError) -> StoredCheckpoint? {
        let checkpoint = try catalog.newestValid(report: report)
        if let checkpoint { state.withLock { _ = $0.verified.insert(checkpoint.folder) } }
        return checkpoint
    }

    /// Begins a checkpoint, under a name that nobody takes for one.
    public func begin(_ kind: CheckpointKind) throws(CheckpointError) -> CheckpointWriter {
        let sequence = state.withLock { state in
            state.lastSequence += 1
            return state.lastSequence
        }
        return try CheckpointWriter(storage: storage, name: CheckpointName(kind: kind, sequence: sequence))
    }

    /// Keeps the newest `count` checkpoints that are good, and savepoints; removes what is older. Damaged ones newer
    /// than the last one kept stay for whoever wants to look at them.
    ///
    /// The newest checkpoint is read back first: where it is not good, nothing is removed, and what is wrong with it
    /// is thrown. So is each other that counts and that this object has not read before; a bad one does not count.
    public func retain(_ count: Int) throws(CheckpointError) {
        precondition(count > 0, "at least one checkpoint is kept")
        var good = 0
        for name in try catalog.checkpoints() where name.kind == .checkpoint {
            if good >= count {
                try remove(name.folder)
                continue
            }
            do throws(CheckpointError) {
                try readBack(name.folder)
                good += 1
            } catch {
                if good == 0 { throw error }
            }
        }
    }

    private func readBack(_ folder: String) throws(CheckpointError) {
        if state.withLock({ $0.verified.contains(folder) }) { return }
        try catalog.open(folder).verifyFiles()
        state.withLock { _ = $0.verified.insert(folder) }
    }

    /// First under a name that is no checkpoint's, so that none is seen half removed.
    private func remove(_ folder: String) throws(CheckpointError) {
        let doomed = TemporaryName.removing(folder)
        try storage.rename(folder, to: doomed)
        state.withLock { _ = $0.verified.remove(folder) }
        try storage.remove(doomed)
    }
}
