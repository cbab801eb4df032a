import CheckpointStore

/// Decides which checkpoints hold only what changed since the one before, and when one stands for itself again.
///
/// What a person keeps stands for itself, and nothing builds on it. A chain ends when reading it would take more than
/// twice as long as reading one checkpoint. Where nearly everything changes from one to the next, comparing is given up
/// for a while.
struct CheckpointChain {
    /// The longest chain, in checkpoints.
    private static let greatestCount = 16
    /// Checkpoints until comparing is tried again.
    private static let patience = 3

    /// What the next checkpoint may build on: the one whose image is in memory.
    private(set) var base: StoredCheckpoint?
    private var count = 0
    /// Bytes of the files of the one that stands for itself, and of all that build on it.
    private var wholeByteCount: UInt64 = 0
    private var changesByteCount: UInt64 = 0
    private var pause = 0

    /// Whether the next checkpoint, of this kind, is to be one of changes where that pays.
    func comparesNext(_ kind: CheckpointKind) -> Bool {
        kind == .checkpoint && base != nil && pause == 0 && count < Self.greatestCount
            && changesByteCount < wholeByteCount
    }

    /// A checkpoint is there. `compared`: it was to be one of changes.
    mutating func add(_ checkpoint: StoredCheckpoint, compared: Bool) {
        guard checkpoint.manifest.kind == .checkpoint else { return breakOff() }
        base = checkpoint
        if checkpoint.manifest.base != nil {
            count += 1
            changesByteCount += checkpoint.manifest.byteCount
        } else {
            pause = compared ? Self.patience : max(0, pause - 1)
            (count, wholeByteCount, changesByteCount) = (1, checkpoint.manifest.byteCount, 0)
        }
    }

    /// What is in memory is in no checkpoint that may be built on.
    mutating func breakOff() { base = nil }
}
