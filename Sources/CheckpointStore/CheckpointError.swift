internal import Glibc

/// Why a checkpoint could not be written, found or used.
public enum CheckpointError: Error, Hashable, Sendable {
    /// Something that the operating system refused, as `errno` says.
    case system(operation: SystemOperation, path: String, code: Int32)
    /// Another process writes checkpoints there.
    case inUse(directory: String, holder: String?)
    /// The directory was removed or exchanged while it was in use: another process may have what is there now.
    case lockLost(directory: String)
    /// What a checkpoint holds is not what was written. `part`: the file in it, where one can be named.
    case damaged(checkpoint: String, part: String?, reason: String)
    /// The checkpoint has a format that came after this program.
    case laterFormat(checkpoint: String, version: UInt64)
    /// There is neither a checkpoint nor a directory of checkpoints under this path.
    case notACheckpoint(path: String)
    /// A checkpoint has no part of this name.
    case noPart(checkpoint: String, part: String)
    /// The LZ4 library failed, as where there is no memory.
    case compression(String)

    public enum SystemOperation: String, Sendable {
        case createFolder = "create folder"
        case createFile = "create"
        case open, read, write
        case synchronise = "flush"
        case rename, remove, list, lock
    }

    /// What kind of failure it is, for the exit status.
    public enum Category: Sendable {
        /// Bytes from outside are damaged.
        case damaged
        /// Something is not there, or may not be read.
        case missing
        /// A directory cannot be made or taken into use.
        case cannotCreate
        /// Reading or writing failed.
        case inputOutput
        /// The checkpoint is good, but not for this program.
        case doesNotFit
    }

    public var category: Category {
        switch self {
        case .system(.createFolder, _, _), .system(.lock, _, _), .inUse, .lockLost: .cannotCreate
        case .system(.open, _, _), .system(.list, _, _), .notACheckpoint: .missing
        case .system, .compression: .inputOutput
        case .damaged, .noPart: .damaged
        case .laterFormat: .doesNotFit
        }
    }

    /// Whether something that was listed a moment ago is gone.
    var isAbsence: Bool {
        if case .system(_, _, let code) = self { return code == ENOENT }
        return false
    }
}

extension CheckpointError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let operation, let path, let code):
            "\(path): cannot \(operation.rawValue): \(String(cString: strerror(code)))"
        case .inUse(let directory, let holder?): "\(directory): in use by \(holder)"
        case .inUse(let directory, nil): "\(directory): in use by another process"
        case .lockLost(let directory): "\(directory): was removed or exchanged while it was in use"
        case .damaged(let checkpoint, let part?, let reason): "\(checkpoint)/\(part): \(reason)"
        case .damaged(let checkpoint, nil, let reason): "\(checkpoint): \(reason)"
        case .laterFormat(let checkpoint, let version):
            """
            \(checkpoint): format version \(version) is of a later Tidemark; this one reads up to \
            \(CheckpointManifest.formatVersion)
            """
        case .notACheckpoint(let path): "\(path): neither a checkpoint nor a directory of checkpoints"
        case .noPart(let checkpoint, let part): "\(checkpoint): has no part '\(part)'"
        case .compression(let reason): "LZ4: \(reason)"
        }
    }
}
