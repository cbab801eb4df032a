import ArgumentParser
import Capture
import Pipeline
import Reports
import Sandbox

/// What the process gives up once its interfaces and files are open.
struct SandboxOptions: ParsableArguments {
    @Option(
        name: .customShort("Z"),
        help: ArgumentHelp(
            "Once interfaces are open, become this user, without any rights beyond the user's.", valueName: "user"))
    var user: String?

    @Flag(name: .customLong("no-sandbox"), help: "Do not restrict files and system calls (Landlock, seccomp).")
    var refusesSandbox = false

    /// To be called when interfaces are open and files are not: what is created is to be the user's.
    func becomeUser() throws(SandboxError) {
        if let user { try Privileges.drop(to: user) }
    }

    /// To be called when everything is open and no thread has been started. Returns what to tell where the run is
    /// verbose: what holds, and what the kernel lacks.
    func enter(for configuration: LiveConfiguration) throws(SandboxError) -> [String] {
        if refusesSandbox { return ["sandbox: none, as asked for"] }
        return try Confinement.enter(Self.plan(for: configuration)).lines
    }

    /// Outputs are opened again at SIGHUP, recordings rotate, and interfaces may go and come.
    static func plan(for configuration: LiveConfiguration) -> ConfinementPlan {
        var plan = ConfinementPlan()
        plan.allowCapture()
        plan.allowNames()
        for output in configuration.analysis.outputs {
            if case .file(let path) = output.destination { plan.allowOutput(path: path) }
        }
        plan.allowCheckpoints(configuration.analysis)
        if let recording = configuration.recording {
            // What strftime(3) makes of the rest lies below the last folder that is written out.
            let isPattern = recording.seconds != nil && recording.path.contains("%")
            plan.allowOutput(
                path: isPattern ? String(recording.path.prefix { $0 != "%" }) + "%" : recording.path)
        }
        return plan
    }
}

/// The same for a replay, which reads files alone.
struct ReplaySandboxOptions: ParsableArguments {
    @Flag(
        name: .customLong("sandbox"),
        help: """
            Once outputs are open, keep nothing but the captures to read and the outputs' folders to write (Landlock, \
            seccomp).
            """)
    var isWanted = false

    /// To be called when outputs are open and no thread has been started. Returns what to tell where the run is verbose.
    func enter(for configuration: ReplayConfiguration) throws(SandboxError) -> [String] {
        guard isWanted else { return [] }
        var plan = ConfinementPlan()
        plan.allowNames()
        for input in configuration.inputs {
            if case .path(let path) = input { plan.allowInput(path: path) }
        }
        for output in configuration.outputs {
            if case .file(let path) = output.destination { plan.allowOutput(path: path) }
        }
        plan.allowCheckpoints(configuration)
        return try Confinement.enter(plan).lines
    }
}

extension ConfinementPlan {
    /// Checkpoints come and go below their directory, which is there by now.
    fileprivate mutating func allowCheckpoints(_ configuration: ReplayConfiguration) {
        if let checkpoints = configuration.checkpoints { writableFolders.append(checkpoints.directory) }
    }
}

extension ConfinementReport {
    /// What holds, and what the kernel lacks.
    fileprivate var lines: [String] {
        (restrictions + missing.map { "NOT in force: \($0)" }).map { "sandbox: \($0)" }
    }
}
