import ArgumentParser
import Pipeline
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
        let report = try Confinement.enter(Self.plan(for: configuration))
        return (report.restrictions + report.missing.map { "NOT in force: \($0)" }).map { "sandbox: \($0)" }
    }

    /// Outputs are opened again at SIGHUP, recordings rotate, and interfaces may go and come.
    static func plan(for configuration: LiveConfiguration) -> ConfinementPlan {
        var plan = ConfinementPlan()
        plan.allowCapture()
        for output in configuration.analysis.outputs {
            if case .file(let path) = output.destination { plan.allowOutput(path: path) }
        }
        if let recording = configuration.recording {
            // What strftime(3) makes of the rest lies below the last folder that is written out.
            let isPattern = recording.seconds != nil && recording.path.contains("%")
            plan.allowOutput(
                path: isPattern ? String(recording.path.prefix { $0 != "%" }) + "%" : recording.path)
        }
        return plan
    }
}
