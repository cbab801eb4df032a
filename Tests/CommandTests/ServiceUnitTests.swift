import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The systemd unit")
struct ServiceUnitTests {
    private static let analyzer = "/usr/bin/systemd-analyze"
    private static let isInstalled = FileManager.default.isExecutableFile(atPath: analyzer)

    private static func text() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "deploy/tidemark-live@.service"), encoding: .utf8)
    }

    @Test("is one that systemd takes", .enabled(if: isInstalled, "systemd-analyze is not installed"))
    func verified() throws {
        let folder = try ScratchFolder()
        let unit = try Self.text().replacing("/usr/local/bin/tidemark", with: BuiltCommand.path)
        let path = try folder.write(Array(unit.utf8), as: "tidemark-live@lo.service")
        let run = try RunningCommand(Self.analyzer, ["verify", "--man=no", path]).wait()
        #expect(run.status == 0)
        #expect(!run.errors.contains("tidemark-live@lo.service"), "\(run.errors)")
    }

    @Test("leaves little to be exposed", .enabled(if: isInstalled, "systemd-analyze is not installed"))
    func exposure() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(Array(try Self.text().utf8), as: "tidemark-live@.service")
        // In tenths: 0 is nothing, 100 everything; the exit status is 1 above the threshold.
        let run = try RunningCommand(Self.analyzer, ["security", "--offline=yes", "--threshold=20", path]).wait()
        #expect(run.status == 0, "\(run.output)\(run.errors)")
    }

    /// The arguments of `ExecStart`, for an interface and a folder of logs and state.
    private static func arguments(interface: String, folder: String) throws -> [String] {
        let line = try #require(try text().split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
        return line.split(separator: " ").dropFirst().map {
            String($0.replacing("%i", with: interface).replacing("%L", with: folder).replacing("%S", with: folder))
        }
    }

    private static let setpriv = "/usr/bin/setpriv"

    // What systemd does, as far as it can be done without it: the user without rights but for CAP_NET_RAW, no new
    // privileges, the umask, the notifications, the signals of reload and stop.
    @Test(
        "runs, reloads and stops with the rights that it gives",
        .enabled(if: getuid() == 0, "giving rights takes root"),
        .enabled(if: FileManager.default.isExecutableFile(atPath: setpriv), "setpriv is not installed"))
    func runs() throws {
        let folder = try ScratchFolder()
        let logs = folder.path("tidemark")
        try FileManager.default.createDirectory(atPath: logs, withIntermediateDirectories: true)
        for path in [folder.path, logs] {
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
        }
        let manager = try ServiceManager(path: folder.path("notify"))
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: manager.path)
        let rights = [
            "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all,+net_raw",
            "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw", "--no-new-privs",
        ]
        let command = try RunningCommand(
            Self.setpriv,
            rights + [BuiltCommand.path] + Self.arguments(interface: "lo", folder: folder.path),
            environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "30000000"])
        #expect(command.waits { manager.receive().contains { $0.hasPrefix("READY=1\n") } }, "\(command.errors)")
        let totals = logs + "/lo.totals.jsonl"
        try FileManager.default.moveItem(atPath: totals, toPath: totals + ".1")
        command.send(SIGHUP)
        #expect(command.waits { FileManager.default.fileExists(atPath: totals) }, "\(command.errors)")
        #expect(command.waits { manager.receive().contains { $0.hasPrefix("WATCHDOG=1\n") } })
        command.send(SIGTERM)
        #expect(command.waits { manager.receive().contains { $0.hasPrefix("STOPPING=1\n") } })
        let run = try command.wait()
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    }

    @Test("starts the command with options that it has")
    func options() throws {
        let folder = try ScratchFolder()
        // Past the command line and as far as the interface.
        let run = try BuiltCommand.run(Self.arguments(interface: "no-such-if", folder: folder.path))
        #expect([66, 77].contains(run.status), "\(run.errors)")
        #expect(run.errors.contains("no-such-if"))
    }
}
