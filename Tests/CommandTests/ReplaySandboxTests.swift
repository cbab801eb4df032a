import Foundation
import TestSupport
import Testing

@Suite("A replay in the sandbox")
struct ReplaySandboxTests {
    @Test("gives the same rows, with every compression, on one thread or several", arguments: ["1", "3"])
    func same(workers: String) throws {
        let folder = try ScratchFolder()
        let captures = KnownCaptures.own.path
        let arguments = ["replay", "--workers", workers, "--window", "1s", "-f", "port https or port 80 or icmp"]
        let outside = try BuiltCommand.run(
            arguments + ["-o", folder.path("a.csv"), "-o", "flows:" + folder.path("a.flows.csv"), captures])
        let inside = try BuiltCommand.run(
            arguments + ["--sandbox", "-v", "-o", folder.path("b.csv"), "-o"]
                + ["flows:" + folder.path("b.flows.csv"), captures])
        #expect(inside.status == outside.status)
        #expect(inside.errors.contains("sandbox: system calls: seccomp"))
        #expect(try folder.text("a.csv").split(separator: "\n").count > 10)
        #expect(try folder.bytes("a.csv") == folder.bytes("b.csv"))
        #expect(try folder.bytes("a.flows.csv") == folder.bytes("b.flows.csv"))
    }

    @Test("reads standard input, and tells of captures that are missing")
    func inputs() throws {
        let capture = KnownCaptures.own.appending(path: "http.pcap").path
        let piped = try BuiltCommand.run(["replay", "--sandbox", "--format", "csv", "-"], input: capture)
        #expect(piped.status == 0)
        #expect(piped.output.split(separator: "\n").count > 1)
        let missing = try BuiltCommand.run(["replay", "--sandbox", "--format", "csv", "/no/such.pcap", capture])
        #expect(missing.status == 66)
        #expect(missing.output == piped.output)
    }

    @Test("can be run with outputs opened again")
    func reopen() throws {
        let folder = try ScratchFolder()
        let command = try SignalTests.start(folder, outputs: ["--sandbox", "-o", folder.path("hosts.csv")])
        try FileManager.default.moveItem(atPath: folder.path("hosts.csv"), toPath: folder.path("old.csv"))
        command.send(SIGHUP)
        #expect(command.waits { ((try? folder.text("hosts.csv")) ?? "").split(separator: "\n").count > 1 })
        command.send(SIGINT)
        #expect(try command.wait().status == 0)
    }
}
