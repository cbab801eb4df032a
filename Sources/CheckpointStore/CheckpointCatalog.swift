public import EventTime

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

/// A checkpoint whose manifest is good.
public struct StoredCheckpoint: Sendable {
    let storage: any CheckpointStorage
    /// Its name in its directory.
    public let folder: String
    public let manifest: CheckpointManifest

    /// Where it is, for messages.
    public var path: String { storage.location + "/" + folder }

    /// Reads every part to its end, and throws the first thing that is wrong: a length, a checksum of a file or of
    /// what it holds. Takes as long as it takes to read and decompress everything.
    public func verify() throws(CheckpointError) {
        for part in manifest.parts { try verify(part) }
    }

    /// What is wrong with each part that is not as it was written.
    public func problems() -> [CheckpointError] {
        manifest.parts.compactMap { part in
            do throws(CheckpointError) {
                try verify(part)
                return nil
            } catch {
                return error
            }
        }
    }

    private func verify(_ part: CheckpointPart) throws(CheckpointError) {
        let reader = try reader(of: part)
        while try !reader.next().isEmpty {}
    }

    /// Reads every file back and compares its length and its CRC-32, without decompressing it.
    func verifyFiles() throws(CheckpointError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: FrameFormat.chunkByteCount, alignment: 16)
        defer { buffer.deallocate() }
        for part in manifest.parts {
            let file = try storage.open(part.fileName, ofCheckpoint: folder)
            var (checksum, byteCount) = (Checksum(), UInt64(0))
            while true {
                let got = try file.read(into: buffer)
                if got == 0 { break }
                checksum.add(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
                byteCount += UInt64(got)
            }
            guard byteCount == part.byteCount, checksum.value == part.checksum else {
                throw .damaged(
                    checkpoint: path, part: part.fileName, reason: "what was written cannot be read back")
            }
        }
    }

    private func reader(of part: CheckpointPart) throws(CheckpointError) -> FrameReader {
        try FrameReader(try storage.open(part.fileName, ofCheckpoint: folder), part: part, checkpoint: path)
    }

    /// Decompresses a part as it is decoded, and checks it once more: damage comes out as
    /// ``StateError/unreadable(_:)``, at the latest before the last 256 KiB are decoded. Throws
    /// ``CheckpointError/noPart(checkpoint:part:)``.
    public func decoder(of name: String) throws(CheckpointError) -> StateDecoder {
        guard let part = manifest.part(name) else { throw .noPart(checkpoint: path, part: name) }
        let reader = try reader(of: part)
        return StateDecoder(byteCount: part.contentByteCount) { () throws(StateError) in
            do throws(CheckpointError) {
                return try reader.next()
            } catch {
                throw .unreadable("\(error)")
            }
        }
    }
}

extension CheckpointStorage {
    /// A file that is missing from a folder that is there is damage.
    fileprivate func open(
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
