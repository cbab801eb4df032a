// Enters the sandbox, tries what is forbidden and what is allowed, and says how each went: a line `NAME OUTCOME`, the
// outcome being `ok` or the name of an error. Run by SandboxTests as a process of its own, since there is no way out.
//
//     SandboxProbe FOLDER [USER]      FOLDER may be written; FOLDER/../other.txt may not be read
//     SandboxProbe --live FOLDER      the same, with interfaces that may be opened again
//     SandboxProbe --threads          enters while another thread runs

import EventTime
import Glibc
import Sandbox

@main
enum Probe {
    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "--threads" { return enterBesideThread() }
        let isLive = arguments.first == "--live"
        if isLive { arguments.removeFirst() }
        guard let folder = arguments.first else { exit(64) }
        do {
            try confine(folder, isLive: isLive, user: arguments.dropFirst().first)
        } catch {
            print("error \(error)")
            exit(1)
        }
        attempts(folder)
        attemptsOnThread()
    }

    private static func confine(_ folder: String, isLive: Bool, user: String?) throws(SandboxError) {
        if let user { try Privileges.drop(to: user) }
        var plan = ConfinementPlan()
        plan.allowOutput(path: folder + "/rows.csv")
        if isLive { plan.allowCapture() }
        let report = try Confinement.enter(plan)
        for line in report.restrictions { print("restriction \(line)") }
        for line in report.missing { print("missing \(line)") }
    }

    static func attempts(_ folder: String) {
        say("open-other", open(folder + "/../other.txt", O_RDONLY))
        say("open-etc", open("/etc/passwd", O_RDONLY))
        say("create-other", open(folder + "/../made.txt", O_WRONLY | O_CREAT, 0o600))
        say("truncate-other", truncate(folder + "/../other.txt", 0))
        say("exec", execute())
        say("fork", fork())
        say("socket", socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        say("packet-socket", socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0))
        // The descriptor is of no socket: the answer shows who refuses, the filter (EPERM) or the call itself (ENOTSOCK).
        var address = sockaddr()
        say("connect", connect(0, &address, socklen_t(MemoryLayout<sockaddr>.size)))
        say("kill-parent", kill(getppid(), 0))
        say("kill-self", kill(getpid(), 0))
        say("mount", mount("none", folder, "tmpfs", 0, nil))
        say("chroot", chroot("/"))
        say("setuid", setuid(getuid()))
        let code = mmap(nil, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        say("executable-memory", code == MAP_FAILED ? -1 : 0)

        let rows = folder + "/rows.csv"
        say("reopen", open(rows, O_WRONLY | O_CREAT, 0o600))
        say("rename", rename(rows, folder + "/old.csv"))
        say("reopen-again", open(rows, O_WRONLY | O_CREAT, 0o600))
        say("read-own", open(rows, O_RDONLY))
        say("make-folder", mkdir(folder + "/part", 0o700))
        say("rename-across", rename(folder + "/old.csv", folder + "/part/old.csv"))
        say("remove", unlink(folder + "/part/old.csv"))
        say("remove-folder", rmdir(folder + "/part"))
        say("interface-counters", open("/sys/class/net/lo/statistics/rx_packets", O_RDONLY))
    }

    private static func execute() -> Int32 {
        var words: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        return execv("/bin/true", &words)
    }

    private static func say(_ name: String, _ status: Int32) {
        let code = errno
        print(name, status >= 0 ? "ok" : self.name(of: code))
    }

    private static func name(of code: Int32) -> String {
        switch code {
        case EPERM: "EPERM"
        case EACCES: "EACCES"
        case ENOTSOCK: "ENOTSOCK"
        default: String(cString: strerror(code))
        }
    }

    /// Threads that start later are confined too.
    private static func attemptsOnThread() {
        do {
            try WorkerThread { threadAttempts() }.join()
        } catch {
            print("thread error \(error.code)")
        }
    }

    private static func threadAttempts() {
        say("thread-open", open("/etc/passwd", O_RDONLY))
        say("thread-socket", socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    }

    private static func enterBesideThread() {
        do {
            let thread = try WorkerThread { _ = pause() }
            defer { _ = thread }
            _ = try Confinement.enter(ConfinementPlan())
            print("entered")
        } catch {
            print("error \(error)")
        }
    }
}
