public import EventTime

/// Keeps the snapshots of an ``/EventTime`` pipeline as checkpoints in a directory: each whole and flushed before it has
/// its name, so that a crash at any instant leaves the one before; read back with all its checksums; the oldest removed.
///
///     var store = try SnapshotDirectory("/var/lib/averages")
///     try job.run(checkpoints: &store, every: 10 * .second)
///
/// In a checkpoint, the part `pipeline` has the snapshot's number and the names of its parts, which stand in files
/// numbered in that order.
public struct SnapshotDirectory: SnapshotStore {
    private let directory: CheckpointDirectory
    private let kept: Int
    private let report: (CheckpointError) -> Void

    private static let index = "pipeline"
    private static let version: UInt32 = 1

    /// Takes the directory for this process alone, and makes it where it is missing. The newest `kept` checkpoints stay;
    /// newer ones that are damaged, and so passed over, go to `report`. Throws as ``CheckpointDirectory/init(_:)-(String)``.
    public init(
        _ path: String, keeping kept: Int = 3, report: @escaping (CheckpointError) -> Void = { _ in }
    ) throws(CheckpointError) {
        try self.init(CheckpointDirectory(path), keeping: kept, report: report)
    }

    /// Keeps snapshots in a directory that is open already.
    public init(
        _ directory: CheckpointDirectory, keeping kept: Int = 3,
        report: @escaping (CheckpointError) -> Void = { _ in }
    ) {
        precondition(kept > 0, "at least one checkpoint is kept")
        self.directory = directory
        self.kept = kept
        self.report = report
    }

    /// Throws ``CheckpointError``.
    public func save(_ snapshot: Snapshot) throws {
        let writer = try directory.begin(.checkpoint)
        try writer.writePart(Self.index, version: Self.version) { state in
            state.encode(snapshot.checkpoint)
            snapshot.parts.map(\.name).encode(into: &state)
        }
        for (number, part) in snapshot.parts.enumerated() {
            try writer.writePart(Self.file(number), version: Self.version) { state in
                part.bytes.withUnsafeBytes { state.encode(bytes: $0) }
            }
        }
        try writer.commit(CheckpointDescription(tidemarkVersion: "EventTime"))
        try directory.retain(kept)
    }

    /// The newest snapshot of which every checksum is right. Throws ``CheckpointError`` where there are checkpoints and
    /// none is good, or where they are not those of a pipeline; ``StateError`` where what they hold is no snapshot.
    public func newest() throws -> Snapshot? {
        guard let checkpoint = try directory.newestValid(report: report) else { return nil }
        var index = try checkpoint.decoder(of: Self.index)
        var snapshot = Snapshot(checkpoint: try index.decode())
        let names = try [String](from: &index)
        try index.finish()
        guard Set(names).count == names.count else { throw index.invalid("a part of this name twice") }
        for (number, name) in names.enumerated() {
            var part = try checkpoint.decoder(of: Self.file(number))
            snapshot.parts.append(.init(name: name, bytes: try part.decodeBytes(Int(clamping: part.remaining))))
            try part.finish()
        }
        return snapshot
    }

    private static func file(_ number: Int) -> String { "part-\(number)" }
}
