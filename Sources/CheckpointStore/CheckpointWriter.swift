public import EventTime
internal import Glibc

/// Writes one checkpoint. Used by one thread at a time; what was not committed is removed with the last reference.
public final class CheckpointWriter {
    private let storage: any CheckpointStorage
    public let name: CheckpointName
    private let folder: String
    private let created: Int64
    private var parts: [CheckpointPart] = []
    private var isOver = false

    init(storage: any CheckpointStorage, name: CheckpointName) throws(CheckpointError) {
        self.storage = storage
        self.name = name
        folder = TemporaryName.writing(name.sequence)
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        created = Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
        try storage.makeFolder(folder)
    }

    deinit { abandon() }

    /// Writes a part: everything that `encode` encodes, compressed as it comes, and flushes it to disk. `version` says
    /// in which form the state is, so that later programs can read it.
    ///
    /// `isChanges`: it holds only what has changed since the checkpoint that this one builds on.
    ///
    /// Throws where writing fails; the checkpoint cannot be committed then.
    public func writePart(
        _ name: String, version: UInt32, isChanges: Bool = false, encode: (inout StateEncoder) -> Void
    ) throws(CheckpointError) {
        precondition(CheckpointPart.isName(name), "a part's name")
        precondition(!parts.contains { $0.name == name }, "a part is written once")
        precondition(!isOver, "the checkpoint is over")
        do throws(CheckpointError) {
            let frame = try FrameWriter(try storage.makeFile(name + ".lz4", in: folder))
            var encoder = StateEncoder { try frame.add($0) }
            encode(&encoder)
            try Self.finish(&encoder)
            parts.append(try frame.finish(name: name, stateVersion: version, isChanges: isChanges))
        } catch {
            abandon()
            throw error
        }
    }

    /// The encoder throws what its sink threw, which are errors of the store alone.
    private static func finish(_ encoder: inout StateEncoder) throws(CheckpointError) {
        do {
            try encoder.finish()
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw .compression("\(error)")
        }
    }

    /// Writes the manifest, flushes everything to disk, and gives the checkpoint its name in one step.
    ///
    /// `base`: what it builds on where parts are changes, an older checkpoint of the same directory.
    ///
    /// When this returns, the checkpoint outlives a crash. When it throws, the checkpoint is not there, or, where the
    /// very last flush failed, there and whole, but perhaps not after a crash.
    @discardableResult
    public func commit(
        _ description: CheckpointDescription, base: StoredCheckpoint? = nil
    ) throws(CheckpointError) -> StoredCheckpoint {
        precondition(!isOver, "the checkpoint is over")
        precondition(base != nil || !parts.contains(where: \.isChanges), "changes are those of a checkpoint")
        let manifest = CheckpointManifest(
            kind: name.kind, sequence: name.sequence, created: created, description: description,
            base: base.map { CheckpointBase(folder: $0.folder, manifestChecksum: $0.manifest.checksum) },
            parts: parts)
        do throws(CheckpointError) {
            let file = try storage.makeFile(CheckpointManifest.fileName, in: folder)
            try file.writeAll(manifest.bytes)
            try file.synchronise()
            try storage.synchronise(folder: folder)
            try storage.rename(folder, to: name.folder)
        } catch {
            abandon()
            throw error
        }
        isOver = true
        try storage.synchronise()
        return StoredCheckpoint(storage: storage, folder: name.folder, manifest: manifest)
    }

    /// Removes what was written. Where even that fails, the directory's next opening does it.
    public func abandon() {
        guard !isOver else { return }
        isOver = true
        try? storage.remove(folder)
    }
}
