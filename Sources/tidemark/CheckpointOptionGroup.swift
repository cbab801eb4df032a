import ArgumentParser
import EventTime
import Pipeline

/// What `replay` and `live` share about saving their state.
struct CheckpointOptionGroup: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Save the state here now and then, and go on from it when the same command is started again, however it \
            ended.
            """, valueName: "directory"))
    var checkpointDir: String?

    @Option(help: ArgumentHelp("How often, by the clock on the wall. (default: 10s)", valueName: "duration"))
    var checkpointInterval: TimeSpan?

    @Option(help: ArgumentHelp("Checkpoints to keep. (default: 3)", valueName: "n"))
    var checkpointsRetained: Int?

    @Flag(help: "Start anew, whatever was saved.")
    var fresh = false

    func validate() throws {
        guard checkpointDir != nil || (checkpointInterval == nil && checkpointsRetained == nil && !fresh) else {
            throw ValidationError(
                "--checkpoint-interval, --checkpoints-retained and --fresh need --checkpoint-dir.")
        }
        guard checkpointDir != "" else { throw ValidationError("--checkpoint-dir names no directory.") }
        guard checkpointInterval.map({ $0.nanoseconds > 0 }) ?? true else {
            throw ValidationError("--checkpoint-interval must be longer than 0.")
        }
        guard checkpointsRetained.map({ (1...1_000_000).contains($0) }) ?? true else {
            throw ValidationError("--checkpoints-retained must lie between 1 and 1000000.")
        }
    }

    /// `nil` where the state is not to be saved.
    var options: CheckpointOptions? {
        checkpointDir.map {
            CheckpointOptions(
                directory: $0, interval: checkpointInterval?.nanoseconds ?? 10 * .second,
                retained: checkpointsRetained ?? 3, startsFresh: fresh,
                programVersion: Tidemark.configuration.version)
        }
    }
}
