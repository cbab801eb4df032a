import CheckpointStore

/// Decides which checkpoints hold only what changed since the one before, and when one stands for itself again.
///
/// What a person keeps stands for itself, and nothing builds on it. A chain ends when reading it would take more than
/// twice as long as reading one checkpoint.
struct CheckpointChain {
    /// The longest chain, in checkpoints.
    private static let greatestCount = 16

    /// What the next checkpoint may build on: the one whose image is in memory.
    private(set) var base: StoredCheckpoint?
    private var count = 0
    /// Bytes of the files of the one that stands for itself, and of all that build on it.
    private var wholeByteCount: UInt64 = 0
    private var changesByteCount: UInt64 = 0

    /// Whether the next checkpoint, of this kind, is to be one of changes where that pays.
    func comparesNext(_ kind: CheckpointKind) -> Bool {
        kind == .checkpoint && base != nil && count < Self.greatestCount && changesByteCount < wholeByteCount
    }

    /// A checkpoint is there.
    mutating func add(_ checkpoint: StoredCheckpoint) {
        guard checkpoint.manifest.kind == .checkpoint else { return breakOff() }
        base = checkpoint
        if checkpoint.manifest.base != nil {
            count += 1
            changesByteCount += checkpoint.manifest.byteCount
        } else {
            (count, wholeByteCount, changesByteCount) = (1, checkpoint.manifest.byteCount, 0)
        }
    }

    /// What is in memory is in no checkpoint that may be built on.
    mutating func breakOff() { base = nil }
}
