import Foundation
import TestSupport
import Testing

@testable import Sandbox

/// What the probe reported: each attempt's name and outcome.
struct ProbeRun {
    let outcomes: [String: String]
    let lines: [Substring]
    let status: Int32

    /// Runs the probe in a folder `in` of `folder`, beside which lies a file that it is not to touch.
    init(in folder: ScratchFolder, options: [String] = [], user: String? = nil) throws {
        let own = folder.path("in")
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        // Another user must reach it.
        for path in [folder.path(""), own] {
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
        }
        _ = try folder.write(Array("secret\n".utf8), as: "other.txt")
        let process = Process()
        process.executableURL = Self.probe
        process.arguments = options + [own] + [user].compactMap { $0 }
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        status = process.terminationStatus
        lines = text.split(separator: "\n")
        var outcomes: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            if parts.count == 2 { outcomes[parts[0]] = parts[1] }
        }
        self.outcomes = outcomes
    }

    static let probe: URL = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: tests).deletingLastPathComponent().appending(path: "SandboxProbe")
    }()

    func expect(_ names: [String], _ outcome: String, _ location: SourceLocation = #_sourceLocation) {
        for name in names { #expect(outcomes[name] == outcome, "\(name)", sourceLocation: location) }
    }
}

@Suite("A confined process")
struct ConfinementTests {
    static let hasLandlock = Landlock.version > 0
    static let isRoot = getuid() == 0

    @Test("cannot open, make or cut files elsewhere", .enabled(if: hasLandlock, "this kernel has no Landlock"))
    func files() throws {
        let folder = try ScratchFolder()
        let run = try ProbeRun(in: folder)
        run.expect(["open-other", "open-etc", "create-other", "truncate-other", "thread-open"], "EACCES")
        #expect(try folder.text("other.txt") == "secret\n")
    }

    @Test("cannot execute, fork, connect, signal others, mount, change identity, or make code")
    func calls() throws {
        let run = try ProbeRun(in: try ScratchFolder())
        run.expect(
            [
                "exec", "fork", "socket", "thread-socket", "packet-socket", "connect", "kill-parent", "mount",
                "chroot", "setuid", "executable-memory",
            ], "EPERM")
        run.expect(["kill-self"], "ok")
    }

    @Test("still opens, renames and removes where its outputs lie", arguments: [[], ["--live"]])
    func outputs(options: [String]) throws {
        let run = try ProbeRun(in: try ScratchFolder(), options: options)
        run.expect(
            [
                "reopen", "rename", "reopen-again", "read-own", "make-folder", "rename-across", "remove",
                "remove-folder",
            ], "ok")
        #expect(run.status == 0)
    }

    @Test("that captures still opens packet sockets and reads counters, and nothing else", .enabled(if: isRoot))
    func capture() throws {
        let run = try ProbeRun(in: try ScratchFolder(), options: ["--live"])
        run.expect(["packet-socket", "interface-counters"], "ok")
        run.expect(["socket", "connect", "exec", "setuid"], "EPERM")
    }

    @Test("says what holds, and what this kernel lacks")
    func report() throws {
        let run = try ProbeRun(in: try ScratchFolder())
        #expect(run.lines.contains("restriction no new privileges"))
        #expect(run.lines.contains { $0.hasPrefix("restriction no capabilities") })
        let said = run.lines.filter { $0.hasPrefix("restriction files: ") || $0.hasPrefix("missing files ") }
        #expect(said.count == 1)
    }

    @Test("that became another user has no way back, and not even packet sockets", .enabled(if: isRoot))
    func user() throws {
        let folder = try ScratchFolder()
        let run = try ProbeRun(in: folder, options: ["--live"], user: "nobody")
        #expect(run.lines.contains("restriction no capabilities"))
        run.expect(["setuid", "packet-socket", "socket"], "EPERM")
        run.expect(["reopen", "rename", "reopen-again"], "ok")
        let owner = try FileManager.default.attributesOfItem(atPath: folder.path("in/rows.csv"))[.ownerAccountName]
        #expect(owner as? String == "nobody")
    }

    @Test("is told of users that do not exist")
    func unknownUser() throws {
        let run = try ProbeRun(in: try ScratchFolder(), user: "no-such-user")
        #expect(run.status == 1)
        #expect(run.lines == ["error there is no user 'no-such-user'"])
    }

    @Test("is not half confined: with other threads running nothing is done")
    func threads() throws {
        let run = try ProbeRun(in: try ScratchFolder(), options: ["--threads"])
        #expect(run.outcomes["error"]?.contains("2 threads are running") == true)
    }
}

@Suite("A plan of confinement")
struct ConfinementPlanTests {
    @Test(
        "allows the folder of a file that is written",
        arguments: [("rows.csv", "."), ("/rows.csv", "/"), ("a/b/rows.csv", "a/b"), ("./rows.csv", ".")])
    func folders(path: String, folder: String) {
        var plan = ConfinementPlan()
        plan.allowOutput(path: path)
        #expect(plan.writableFolders == [folder])
        #expect(plan.writableFiles.isEmpty)
    }

    @Test("allows a device alone, not its folder")
    func device() {
        var plan = ConfinementPlan()
        plan.allowOutput(path: "/dev/null")
        #expect(plan.writableFiles == ["/dev/null"])
        #expect(plan.writableFolders.isEmpty)
    }
}
