public import EventTime

/// A checkpoint whose manifest is good.
public struct StoredCheckpoint: Sendable {
    let storage: any CheckpointStorage
    /// Its name in its directory.
    public let folder: String
    public let manifest: CheckpointManifest

    /// Where it is, for messages.
    public var path: String { storage.location + "/" + folder }

    /// The checkpoint that this one builds on; `nil` where it stands for itself. Throws where that is not there or not
    /// the same any more: then this one is damaged.
    public func base() throws(CheckpointError) -> StoredCheckpoint? {
        guard let base = manifest.base else { return nil }
        let found: StoredCheckpoint
        do throws(CheckpointError) {
            found = try CheckpointCatalog(storage).open(base.folder)
        } catch {
            throw unusable(base.folder, error)
        }
        guard found.manifest.checksum == base.manifestChecksum else {
            throw .damaged(
                checkpoint: path, part: nil, reason: "\(base.folder), which it builds on, is another one")
        }
        return found
    }

    private func unusable(_ base: String, _ error: CheckpointError) -> CheckpointError {
        .damaged(checkpoint: path, part: nil, reason: "\(base), which it builds on, is of no use: \(error)")
    }

    /// The checkpoints whose part of this name must be read one after another to have that of this one, which is the
    /// last. Throws ``CheckpointError``.
    public func chain(of name: String) throws(CheckpointError) -> [StoredCheckpoint] {
        var chain = [self]
        while let first = chain.first {
            guard let part = first.manifest.part(name) else {
                throw .noPart(checkpoint: first.path, part: name)
            }
            guard part.isChanges else { break }
            do throws(CheckpointError) {
                guard let base = try first.base() else { break }
                chain.insert(base, at: 0)
            } catch {
                throw first.folder == folder ? error : unusable(first.folder, error)
            }
        }
        return chain
    }

    /// Reads every part to its end, and throws the first thing that is wrong: a length, a checksum of a file or of
    /// what it holds; and so for what this checkpoint builds on. Takes as long as it takes to read and decompress
    /// everything.
    public func verify() throws(CheckpointError) {
        if let problem = problems().first { throw problem }
    }

    /// What is wrong with each part that is not as it was written, and with each checkpoint that this one builds on.
    public func problems() -> [CheckpointError] {
        var problems = ownProblems()
        var checkpoint = self
        do throws(CheckpointError) {
            while let base = try checkpoint.base() {
                problems += base.ownProblems().map { unusable(base.folder, $0) }
                checkpoint = base
            }
        } catch {
            problems.append(checkpoint.folder == folder ? error : unusable(checkpoint.folder, error))
        }
        return problems
    }

    private func ownProblems() -> [CheckpointError] {
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
    /// ``StateError/unreadable(_:)``, at the latest before the last 256 KiB are decoded. `hasRecords`: see
    /// `StateDecoder`. Throws ``CheckpointError/noPart(checkpoint:part:)``.
    public func decoder(of name: String, hasRecords: Bool = true) throws(CheckpointError) -> StateDecoder {
        guard let part = manifest.part(name) else { throw .noPart(checkpoint: path, part: name) }
        let reader = try reader(of: part)
        return StateDecoder(
            byteCount: part.contentByteCount, hasRecords: hasRecords, version: part.stateVersion
        ) { () throws(StateError) in
            do throws(CheckpointError) {
                return try reader.next()
            } catch {
                throw .unreadable("\(error)")
            }
        }
    }
}
