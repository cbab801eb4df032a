import ArgumentParser
import CheckpointStore

struct CheckpointVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read checkpoints to their ends and compare every length and checksum.",
        discussion: "Exit status 65 where something is damaged; each damaged part is named.")

    @Argument(help: ArgumentHelp("Directories of checkpoints, or checkpoints.", valueName: "directory"))
    var directories: [String]

    func run() throws {
        var worst: Int32 = 0
        for directory in directories {
            do throws(CheckpointError) {
                switch try NamedCheckpoints(directory) {
                case .checkpoint(let catalog, let folder): worst = max(worst, Self.verify(catalog, folder))
                case .directory(let catalog):
                    let names = try catalog.checkpoints()
                    if names.isEmpty { throw .notACheckpoint(path: directory) }
                    for name in names { worst = max(worst, Self.verify(catalog, name.folder)) }
                }
            } catch {
                StandardError.say("\(error)")
                worst = max(worst, error.category.exitCode)
            }
        }
        if worst != 0 { throw ExitCode(worst) }
    }

    /// Says how a checkpoint is; the exit status.
    private static func verify(_ catalog: CheckpointCatalog, _ folder: String) -> Int32 {
        var problems: [CheckpointError] = []
        do throws(CheckpointError) {
            let checkpoint = try catalog.open(folder)
            problems = checkpoint.problems()
            if problems.isEmpty {
                print(
                    "\(CheckpointText.printable(checkpoint.path)): good, \(checkpoint.manifest.parts.count) parts")
            }
        } catch {
            problems = [error]
        }
        // The process that runs may have removed it meanwhile.
        guard catalog.contains(folder) else { return 0 }
        for problem in problems { StandardError.say(CheckpointText.printable("\(problem)")) }
        return problems.map(\.category.exitCode).max() ?? 0
    }
}
