import Foundation
import Glibc

/// `CheckpointLoop` as a process of its own, which writes checkpoints until it is killed.
final class RunningLoop {
    struct CannotStart: Error { let code: Int32 }

    let identifier: pid_t
    private let output: String
    private var isOver = false

    /// `output`: a file for what it prints.
    init(_ directory: String, kept: Int = 2, output: String) throws {
        self.output = output
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let path = URL(filePath: tests).deletingLastPathComponent().appending(path: "CheckpointLoop").path
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var words = [path, directory, "\(kept)"].map { (word: String) in strdup(word) } + [nil]
        defer { for word in words { free(word) } }
        var started: pid_t = 0
        let code = posix_spawn(&started, path, &actions, nil, &words, environ)
        guard code == 0 else { throw CannotStart(code: code) }
        identifier = started
    }

    deinit { kill() }

    /// The lines it has printed so far.
    var lines: [String] {
        let text = String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    /// Waits until it has printed so many lines; false where it does not within 20 seconds, or ends.
    func waits(forLines count: Int) -> Bool {
        for _ in 0..<20_000 {
            if lines.count >= count { return true }
            if isOver { return false }
            usleep(1000)
        }
        return false
    }

    /// Kills it and waits until it is gone.
    func kill() {
        guard !isOver else { return }
        Glibc.kill(identifier, SIGKILL)
        wait()
    }

    /// Waits for its end; the status as from waitpid(2).
    @discardableResult
    func wait() -> Int32 {
        var status: Int32 = 0
        if !isOver { waitpid(identifier, &status, 0) }
        isOver = true
        return status
    }

    func stop() { Glibc.kill(identifier, SIGSTOP) }
}
