import ArgumentParser
import CheckpointStore

struct CheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Look at the checkpoints of a run, check them, and ask for one.",
        discussion: """
            DIRECTORY is what --checkpoint-dir named. Where one checkpoint is looked at, it may also be the \
            checkpoint's own directory; of a directory of checkpoints the newest is taken.
            """,
        subcommands: [
            CheckpointListCommand.self, CheckpointInspectCommand.self, CheckpointVerifyCommand.self,
            CheckpointDiffCommand.self, CheckpointSavepointCommand.self,
        ])
}

/// A directory that a person named: one of checkpoints, or one checkpoint.
enum NamedCheckpoints {
    case directory(CheckpointCatalog)
    case checkpoint(CheckpointCatalog, folder: String)

    /// Throws ``CheckpointError/notACheckpoint(path:)`` where it is neither.
    init(_ path: String) throws(CheckpointError) {
        guard let place = try CheckpointCatalog.find(path) else { throw .notACheckpoint(path: path) }
        self = place.folder.map { .checkpoint(place.catalog, folder: $0) } ?? .directory(place.catalog)
    }

    /// The checkpoint, or the newest of the directory whose manifest is good; newer ones that are not are named on
    /// standard error. Parts are not read.
    func one(_ path: String) throws(CheckpointError) -> StoredCheckpoint {
        switch self {
        case .checkpoint(let catalog, let folder): return try catalog.open(folder)
        case .directory(let catalog):
            for name in try catalog.checkpoints() {
                do throws(CheckpointError) {
                    return try catalog.open(name.folder)
                } catch {
                    guard case .damaged = error else { throw error }
                    StandardError.say("\(error)")
                }
            }
            throw .notACheckpoint(path: path)
        }
    }
}

extension StandardError {
    static func exit(_ error: CheckpointError) -> ExitCode {
        say("\(error)")
        return ExitCode(error.category.exitCode)
    }
}

extension CheckpointError.Category {
    var exitCode: Int32 {
        switch self {
        case .damaged: 65
        case .missing: 66
        case .cannotCreate: 73
        case .inputOutput: 74
        case .doesNotFit: 78
        }
    }
}
