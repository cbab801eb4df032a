import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The command line")
struct OptionTests {
    static let capture = KnownCaptures.own.appending(path: "http.pcap").path

    static let mistakes: [[String]] = [
        ["replay"],
        ["replay", "--no-such-option", capture],
        ["replay", "--window", "0s", capture],
        ["replay", "--window", "10", capture],
        ["replay", "--slide", "-1s", capture],
        ["replay", "--watermark-delay", "soon", capture],
        ["replay", "--allowed-lateness", "-1s", capture],
        ["replay", "--workers", "0", capture],
        ["replay", "--max-flows", "0", capture],
        ["replay", "--idle-timeout", "0s", capture],
        ["replay", "--layer", "middle", capture],
        ["replay", "--format", "xml", capture],
        ["replay", "--top", "0", capture],
        ["replay", "--sort", "beauty", capture],
        ["replay", "--speed", "0", capture],
        ["replay", "-c", "0", capture],
        ["replay", "-o", "a.docx", capture],
        ["replay", "-o", "hosts:", capture],
        ["replay", "-o", "/tmp/a.csv", "-o", "totals:/tmp/./a.csv", capture],
        ["replay", "-f", "port http and", capture],
        ["replay", "-", "-"],
        ["no-such-command"],
    ]

    @Test("mistakes are 64, with a message and without a report", arguments: mistakes)
    func refused(arguments: [String]) throws {
        let run = try BuiltCommand.run(arguments)
        #expect(run.status == 64)
        #expect(run.output.isEmpty)
        #expect(!run.errors.isEmpty)
    }

    @Test("a bad filter is told in libpcap's words")
    func badFilter() throws {
        let run = try BuiltCommand.run(["replay", "-f", "host ((", Self.capture])
        #expect(run.status == 64)
        #expect(run.errors.contains("tidemark: filter 'host ((': "))
    }

    @Test("--help and --version go to standard output")
    func help() throws {
        let help = try BuiltCommand.run(["--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("replay") && help.output.contains("interfaces"))
        #expect(help.output.contains("65 damaged input"))
        let replay = try BuiltCommand.run(["replay", "--help"])
        #expect(replay.status == 0)
        for option in [
            "--window", "--slide", "--offset", "--watermark-delay", "--allowed-lateness", "--filter", "--output",
            "--format", "--top", "--sort", "--layer", "--idle-timeout", "--active-timeout", "--max-flows",
            "--max-hosts", "--workers", "--speed", "--progress", "-c", "-q", "-v",
        ] {
            #expect(replay.output.contains(option), "\(option)")
        }
        let version = try BuiltCommand.run(["--version"])
        #expect(version.status == 0)
        #expect(version.output.contains(/^\d+\.\d+\.\d+/))
    }

    @Test("interfaces lists the loopback device, and says whether the caller may capture")
    func interfaces() throws {
        let run = try BuiltCommand.run(["interfaces"])
        #expect(run.status == 0)
        #expect(run.output.contains(/(?m)^lo .*loopback/), "\(run.output)")
        #expect(run.errors.contains("you may"))
    }

    @Test("-c stops after so many packets")
    func packetLimit() throws {
        let run = try BuiltCommand.run(["replay", "-c", "7", "--format", "csv", "-o", "totals:-", Self.capture])
        #expect(ReportRows(csv: run.output).sum("packets") == 7)
        #expect(run.errors.contains("7 packets captured"))
    }

    @Test("a filter takes what it matches")
    func filter() throws {
        let run = try BuiltCommand.run(
            ["replay", "-f", "tcp and dst port 80", "--format", "csv", "-o", "hosts:-", Self.capture])
        let rows = ReportRows(csv: run.output).rows
        #expect(rows.map { $0["host"] } == ["10.20.0.1", "10.20.0.2"])
        #expect(rows.first?.number("packets_received") == 0)
    }

    @Test("-q says nothing but what is wrong")
    func quiet() throws {
        let quiet = try BuiltCommand.run(["replay", "-q", Self.capture])
        #expect(quiet.status == 0)
        #expect(quiet.errors.isEmpty)
        let plain = try BuiltCommand.run(["replay", Self.capture])
        let lines = plain.errors.split(separator: "\n")
        #expect(
            lines == [
                "40 packets captured", "40 packets received by filter", "0 packets dropped by kernel",
                "0 packets late", "0 packets malformed",
            ])
        let damaged = try BuiltCommand.run(["replay", "-q", "/nowhere/a.pcap"])
        #expect(damaged.errors == "tidemark: /nowhere/a.pcap: No such file or directory\n")
    }

    @Test("captures come from standard input, folders, and compressed files", arguments: ["gz", "zst", "lz4"])
    func inputs(compression: String) throws {
        let options = ["replay", "-q", "--format", "csv"]
        let plain = try BuiltCommand.run(options + [Self.capture])
        #expect(plain.status == 0)
        #expect(ReportRows(csv: plain.output).rows.count == 2)
        let compressed = Self.capture + "." + compression
        #expect(try BuiltCommand.run(options + [compressed]).output == plain.output)
        #expect(try BuiltCommand.run(options + ["-"], input: Self.capture).output == plain.output)
        #expect(try BuiltCommand.run(options + ["-"], input: compressed).output == plain.output)
        let piped = try BuiltCommand.shell("cat \"$1\" | $T replay -q --format csv -", compressed)
        #expect(piped.output == plain.output)
    }

    @Test("a folder of rotated files is the list of its files")
    func folder() throws {
        let folder = KnownCaptures.own.appending(path: "rotated")
        let files = KnownCaptures.names(in: folder).map { folder.appending(path: $0).path }
        #expect(files.count > 2)
        let options = ["replay", "-q", "--format", "csv"]
        let whole = try BuiltCommand.run(options + [folder.path])
        #expect(whole.status == 0)
        #expect(try BuiltCommand.run(options + files.reversed()).output == whole.output)
    }

    @Test("--speed keeps the capture's pace, or a multiple of it")
    func speed() throws {
        var capture = PcapBuilder()
        for second in 0...2 { capture.packet(seconds: UInt32(second), FrameBuilder.arp) }
        let folder = try ScratchFolder()
        let path = try folder.write(capture.bytes, as: "a.pcap")
        let begin = Date()
        let run = try BuiltCommand.run(["replay", "--speed", "4", path])
        #expect(run.status == 0)
        #expect(Date().timeIntervalSince(begin) >= 0.5)
    }

    @Test("NO_COLOR and pipes have no colour; a terminal has", arguments: [true, false])
    func colour(isRefused: Bool) throws {
        let piped = try BuiltCommand.run(["replay", Self.capture])
        #expect(!piped.output.contains("\u{1B}"))
        // script(1) runs its command on a terminal.
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/script") else { return }
        var environment = ["TERM": "xterm", "SHELL": "/bin/sh"]
        if isRefused { environment["NO_COLOR"] = "1" }
        let line = "script -qec \"$T replay -q --no-progress $1\" /dev/null </dev/null"
        let shown = try BuiltCommand.shell(line, Self.capture, environment: environment)
        #expect(shown.output.contains("10.20.0.1"))
        #expect(shown.output.contains("\u{1B}[") == !isRefused)
    }
}
