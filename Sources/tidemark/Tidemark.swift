import ArgumentParser

@main
struct Tidemark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tidemark",
        abstract: "Turns packet captures into exact traffic statistics per host and time window.",
        discussion: """
            Exit status: 0 done, 64 usage, 65 damaged input (what could be read was reported), 66 input missing or \
            unreadable, 70 internal error, 73 output cannot be created, 74 I/O error, 75 no savepoint in time, 77 not \
            permitted to capture, 78 the checkpoint does not fit this command.
            """,
        version: "0.1.0",
        subcommands: [ReplayCommand.self, LiveCommand.self, CheckpointCommand.self, InterfacesCommand.self])
}
