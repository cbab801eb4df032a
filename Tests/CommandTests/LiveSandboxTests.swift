import CInjection
import Foundation
import Glibc
import TestSupport
import Testing

/// A field of /proc/PID/status.
private func status(_ process: pid_t, _ field: String) -> String? {
    let text = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(field + ":") }
    return line.map { $0.dropFirst(field.count + 1).trimmingCharacters(in: .whitespaces) }
}

private func numbers(_ text: String?) -> [Int] { (text ?? "").split(separator: "\t").compactMap { Int($0) } }

@Suite("The sandbox of a live capture", .enabled(if: getuid() == 0, "capturing takes root"))
struct LiveSandboxTests {
    /// Captures the loopback interface, and waits until that has begun.
    static func start(_ folder: ScratchFolder, _ options: [String]) throws -> RunningCommand {
        let command = try RunningCommand(
            BuiltCommand.path, ["live", "-i", "lo", "-v", "-o", folder.path("hosts.csv")] + options)
        try #require(command.waits { command.errors.contains("listening on lo") }, "\(command.errors)")
        return command
    }

    private static func anyoneMayWrite(_ folder: ScratchFolder) throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
    }

    @Test("leaves no new privileges, two capabilities, and a filter of system calls, in every thread")
    func status() throws {
        let folder = try ScratchFolder()
        let command = try Self.start(folder, [])
        let process = command.identifier
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task").compactMap {
            pid_t($0)
        }
        #expect(threads.count >= 1)
        for thread in threads {
            #expect(CommandTests.status(thread, "NoNewPrivs") == "1")
            #expect(CommandTests.status(thread, "Seccomp") == "2")
            // CAP_NET_RAW (13), and CAP_DAC_OVERRIDE (1) since it is root.
            for set in ["CapEff", "CapPrm"] {
                #expect(CommandTests.status(thread, set).flatMap { UInt64($0, radix: 16) } == 1 << 13 | 1 << 1)
            }
            for set in ["CapInh", "CapAmb", "CapBnd"] {
                #expect(CommandTests.status(thread, set).flatMap { UInt64($0, radix: 16) } == 0)
            }
        }
        #expect(command.errors.contains("sandbox: system calls: seccomp"))
        command.send(SIGINT)
        #expect(try command.wait().status == 0)
    }

    #if arch(x86_64)
        @Test("refuses the running process itself a forbidden open, exec, connect, socket, mount and ptrace")
        func refused() throws {
            let folder = try ScratchFolder()
            let other = try ScratchFolder()
            let secret = try other.write(Array("secret".utf8), as: "secret.txt")
            let command = try Self.start(folder, [])
            let process = command.identifier
            let attempts: [(name: String, result: Int, code: Int32)] = [
                ("open", injectSystemCall(process, injectedOpenAt, -100, 0, Int(O_RDONLY), secret, 1), EACCES),
                ("exec", injectSystemCall(process, injectedExec, 0, 0, 0, "/bin/true", 0), EPERM),
                ("connect", injectSystemCall(process, injectedConnect, 0, 0, 16, "address", 1), EPERM),
                (
                    "socket",
                    injectSystemCall(
                        process, injectedSocket, Int(AF_INET), Int(SOCK_STREAM.rawValue), 0, nil, 0), EPERM
                ),
                ("mount", injectSystemCall(process, injectedMount, 0, 0, 0, "none", 0), EPERM),
                ("ptrace", injectSystemCall(process, injectedPtrace, 0, 0, 0, nil, 0), EPERM),
            ]
            for attempt in attempts { #expect(attempt.result == -Int(attempt.code), "\(attempt.name)") }
            // What it needs is still allowed: its own file, opened again.
            let own = injectSystemCall(process, injectedOpenAt, -100, 0, Int(O_WRONLY), folder.path("hosts.csv"), 1)
            #expect(own >= 0)
            command.send(SIGINT)
            #expect(try command.wait().status == 0)
        }

        @Test("is what refuses them: without it the same attempts reach the kernel")
        func unconfined() throws {
            let folder = try ScratchFolder()
            let secret = try folder.write(Array("secret".utf8), as: "other/secret.txt")
            let command = try Self.start(folder, ["--no-sandbox"])
            let process = command.identifier
            #expect(injectSystemCall(process, injectedOpenAt, -100, 0, Int(O_RDONLY), secret, 1) >= 0)
            let result = injectSystemCall(process, injectedConnect, 0, 0, 16, "address", 1)
            #expect(result == -Int(ENOTSOCK))
            #expect(CommandTests.status(process, "Seccomp") == "0")
            command.send(SIGINT)
            #expect(try command.wait().status == 0)
        }
    #endif

    @Test("lets outputs be opened again and recordings rotate, also as another user")
    func reopen() throws {
        let folder = try ScratchFolder()
        try Self.anyoneMayWrite(folder)
        let command = try Self.start(
            folder, ["-Z", "nobody", "-w", folder.path("all.pcap"), "-C", "1", "-W", "2", "--window", "100ms"])
        let process = command.identifier
        let nobody = try #require(getpwnam("nobody")).pointee
        #expect(numbers(CommandTests.status(process, "Uid")) == Array(repeating: Int(nobody.pw_uid), count: 4))
        #expect(numbers(CommandTests.status(process, "Gid")) == Array(repeating: Int(nobody.pw_gid), count: 4))
        #expect(CommandTests.status(process, "CapEff").flatMap { UInt64($0, radix: 16) } == 0)
        try FileManager.default.moveItem(atPath: folder.path("hosts.csv"), toPath: folder.path("old.csv"))
        command.send(SIGHUP)
        // More than two files' worth, so that the second and then the first are made anew.
        let sender = try DatagramSender()
        let isDone = command.waits {
            for _ in 0..<100 { sender.send(byteCount: 8000) }
            let rows = (try? folder.text("hosts.csv")) ?? ""
            return rows.split(separator: "\n").count > 1
                && FileManager.default.fileExists(atPath: folder.path("all.pcap1"))
        }
        #expect(isDone, "\(command.errors)")
        command.send(SIGTERM)
        let run = try command.wait()
        #expect(run.status == 0, "\(run.errors)")
        for name in ["hosts.csv", "old.csv", "all.pcap0", "all.pcap1"] {
            let owner = try FileManager.default.attributesOfItem(atPath: folder.path(name))[.ownerAccountName]
            #expect(owner as? String == "nobody", "\(name)")
        }
    }

    @Test("is refused for users that do not exist")
    func unknownUser() throws {
        let folder = try ScratchFolder()
        let run = try BuiltCommand.run(["live", "-i", "lo", "-Z", "no-such-user", "-o", folder.path("hosts.csv")])
        #expect(run.status == 64)
        #expect(run.errors.contains("no user 'no-such-user'"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("hosts.csv")))
    }

    private static let hasSetpriv = FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")

    @Test("leaves CAP_NET_RAW alone to run with", .enabled(if: hasSetpriv, "setpriv is not installed"))
    func onlyCapability() throws {
        let folder = try ScratchFolder()
        try Self.anyoneMayWrite(folder)
        let words = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        let capability = ["--inh-caps=-all,+net_raw", "--ambient-caps=+net_raw"]
        let live = [BuiltCommand.path, "live", "-i", "lo", "-v", "-o", folder.path("hosts.csv")]
        let command = try RunningCommand("/usr/bin/setpriv", words + capability + live)
        #expect(command.waits { command.errors.contains("listening on lo") }, "\(command.errors)")
        #expect(CommandTests.status(command.identifier, "CapEff").flatMap { UInt64($0, radix: 16) } == 1 << 13)
        command.send(SIGINT)
        #expect(try command.wait().status == 0)

        let refused = try RunningCommand("/usr/bin/setpriv", words + ["--inh-caps=-all"] + live).wait()
        #expect(refused.status == 77)
        #expect(refused.errors.contains("setcap cap_net_raw+ep"))
        let user = try RunningCommand("/usr/bin/setpriv", words + capability + live + ["-Z", "root"]).wait()
        #expect(user.status == 77)
        #expect(user.errors.contains("only root can become 'root'"))
    }

    @Test("tells the service manager that it is ready, alive and stopping")
    func service() throws {
        let folder = try ScratchFolder()
        let manager = try ServiceManager(path: folder.path("notify"))
        let command = try RunningCommand(
            BuiltCommand.path, ["live", "-i", "lo", "-o", folder.path("hosts.csv")],
            environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"])
        #expect(command.waits { manager.receive().contains { $0.hasPrefix("READY=1\n") } }, "\(command.errors)")
        for _ in 0..<2 {
            #expect(command.waits { manager.receive().contains { $0.hasPrefix("WATCHDOG=1\n") } })
        }
        // A process that hangs is not alive.
        command.send(SIGSTOP)
        #expect(command.waits { CommandTests.status(command.identifier, "State")?.hasPrefix("T") == true })
        _ = manager.receive()
        // Four times as long as it ever waits.
        usleep(400_000)
        #expect(manager.receive().isEmpty)
        command.send(SIGCONT)
        #expect(command.waits { manager.receive().contains { $0.hasPrefix("WATCHDOG=1\n") } })
        command.send(SIGTERM)
        #expect(command.waits { manager.receive().contains { $0.hasPrefix("STOPPING=1\n") } })
        #expect(try command.wait().status == 0)
    }
}

/// Sends to a port of the loopback interface where nobody listens.
final class DatagramSender {
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(9).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0)
    }

    deinit { close(descriptor) }

    func send(byteCount: Int) {
        let bytes = [UInt8](repeating: 0, count: byteCount)
        _ = Glibc.send(descriptor, bytes, bytes.count, 0)
    }
}

/// The end of a notification socket at which systemd would be.
final class ServiceManager {
    let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let status = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(status == 0)
    }

    deinit { close(descriptor) }

    /// The messages that are there.
    func receive() -> [String] {
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return messages }
            messages.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
