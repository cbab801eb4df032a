import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Signals")
struct SignalTests {
    /// A window of traffic at once, and then one packet every tenth of a second for minutes.
    static func slowCapture(in folder: ScratchFolder) throws -> String {
        var capture = PcapBuilder()
        let packet = FrameBuilder.ethernet(
            type: 0x0800,
            FrameBuilder.ipv4([10, 0, 0, 1], [10, 0, 0, 2], protocol: 17, FrameBuilder.udp(1, 2, [])))
        for tenth in 0..<3000 {
            capture.packet(seconds: UInt32(tenth / 10), fraction: UInt32(tenth % 10 * 100_000), packet)
        }
        return try folder.write(capture.bytes, as: "slow.pcap")
    }

    /// Starts a replay at the capture's own pace with windows of a tenth of a second, and waits for its first rows.
    static func start(_ folder: ScratchFolder, outputs: [String] = []) throws -> RunningCommand {
        let command = try RunningCommand(
            BuiltCommand.path,
            ["replay", "--speed", "1", "--window", "100ms", "--watermark-delay", "0s", "--format", "csv"] + outputs
                + [
                    slowCapture(in: folder)
                ])
        try #require(command.waits { isReporting(folder, command) })
        return command
    }

    private static func isReporting(_ folder: ScratchFolder, _ command: RunningCommand) -> Bool {
        let text = (try? folder.text("hosts.csv")) ?? command.output
        return text.split(separator: "\n").count > 1
    }

    @Test("SIGINT and SIGTERM end a run with what it has read reported", arguments: [SIGINT, SIGTERM])
    func stop(signal: Int32) throws {
        let folder = try ScratchFolder()
        let command = try Self.start(folder)
        command.send(signal)
        let run = try command.wait()
        #expect(run.status == 0)
        let captured = Int(run.errors.firstMatch(of: /(\d+) packets? captured/)?.1 ?? "") ?? 0
        #expect(captured > 0 && captured < 3000)
        let rows = ReportRows(csv: run.output)
        #expect(rows.sum("packets_sent") == captured)
        #expect(run.output.hasSuffix("\n"))
    }

    @Test("SIGTERM ends a run that waits for standard input")
    func waiting() throws {
        let folder = try ScratchFolder()
        let fifo = folder.path("waiting.pcap")
        try #require(mkfifo(fifo, 0o600) == 0)
        // Open for both, so that the reader neither waits for a writer nor sees an end.
        let descriptor = open(fifo, O_RDWR)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let header: [UInt8] =
            [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0] + Array(repeating: 0, count: 8) + [255, 255, 0, 0, 1, 0, 0, 0]
        try #require(write(descriptor, header, header.count) == header.count)
        let command = try RunningCommand(BuiltCommand.path, ["replay", fifo])
        usleep(500_000)
        command.send(SIGTERM)
        let run = try command.wait()
        #expect(run.status == 0)
        #expect(run.errors.contains("0 packets captured"))
    }

    @Test("SIGHUP opens the outputs again, where they were moved away")
    func reopen() throws {
        let folder = try ScratchFolder()
        let command = try Self.start(folder, outputs: ["-o", folder.path("hosts.csv")])
        try FileManager.default.moveItem(atPath: folder.path("hosts.csv"), toPath: folder.path("old.csv"))
        command.send(SIGHUP)
        #expect(command.waits { ((try? folder.text("hosts.csv")) ?? "").split(separator: "\n").count > 1 })
        command.send(SIGINT)
        let run = try command.wait()
        #expect(run.status == 0)
        let (old, new) = (
            ReportRows(csv: try folder.text("old.csv")), ReportRows(csv: try folder.text("hosts.csv"))
        )
        #expect(old.columns == new.columns)
        let captured = Int(run.errors.firstMatch(of: /(\d+) packets? captured/)?.1 ?? "") ?? 0
        #expect(old.sum("packets_sent") + new.sum("packets_sent") == captured, "no row is lost or doubled")
    }

    @Test("SIGUSR1 prints how far the run is, and the run goes on")
    func statistics() throws {
        let folder = try ScratchFolder()
        let command = try Self.start(folder)
        command.send(SIGUSR1)
        #expect(command.waits { command.errors.contains("packets read, ") })
        let rows = command.output.count
        #expect(command.waits { command.output.count > rows })
        command.send(SIGINT)
        #expect(try command.wait().status == 0)
    }
}
