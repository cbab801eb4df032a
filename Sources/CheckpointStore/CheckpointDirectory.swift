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

    /// Begins a checkpoint, under a name that nobody takes for one. Throws ``CheckpointError/lockLost(directory:)``
    /// where the directory is not the one that was opened.
    public func begin(_ kind: CheckpointKind) throws(CheckpointError) -> CheckpointWriter {
        try lock.check()
        let sequence = state.withLock { state in
            state.lastSequence += 1
            return state.lastSequence
        }
        return try CheckpointWriter(storage: storage, name: CheckpointName(kind: kind, sequence: sequence))
    }

    /// Keeps the newest `count` checkpoints that are good, what they build on, and savepoints; removes what is older.
    /// Damaged ones newer than the last one kept stay for whoever wants to look at them.
    ///
    /// Where more than one is to be kept and all of them build on one, another that does not is kept as well, with what
    /// it builds on: damage to a single file never takes all of them.
    ///
    /// The newest checkpoint is read back first: where it is not good, nothing is removed, and what is wrong with it
    /// is thrown. So is each other that counts and that this object has not read before; a bad one does not count.
    public func retain(_ count: Int) throws(CheckpointError) {
        precondition(count > 0, "at least one checkpoint is kept")
        var good = 0
        var (needed, roots): (Set<String>, Set<String>) = ([], [])
        for name in try catalog.checkpoints() where name.kind == .checkpoint {
            guard good < count || (count > 1 && roots.count == 1) else {
                if !needed.contains(name.folder) { try remove(name.folder) }
                continue
            }
            do throws(CheckpointError) {
                let chain = try readBack(name.folder)
                let isOther = chain.last.map { !roots.contains($0) } ?? false
                guard good < count || isOther else {
                    if !needed.contains(name.folder) { try remove(name.folder) }
                    continue
                }
                needed.formUnion(chain)
                if let root = chain.last { roots.insert(root) }
                good += 1
            } catch {
                if good == 0 { throw error }
            }
        }
    }

    /// Reads a checkpoint and what it builds on, unless that has been done. Returns the folders of all of them, the
    /// one that stands for itself last.
    private func readBack(_ folder: String) throws(CheckpointError) -> [String] {
        var checkpoint = try catalog.open(folder)
        var chain: [String] = []
        while true {
            let folder = checkpoint.folder
            chain.append(folder)
            if !state.withLock({ $0.verified.contains(folder) }) {
                try checkpoint.verifyFiles()
                state.withLock { _ = $0.verified.insert(folder) }
            }
            guard let base = try checkpoint.base() else { return chain }
            checkpoint = base
        }
    }

    /// First under a name that is no checkpoint's, so that none is seen half removed.
    private func remove(_ folder: String) throws(CheckpointError) {
        let doomed = TemporaryName.removing(folder)
        try storage.rename(folder, to: doomed)
        state.withLock { _ = $0.verified.remove(folder) }
        try storage.remove(doomed)
    }
}
