import ArgumentParser
import CheckpointStore

struct CheckpointSavepointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "savepoint",
        abstract: "Ask the running process for a savepoint, and wait for it.",
        discussion: """
            A savepoint is a checkpoint that is kept until you remove it. Its path is printed once it is on disk. Exit \
            status 75 where no process writes checkpoints there, or it does not take one in time.
            """)

    @Option(help: ArgumentHelp("How long to wait.", valueName: "duration"))
    var timeout = TimeSpan(nanoseconds: 60_000_000_000)

    @Argument(help: ArgumentHelp("The --checkpoint-dir of the process.", valueName: "directory"))
    var directory: String

    func validate() throws {
        guard (0...86_400_000_000_000).contains(timeout.nanoseconds) else {
            throw ValidationError("--timeout must be between 0s and 1d.")
        }
    }

    func run() throws {
        do throws(SavepointMailbox.Refusal) {
            let folder = try SavepointMailbox(directory).request(milliseconds: timeout.nanoseconds / 1_000_000)
            print("\(directory)/\(folder)")
        } catch {
            StandardError.say("\(error)")
            throw ExitCode(error.exitCode)
        }
    }
}

extension SavepointMailbox.Refusal {
    fileprivate var exitCode: Int32 {
        switch self {
        // EX_TEMPFAIL: asked again later, it may work.
        case .nobodyRuns, .jobEnded, .noAnswer: 75
        case .failed: 74
        case .system(let error): error.category.exitCode
        }
    }
}
