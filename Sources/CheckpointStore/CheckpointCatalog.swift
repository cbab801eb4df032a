/// The checkpoints in a directory, for reading. Takes no lock: what is there may be removed at any time.
public struct CheckpointCatalog: Sendable {
    let storage: any CheckpointStorage

    public init(_ storage: any CheckpointStorage) { self.storage = storage }

    public init(_ directory: String) { storage = LocalDirectory(directory) }

    /// The checkpoints and savepoints by name, the newest first.
    public func checkpoints() throws(CheckpointError) -> [CheckpointName] {
        try storage.names().compactMap(CheckpointName.init).sorted { $0.sequence > $1.sequence }
    }

    /// Whether there is such a folder.
    public func contains(_ folder: String) -> Bool {
        (try? storage.names().contains(folder)) ?? false
    }

    /// A checkpoint with its manifest, which has been checked; its parts have not. `folder` may have any name.
    public func open(_ folder: String) throws(CheckpointError) -> StoredCheckpoint {
        let name = storage.location + "/" + folder
        let file = try storage.open(CheckpointManifest.fileName, ofCheckpoint: folder)
        guard file.byteCount <= CheckpointManifest.largest else {
            throw .damaged(checkpoint: name, part: CheckpointManifest.fileName, reason: "too long")
        }
        // One more than it should have: a file that grows does not match.
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(file.byteCount) + 1, alignment: 1)
        defer { room.deallocate() }
        var count = 0
        while count < room.count {
            let got = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: room[count...]))
            if got == 0 { break }
            count += got
        }
        let manifest = try CheckpointManifest(Array(room[..<count]), checkpoint: name)
        if let expected = CheckpointName(folder) {
            guard expected.kind == manifest.kind, expected.sequence == manifest.sequence else {
                throw .damaged(
                    checkpoint: name, part: CheckpointManifest.fileName,
                    reason: "it is that of \(manifest.kind.rawValue) \(manifest.sequence)")
            }
        }
        return StoredCheckpoint(storage: storage, folder: folder, manifest: manifest)
    }

    /// The newest checkpoint or savepoint of which every length and checksum is right; `nil` where there is none at
    /// all. Newer ones that are damaged or unreadable go to `report`.
    ///
    /// Throws ``CheckpointError/laterFormat(checkpoint:version:)`` for the newest rather than use an older one, and
    /// where there are checkpoints but all are bad, what is wrong with the newest.
    public func newestValid(
        report: (CheckpointError) -> Void = { _ in }
    ) throws(CheckpointError) -> StoredCheckpoint? {
        var first: CheckpointError?
        for name in try checkpoints() {
            do throws(CheckpointError) {
                let checkpoint = try open(name.folder)
                try checkpoint.verify()
                return checkpoint
            } catch {
                if case .laterFormat = error { throw error }
                if first == nil { first = error }
                report(error)
            }
        }
        if let first { throw first }
        return nil
    }
}

extension CheckpointStorage {
    /// A file that is missing from a folder that is there is damage.
    func open(
        _ file: String, ofCheckpoint folder: String
    ) throws(CheckpointError) -> any CheckpointFileReading {
        do throws(CheckpointError) {
            return try open(file, in: folder)
        } catch {
            guard error.isAbsence, try names().contains(folder) else { throw error }
            throw .damaged(checkpoint: location + "/" + folder, part: file, reason: "it is missing")
        }
    }
}
