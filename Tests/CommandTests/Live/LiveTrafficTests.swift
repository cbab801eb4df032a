import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Live capture of real traffic", .serialized, .enabled(if: VethPair.canRun, VethPair.reason))
struct LiveTrafficTests {
    static let kinds = ["hosts", "totals", "flows"]

    static func outputs(_ folder: ScratchFolder, _ prefix: String) -> [String] {
        kinds.flatMap { ["-o", "\($0):\(folder.path(prefix + $0)).csv"] }
    }

    /// Expects a replay of a recording to write what the live capture wrote.
    static func expectReplayEqual(
        _ folder: ScratchFolder, _ recording: String, _ options: [String],
        at place: SourceLocation = #_sourceLocation
    ) throws {
        let replay = try BuiltCommand.run(
            ["replay", "-q"] + options + outputs(folder, "again-") + [folder.path(recording)])
        #expect(replay.status == 0, "\(replay.errors)", sourceLocation: place)
        for kind in kinds {
            var live = try folder.text("live-\(kind).csv").split(separator: "\n")
            var again = try folder.text("again-\(kind).csv").split(separator: "\n")
            if kind == "flows" {
                // In the silence behind the last packet the clock ends flows that a replay finds open at its end:
                // the same rows in another order.
                live.sort()
                again.sort()
            }
            #expect(live == again, "\(kind) of \(recording)", sourceLocation: place)
        }
    }

    static func captured(_ run: BuiltCommand) -> [Int] {
        ["captured", "received by filter", "dropped by kernel"].map { words in
            run.errors.split(separator: "\n").first { $0.hasSuffix(" " + words) }
                .flatMap { Int($0.prefix { $0.isNumber }) } ?? -1
        }
    }

    /// The packets of a recording in the order of their bytes, with their times or without. Packets that two processors
    /// deliver at once can come to two captures in another order.
    static func contents(_ recording: Data, withTimes: Bool = false) -> [Data] {
        var packets: [Data] = []
        var place = 24
        while place + 16 <= recording.count {
            let length = (0..<4).reduce(0) { $0 | Int(recording[place + 8 + $1]) << (8 * $1) }
            let begin = withTimes ? place : place + 8
            packets.append(recording[begin..<min(place + 16 + length, recording.count)])
            place += 16 + length
        }
        return packets.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// What a replay says of all of a recording in one window.
    private static func replayWhole(_ folder: ScratchFolder, _ recording: String) throws -> [String] {
        let run = try BuiltCommand.shell(
            """
            $T replay -q --window 365d -o hosts:"$1/h.csv" -o totals:"$1/t.csv" "$1/$2" && cat "$1/h.csv" "$1/t.csv"
            """, folder.path, recording)
        #expect(run.status == 0)
        return run.output.split(separator: "\n").map(String.init)
    }

    /// Of ping, curl, dig and iperf3 those that are installed.
    private static func makeTraffic(_ pair: VethPair, _ folder: ScratchFolder) throws {
        let isInstalled = { !missing.contains($0) }
        if isInstalled("ping") { try pair.run(pair.near, ["ping", "-q", "-c", "5", "-i", "0.2", "10.99.0.2"]) }
        try folder.write(repeatElement(UInt8(7), count: 3_000_000), as: "www/file")
        if isInstalled("curl") {
            let server = try pair.start(
                pair.far,
                ["python3", "-m", "http.server", "8000", "--bind", "10.99.0.2", "-d", folder.path("www")])
            try pair.run(
                pair.near,
                ["curl", "-s", "--retry", "40", "--retry-delay", "1", "--retry-connrefused"]
                    + ["-o", "/dev/null", "http://10.99.0.2:8000/file"])
            server.send(SIGTERM)
            _ = try server.wait()
        }
        if isInstalled("dig") {
            let server = try pair.startNameServer()
            let dig = try pair.run(pair.near, ["dig", "+tries=15", "+timeout=1", "@10.99.0.2", "example.net"])
            #expect(dig.output.contains("10.99.0.2"))
            server.send(SIGTERM)
            _ = try server.wait()
        }
        if isInstalled("iperf3") {
            let server = try pair.start(pair.far, ["iperf3", "-s", "-1"])
            var attempts = 0
            while try pair.start(pair.near, ["iperf3", "-c", "10.99.0.2", "-n", "20M"]).wait().status != 0 {
                attempts += 1
                try #require(attempts < 100, "iperf3 cannot reach its server")
            }
            _ = try server.wait()
        }
    }

    static let options = ["--window", "500ms", "--watermark-delay", "300ms"]
    static let missing = ["tcpdump", "ping", "curl", "dig", "iperf3"].filter {
        !FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0)
    }

    /// Captures traffic with tcpdump into `b.pcap` and with `live -w` into `a.pcap` at the same time.
    private func captureTwice(_ pair: VethPair, _ folder: ScratchFolder, workers: Int) throws -> BuiltCommand {
        let tcpdump = try pair.start(
            pair.near,
            ["tcpdump", "-i", "va", "-B", "65536", "--time-stamp-precision=nano", "-Z", "root", "-w"]
                + [folder.path("b.pcap")])
        try #require(tcpdump.waits { tcpdump.errors.contains("listening on") })
        let live = try pair.live(
            ["-i", "va", "-B", "65536", "-w", folder.path("a.pcap"), "--workers", String(workers)] + Self.options
                + Self.outputs(folder, "live-"))
        try Self.makeTraffic(pair, folder)
        // Windows fire in the silence behind, before anybody says that this is the end.
        #expect(live.waits { !((try? folder.text("live-hosts.csv")) ?? "").isEmpty })
        sleep(1)
        live.send(SIGINT)
        let run = try live.wait()
        tcpdump.send(SIGINT)
        let other = try tcpdump.wait()
        #expect(run.status == 0)
        let counts = Self.captured(run)
        #expect(counts[0] > 100 && counts[2] == 0, "\(run.errors)")
        #expect(counts[0] == counts[1])
        #expect(counts == Self.captured(other))
        return run
    }

    @Test(
        "gives the rows that replays of its recording and of tcpdump's give, and both have the same packets",
        .enabled(if: VethPair.canClearDepartureTimes, "this kernel has no BPF programs for sent packets (tcx)"),
        .enabled(if: missing.isEmpty, "not installed: \(missing.joined(separator: ", "))"),
        arguments: [1, 4])
    func sameAsTcpdump(workers: Int) throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let cleared = try pair.clearDepartureTimes()
        defer { cleared.send(SIGTERM) }
        let run = try captureTwice(pair, folder, workers: workers)
        let (mine, others) = (try folder.bytes("a.pcap"), try folder.bytes("b.pcap"))
        #expect(mine.count == others.count)
        #expect(Self.contents(mine, withTimes: true) == Self.contents(others, withTimes: true))
        try Self.expectReplayEqual(folder, "a.pcap", Self.options)
        try Self.expectReplayEqual(folder, "b.pcap", Self.options)
        let totals = ReportRows(csv: try folder.text("live-totals.csv"))
        #expect(totals.sum("packets") == Self.captured(run)[0])
        #expect(totals.rows.allSatisfy { $0["complete"] == "true" })
        // Segments that the interface would cut are captured whole.
        #expect(totals.sum("wire_bytes") / Self.captured(run)[0] > 1514)
    }

    /// Where TCP's own times come with its packets, the kernel stamps them for each capture anew.
    @Test(
        "has the packets that tcpdump has, where the kernel stamps them for each capture anew",
        .enabled(if: !missing.contains("tcpdump"), "tcpdump is not installed"))
    func samePackets() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let run = try captureTwice(pair, folder, workers: 2)
        try Self.expectReplayEqual(folder, "a.pcap", Self.options)
        let (mine, others) = (try folder.bytes("a.pcap"), try folder.bytes("b.pcap"))
        #expect(Self.contents(mine) == Self.contents(others) && Self.contents(mine).count == Self.captured(run)[0])
        #expect(try Self.replayWhole(folder, "a.pcap") == Self.replayWhole(folder, "b.pcap"))
    }

    /// Slices of less than 100 ms take each packet at once instead of in blocks.
    @Test(
        "fires windows when the network falls silent, and the same rows come of a replay",
        arguments: ["200ms", "50ms"])
    func silence(window: String) throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let options = ["--window", window, "--watermark-delay", "100ms"]
        let live = try pair.live(
            ["-i", "va", "-w", folder.path("a.pcap"), "-f", "udp port 9"] + options + Self.outputs(folder, "live-"))
        try pair.send(5)
        #expect(
            live.waits { ((try? folder.text("live-totals.csv")) ?? "").split(separator: "\n").count > 1 },
            "the window has not fired")
        try pair.send(5)
        #expect(
            live.waits {
                ReportRows(csv: (try? folder.text("live-totals.csv")) ?? "").sum("packets") == 10
            })
        live.send(SIGTERM)
        #expect(try live.wait().status == 0)
        try Self.expectReplayEqual(folder, "a.pcap", options)
    }

    @Test("is not held back by an interface that is silent")
    func silentInterface() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        try pair.connect("vc", "vd", network: 1)
        for delay in ["0s", "1s"] {
            let options = ["--window", "200ms", "--watermark-delay", delay]
            let live = try pair.live(
                ["-i", "va", "-i", "vc", "-w", folder.path("a.pcap")] + options + Self.outputs(folder, "live-")
                    + ["udp", "port", "9"])
            try pair.send(50, pause: 0.01)
            #expect(
                live.waits { ReportRows(csv: (try? folder.text("live-totals.csv")) ?? "").sum("packets") == 50 },
                "delay \(delay)")
            live.send(SIGINT)
            let run = try live.wait()
            #expect(run.status == 0 && Self.captured(run) == [50, 50, 0])
            try Self.expectReplayEqual(folder, "a.pcap", options)
        }
    }

    @Test("puts what several interfaces have collected in order, so that nothing is late")
    func backlog() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        try pair.connect("vc", "vd", network: 1)
        let options = ["--window", "100ms", "--watermark-delay", "0s"]
        let live = try pair.live(
            ["-i", "va", "-i", "vc", "-w", folder.path("a.pcap"), "udp port 9"] + options
                + Self.outputs(folder, "live-"))
        // Both send while nobody reads.
        live.send(SIGSTOP)
        let senders = try ["vb", "vd"].map { try pair.startSending(150, into: $0, pause: 0.01) }
        for sender in senders { #expect(try sender.wait().status == 0) }
        live.send(SIGCONT)
        #expect(live.waits { ReportRows(csv: (try? folder.text("live-totals.csv")) ?? "").sum("packets") == 300 })
        live.send(SIGINT)
        let run = try live.wait()
        #expect(Self.captured(run) == [300, 300, 0])
        #expect(run.errors.contains("0 packets late"))
        try Self.expectReplayEqual(folder, "a.pcap", options)
    }
}
