import EventTime
import Foundation
import Glibc
import TestSupport
import Testing

/// Kills the command again and again at random instants, and compares what is there in the end with what an
/// uninterrupted run wrote. `TIDEMARK_TORTURE` is the number of kills; `TIDEMARK_SEED` repeats a run.
@Suite("Killed at any instant")
struct TortureTests {
    private static let kills = number("TIDEMARK_TORTURE") ?? 25
    private static let seed = UInt64(number("TIDEMARK_SEED") ?? 4)

    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }

    /// What a run is asked for: options, and the files that it writes by kind.
    struct Order: Sendable, CustomTestStringConvertible {
        let options: [String]
        let files: [(kind: String, name: String)]

        var testDescription: String { files.map(\.kind).joined(separator: ", ") }

        static let all = Order(
            options: ["--window", "20s", "--slide", "5s", "--watermark-delay", "2s", "--allowed-lateness", "10s"],
            files: [("hosts", "hosts.csv"), ("totals", "totals.tsv"), ("flows", "flows.jsonl")])
        /// Hosts are only counted, and not all of a slice's are admitted.
        static let totals = Order(
            options: ["--window", "20s", "--slide", "500ms", "--watermark-delay", "2s", "--max-hosts", "20"],
            files: [("totals", "totals.csv")])
    }

    /// Several captures that overlap in time, in disorder, one of them compressed where gzip is there.
    private func captures(_ folder: ScratchFolder) throws -> [String] {
        let seed = Self.seed
        let packets = TrafficGenerator.shuffled(
            TrafficGenerator.packets(30_000, seed: seed), within: 3 * .second, seed: seed)
        var random = SeededRandom(seed: seed)
        var parts = [[GeneratedPacket]](repeating: [], count: 3)
        // The first half is in two files at once, the rest in the third.
        for (index, packet) in packets.enumerated() {
            parts[index < packets.count / 2 ? Int.random(in: 0..<2, using: &random) : 2].append(packet)
        }
        return try parts.enumerated().map {
            try folder.write(TrafficGenerator.pcap($0.element), as: "part-\($0.offset).pcap")
        }
    }

    private func arguments(_ order: Order, _ folder: ScratchFolder, _ paths: [String]) -> [String] {
        ["replay"] + order.options + order.files.flatMap { ["-o", "\($0.kind):" + folder.path($0.name)] } + paths
    }

    @Test(
        "a run comes to the same bytes, whatever the number of workers of each start",
        arguments: [Order.all, .totals])
    func torture(order: Order) throws {
        let inputs = try ScratchFolder()
        let paths = try captures(inputs)
        let whole = try ScratchFolder()
        let uninterrupted = try BuiltCommand.run(arguments(order, whole, paths))
        try #require(uninterrupted.status == 0)

        var random = SeededRandom(seed: Self.seed)
        var kills = 0
        var folder = try ScratchFolder()
        var rounds = 0
        /// The longest that a run was left alone: about as long as one takes, so that kills fall everywhere.
        var longest = 400_000
        while kills < Self.kills {
            rounds += 1
            try #require(rounds < 50 * Self.kills, "too few runs lived long enough to be killed")
            let workers = random.pick([1, 2, 3, 8])
            // A hundredth of the packets' own pace would take minutes: nearly all starts are killed.
            let command = try RunningCommand(
                BuiltCommand.path,
                arguments(order, folder, paths) + [
                    "--workers", "\(workers)", "--checkpoint-dir", folder.path("checkpoints"),
                    "--checkpoint-interval", "\(random.pick([1, 3, 10, 30]))ms",
                    "--checkpoints-retained", "\(random.pick([1, 2, 3]))",
                ])
            usleep(UInt32(Int.random(in: 1000...longest, using: &random)))
            command.send(SIGKILL)
            let run = try command.wait()
            if run.status == 128 + SIGKILL {
                kills += 1
                continue
            }
            // It came to its end before it was killed.
            #expect(run.status == 0, "seed \(Self.seed), round \(rounds): \(run.errors)")
            try compare(order, folder, whole, "seed \(Self.seed), round \(rounds), killed \(kills) times")
            #expect(counts(run.errors) == counts(uninterrupted.errors))
            folder = try ScratchFolder()
            longest = max(20_000, longest * 3 / 4)
        }
        // The last one is left to finish.
        let last = try BuiltCommand.run(
            arguments(order, folder, paths) + ["--checkpoint-dir", folder.path("checkpoints")])
        #expect(last.status == 0, "\(last.errors)")
        try compare(order, folder, whole, "seed \(Self.seed), after \(kills) kills")
        #expect(counts(last.errors) == counts(uninterrupted.errors))
    }

    private func compare(
        _ order: Order, _ folder: ScratchFolder, _ whole: ScratchFolder, _ what: String
    ) throws {
        for (_, name) in order.files {
            let same = try folder.bytes(name) == whole.bytes(name)
            #expect(same, "\(what): \(name) differs")
        }
    }

    /// The closing lines, without what is said of checkpoints.
    private func counts(_ errors: String) -> [Substring] {
        errors.split(separator: "\n").filter { !$0.hasPrefix("tidemark:") }
    }
}

@Suite("A stopped run")
struct StoppedRunTests {
    @Test("takes a last checkpoint and goes on where it stopped", arguments: [SIGINT, SIGTERM])
    func stop(signal: Int32) throws {
        let folder = try ScratchFolder()
        let capture = try SignalTests.slowCapture(in: folder)
        let arguments = [
            "replay", "--window", "100ms", "--watermark-delay", "0s", "-o", folder.path("hosts.csv"),
            "--checkpoint-dir", folder.path("checkpoints"), "--checkpoint-interval", "1h", capture,
        ]
        let command = try RunningCommand(BuiltCommand.path, arguments + ["--speed", "1"])
        try #require(
            command.waits { ((try? folder.text("hosts.csv")) ?? "").split(separator: "\n").count > 2 })
        command.send(signal)
        let run = try command.wait()
        #expect(run.status == 0, "\(run.errors)")
        let written = try folder.text("hosts.csv")
        #expect(written.hasSuffix("\n"))
        let rest = try BuiltCommand.run(arguments)
        #expect(rest.status == 0, "\(rest.errors)")
        #expect(rest.errors.contains("goes on from"))
        let text = try folder.text("hosts.csv")
        #expect(text.hasPrefix(written))
        #expect(ReportRows(csv: text).sum("packets_sent") == 3000)
        #expect(rest.errors.contains("3000 packets captured"))
    }

    @Test("of standard input says what is lost, and standard output that it cannot be cut back")
    func standardInput() throws {
        let folder = try ScratchFolder()
        let bytes = TrafficGenerator.pcap(TrafficGenerator.packets(3000, seed: 8))
        let capture = try folder.write(bytes, as: "a.pcap")
        let checkpoints = folder.path("checkpoints")
        let pipe = folder.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        // Open for both, so that the pipe stays open behind the packets and the command waits when it is stopped.
        let descriptor = open(pipe, O_RDWR)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let command = try RunningCommand(
            BuiltCommand.path, ["replay", "--format", "csv", "--checkpoint-dir", checkpoints, "-"], input: pipe)
        // Behind the last whole packet a part of another.
        try #require(write(descriptor, bytes, bytes.count - 10) == bytes.count - 10)
        _ = command.waits { command.output.split(separator: "\n").count > 20 }
        command.send(SIGTERM)
        let stopped = try command.wait()
        #expect(stopped.status == 0, "\(stopped.errors)")
        let again = try BuiltCommand.run(
            ["replay", "--format", "csv", "--checkpoint-dir", checkpoints, "-"], input: capture)
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.errors.contains("standard input cannot be read again"))
        #expect(again.errors.contains("standard output cannot be cut back"))
    }

    @Test("does not fit another command: exit status 78, each difference, nothing touched")
    func mismatch() throws {
        let folder = try ScratchFolder()
        let capture = try folder.write(
            TrafficGenerator.pcap(TrafficGenerator.packets(300, seed: 9)), as: "a.pcap")
        let common = ["-o", folder.path("hosts.csv"), "--checkpoint-dir", folder.path("checkpoints"), capture]
        #expect(try BuiltCommand.run(["replay"] + common).status == 0)
        let before = try folder.bytes("hosts.csv")
        let other = try BuiltCommand.run(["replay", "--window", "1m", "-f", "udp"] + common)
        #expect(other.status == 78)
        for word in ["--window: the checkpoint has 10s, this command 1m", "--filter"] {
            #expect(other.errors.contains(word), "\(other.errors)")
        }
        #expect(try folder.bytes("hosts.csv") == before)
        let fresh = try BuiltCommand.run(["replay", "--window", "1m", "--fresh"] + common)
        #expect(fresh.status == 0)
        #expect(try folder.bytes("hosts.csv") != before)
    }

    @Test("of which another process holds the directory is refused")
    func inUse() throws {
        let folder = try ScratchFolder()
        let capture = try SignalTests.slowCapture(in: folder)
        let checkpoints = folder.path("checkpoints")
        let first = try RunningCommand(
            BuiltCommand.path,
            ["replay", "--speed", "1", "-o", folder.path("a.csv"), "--checkpoint-dir", checkpoints, capture])
        try #require(first.waits { FileManager.default.fileExists(atPath: checkpoints + "/lock") })
        let second = try BuiltCommand.run(
            ["replay", "-o", folder.path("b.csv"), "--checkpoint-dir", checkpoints, capture])
        #expect(second.status == 73, "\(second.errors)")
        #expect(second.errors.contains("in use by process \(first.identifier)"))
        first.send(SIGKILL)
        _ = try first.wait()
    }

    @Test("takes a savepoint when asked")
    func savepoint() throws {
        let folder = try ScratchFolder()
        let capture = try SignalTests.slowCapture(in: folder)
        let checkpoints = folder.path("checkpoints")
        let command = try RunningCommand(
            BuiltCommand.path,
            [
                "replay", "--speed", "1", "-o", folder.path("a.csv"), "--checkpoint-dir", checkpoints,
                "--checkpoint-interval", "1h", capture,
            ])
        try #require(command.waits { FileManager.default.fileExists(atPath: checkpoints + "/lock") })
        let asked = try BuiltCommand.run(["checkpoint", "savepoint", checkpoints])
        #expect(asked.status == 0, "\(asked.errors)")
        #expect((asked.output + asked.errors).contains("savepoint-000000000001"))
        #expect(FileManager.default.fileExists(atPath: checkpoints + "/savepoint-000000000001/manifest.json"))
        command.send(SIGKILL)
        _ = try command.wait()
    }
}
