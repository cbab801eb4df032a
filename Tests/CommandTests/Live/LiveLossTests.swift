import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Live capture is honest about loss", .serialized, .enabled(if: VethPair.canRun, VethPair.reason))
struct LiveLossTests {
    @Test("and what was dropped and what was analysed are all that was sent")
    func overload() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let live = try pair.live(
            [
                "-i", "va", "-B", "64", "--window", "100ms", "--watermark-delay", "200ms", "-w",
                folder.path("a.pcap"),
            ]
                + ["-o", "totals:" + folder.path("totals.csv"), "udp port 9"])
        // A reader that stands still at times drops for certain, however fast it is.
        let sent = 60_000
        try pair.send(sent / 3)
        live.send(SIGSTOP)
        try pair.send(sent / 3)
        live.send(SIGCONT)
        try pair.send(sent / 3)
        #expect(
            live.waits {
                let totals = ReportRows(csv: (try? folder.text("totals.csv")) ?? "")
                return totals.sum("packets") + totals.sum("dropped_packets") == sent
            })
        live.send(SIGINT)
        let run = try live.wait()
        let counts = LiveTrafficTests.captured(run)
        #expect(counts[0] + counts[2] == sent && counts[1] == sent && counts[2] > 0, "\(counts)")
        let totals = ReportRows(csv: try folder.text("totals.csv"))
        #expect(totals.sum("packets") == counts[0])
        #expect(totals.sum("dropped_packets") == counts[2])
        for row in totals.rows where row.number("dropped_packets") > 0 { #expect(row["complete"] == "false") }
        #expect(Set(totals.rows.map(\.window)).count == totals.rows.count)
        let replay = try BuiltCommand.run(["replay", folder.path("a.pcap"), "--format", "csv"])
        #expect(replay.errors.contains("\(counts[0]) packets captured"))
    }

    private func packets(_ folder: ScratchFolder) -> Int {
        ReportRows(csv: (try? folder.text("totals.csv")) ?? "").sum("packets")
    }

    private func start(_ pair: VethPair, _ folder: ScratchFolder, _ more: [String] = []) throws -> RunningCommand {
        try pair.live(
            ["-i", "va", "--window", "100ms", "--watermark-delay", "100ms", "-o"]
                + ["totals:" + folder.path("totals.csv"), "-f", "udp port 9"] + more)
    }

    private func gap(_ folder: ScratchFolder) throws -> Double {
        ReportRows(csv: try folder.text("totals.csv")).rows.reduce(0) { $0 + (Double($1["gap_seconds"]) ?? 0) }
    }

    @Test("an interface that goes down and comes up again is captured again, and the gap is told")
    func downAndUp() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let live = try start(pair, folder)
        try pair.send(5)
        #expect(live.waits { packets(folder) == 5 })
        try VethPair.ip("-n", pair.near, "link", "set", "va", "down")
        #expect(live.waits { live.errors.contains("va: the interface is down") })
        usleep(500_000)
        try VethPair.ip("-n", pair.near, "link", "set", "va", "up")
        #expect(live.waits { live.errors.contains("va: the interface is there again") })
        try pair.send(5)
        #expect(live.waits { packets(folder) == 10 })
        live.send(SIGINT)
        #expect(try live.wait().status == 0)
        #expect(try gap(folder) >= 0.5)
        let rows = ReportRows(csv: try folder.text("totals.csv")).rows
        #expect(rows.allSatisfy { ($0["gap_seconds"] == "0") == ($0["complete"] == "true") })
        #expect(rows.contains { $0["complete"] == "true" && $0.number("packets") > 0 })
        // Windows that lie wholly in the gap are there, and say so.
        #expect(rows.contains { $0["gap_seconds"] == "0.1" && $0.number("packets") == 0 })
    }

    @Test("an interface that vanishes is awaited, and captured when there is one of its name again")
    func vanished() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let live = try start(pair, folder)
        try pair.send(5)
        try VethPair.ip("-n", pair.near, "link", "del", "va")
        #expect(live.waits { live.errors.contains("va: the interface is gone") })
        try pair.connect("va", "vb", network: 0)
        #expect(live.waits { live.errors.contains("va: the interface is there again") })
        try pair.send(5)
        #expect(live.waits { packets(folder) == 10 }, "\(live.errors)")
        live.send(SIGINT)
        let run = try live.wait()
        #expect(run.status == 0)
        #expect(LiveTrafficTests.captured(run) == [10, 10, 0])
        #expect(try gap(folder) > 0)
    }

    @Test("while one interface is down, the others go on and their windows are incomplete")
    func oneOfTwo() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        try pair.connect("vc", "vd", network: 1)
        let live = try start(pair, folder, ["-i", "vc"])
        try VethPair.ip("-n", pair.near, "link", "set", "vc", "down")
        #expect(live.waits { live.errors.contains("vc: the interface is down") })
        try pair.send(5)
        #expect(live.waits { packets(folder) == 5 })
        live.send(SIGINT)
        #expect(try live.wait().status == 0)
        let rows = ReportRows(csv: try folder.text("totals.csv")).rows.filter { $0.number("packets") > 0 }
        #expect(rows.allSatisfy { $0["complete"] == "false" && $0["gap_seconds"] == "0" })
    }
}
