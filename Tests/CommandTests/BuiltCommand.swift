import Foundation
import Glibc
import Testing

/// The command as it was built beside the tests, run as a process of its own.
struct BuiltCommand {
    let status: Int32
    /// Standard output and standard error.
    let output: String
    let errors: String

    static let path: String = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: tests).deletingLastPathComponent().appending(path: "tidemark").path
    }()

    /// Runs `tidemark` with these arguments to its end.
    static func run(
        _ arguments: [String], input: String = "/dev/null", environment: [String: String] = [:]
    ) throws -> BuiltCommand {
        try RunningCommand(path, arguments, input: input, environment: environment).wait()
    }

    /// Runs a line of shell, in which `$T` is the command and `$1`, `$2`, … are the arguments.
    static func shell(
        _ line: String, _ arguments: String..., environment: [String: String] = [:]
    ) throws -> BuiltCommand {
        let all = environment.merging(["T": path]) { $1 }
        return try RunningCommand("/bin/sh", ["-c", line, "sh"] + arguments, environment: all).wait()
    }
}

/// A process that was started; its output goes to files, so that no pipe can fill up.
final class RunningCommand {
    struct CannotStart: Error { let code: Int32 }

    let identifier: pid_t
    private let folder: String
    private var status: Int32?

    init(
        _ path: String, _ arguments: [String], input: String = "/dev/null", environment: [String: String] = [:]
    ) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "tidemark-run-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, folder + "/output", O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, folder + "/errors", O_WRONLY | O_CREAT, 0o600)
        // Threads of the test library have signals blocked, which a process would inherit.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let inherited = ["PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR"]
        var variables = ProcessInfo.processInfo.environment.filter { inherited.contains($0.key) }
        variables["LC_ALL"] = "C"
        variables.merge(environment) { $1 }
        var words = ([path] + arguments).map { strdup($0) } + [nil]
        var settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var started: pid_t = 0
        let code = posix_spawn(&started, path, &actions, &attributes, &words, &settings)
        guard code == 0 else { throw CannotStart(code: code) }
        identifier = started
    }

    deinit {
        if status == nil {
            kill(identifier, SIGKILL)
            _ = try? wait()
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// What the process has written so far.
    var output: String { text("output") }
    var errors: String { text("errors") }

    private func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: folder + "/" + name) ?? Data(), as: UTF8.self)
    }

    func send(_ signal: Int32) { kill(identifier, signal) }

    /// Whether the process is over; its status is still to be had from ``wait()``.
    var hasEnded: Bool {
        var information = siginfo_t()
        return waitid(P_PID, id_t(identifier), &information, WEXITED | WNOHANG | WNOWAIT) == 0
            && information.si_signo != 0
    }

    /// Waits for the end; a process that a signal ended has 128 and its number as status, as one that takes more than
    /// a minute: it is killed.
    func wait() throws -> BuiltCommand {
        var state: Int32 = 0
        let isOver = waits(for: 60) { waitpid(identifier, &state, WNOHANG) != 0 }
        if !isOver {
            kill(identifier, SIGKILL)
            waitpid(identifier, &state, 0)
        }
        let signal = state & 0x7F
        let status = signal == 0 ? state >> 8 & 0xFF : 128 + signal
        self.status = status
        return BuiltCommand(status: status, output: output, errors: errors)
    }

    /// Waits until `condition` holds; false where it does not within so many seconds.
    func waits(for seconds: Int = 20, until condition: () -> Bool) -> Bool {
        for _ in 0..<seconds * 200 {
            if condition() { return true }
            usleep(5000)
        }
        return condition()
    }
}
