import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A live capture that is started again", .serialized, .enabled(if: VethPair.canRun, VethPair.reason))
struct LiveRestartTests {
    static let second: Int64 = 1_000_000_000
    /// Of the windows.
    static let size: Int64 = 500_000_000

    /// The system's clock, ns.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * second + Int64(time.tv_nsec)
    }

    /// Flows end in the silence six seconds behind their last packet, so that outputs are whole while the capture
    /// still runs.
    static func options(_ folder: ScratchFolder, workers: Int) -> [String] {
        ["-i", "va", "--window", "500ms", "--watermark-delay", "200ms", "--idle-timeout", "6s"]
            + [
                "--checkpoint-dir", folder.path("state"), "--checkpoint-interval", "200ms", "--workers",
                "\(workers)",
            ]
            + LiveTrafficTests.outputs(folder, "") + ["udp port 9"]
    }

    static func totals(_ folder: ScratchFolder) -> ReportRows {
        ReportRows(csv: (try? folder.text("totals.csv")) ?? "")
    }

    static func checkpoints(_ folder: ScratchFolder) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path("state"))) ?? []
        return names.filter { $0.hasPrefix("checkpoint-") }.sorted()
    }

    /// When a checkpoint was complete, ns by the system's clock.
    private static func writingTime(_ folder: ScratchFolder, _ checkpoint: String) throws -> Int64 {
        var status = stat()
        try #require(stat(folder.path("state/\(checkpoint)/manifest.json"), &status) == 0)
        return Int64(status.st_mtim.tv_sec) * second + Int64(status.st_mtim.tv_nsec)
    }

    /// A checkpoint that was begun after this.
    static func waitForCheckpoint(_ folder: ScratchFolder, _ live: RunningCommand) {
        let before = checkpoints(folder).last ?? ""
        var seen: Set<String> = []
        let isThere = live.waits {
            for name in checkpoints(folder) where name > before { seen.insert(name) }
            return seen.count >= 2
        }
        #expect(isThere, "\(live.errors)")
    }

    /// The times in a recording with nanoseconds.
    private static func times(_ recording: Data) -> [Int64] {
        func word(_ place: Int) -> Int64 { (0..<4).reduce(0) { $0 | Int64(recording[place + $1]) << (8 * $1) } }
        var (times, place): ([Int64], Int) = ([], 24)
        while place + 16 <= recording.count {
            times.append(word(place) * second + word(place + 4))
            place += 16 + Int(word(place + 8))
        }
        return times
    }

    // Packets, 150 a second, of one flow:
    //
    //     |····················································|
    //     start        kill ✗      ↑ started again             end
    //             ✓ checkpoint     ↑ captures
    //              [---- gap ------)
    @Test("after kill -9 goes on with its flows, and tells the gap in its windows and nowhere else")
    func killed() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let recorder = try pair.start(
            pair.near,
            [
                "tcpdump", "-i", "va", "-n", "-U", "--nano", "-Z", "root", "-w", folder.path("all.pcap"),
                "udp port 9",
            ])
        #expect(recorder.waits { recorder.errors.contains("listening on") }, "\(recorder.errors)")
        let begin = Self.now()
        let first = try pair.live(Self.options(folder, workers: 2))
        let sender = try pair.startSending(1000, into: "vb", pause: 0.006)
        #expect(first.waits { Self.totals(folder).rows.filter { $0.number("packets") > 0 }.count >= 3 })
        Self.waitForCheckpoint(folder, first)
        first.send(SIGKILL)
        #expect(try first.wait().status == 128 + SIGKILL)
        let killed = Self.now()
        let saved = Self.checkpoints(folder)
        // One checkpoint is on its way at a time: the last one was begun when the one before was written.
        let earliest = try Self.writingTime(folder, try #require(saved.dropLast().last))
        // A whole window at least is to lie in the gap.
        usleep(UInt32(2 * Self.size / 1000))
        let again = Self.now()
        let live = try pair.live(Self.options(folder, workers: 1))
        let captures = Self.now()
        #expect(live.errors.contains("goes on from "), "\(live.errors)")
        #expect(try sender.wait().status == 0)
        // The flow has ended, which is six seconds later: so have all windows with packets.
        let isReported = live.waits(for: 30) {
            ReportRows(csv: (try? folder.text("flows.csv")) ?? "").rows.count > 0
        }
        #expect(isReported, "\(live.errors)")
        live.send(SIGTERM)
        let run = try live.wait()
        #expect(run.status == 0, "\(run.errors)")
        recorder.send(SIGINT)
        #expect(try recorder.wait().status == 0)

        let rows = Self.totals(folder).rows
        #expect(Set(rows.map(\.window)).count == rows.count)
        let gap = rows.reduce(0) { $0 + (Double($1["gap_seconds"]) ?? 0) }
        #expect(gap >= Double(again - killed) / 1e9 && gap <= Double(captures - earliest) / 1e9, "\(gap) s")
        // All that was sent is in tcpdump's recording, with the same times.
        let sent = Self.times(try folder.bytes("all.pcap"))
        #expect(sent.count == 1000)
        func count(_ start: Int64, _ end: Int64) -> Int { sent.count { $0 >= start && $0 < end } }
        var windows = Dictionary(uniqueKeysWithValues: rows.map { ($0["window_start"], $0) })
        var (exact, lost) = (0, 0)
        for start in stride(from: begin / Self.size * Self.size, to: Self.now(), by: Int(Self.size)) {
            guard let row = windows.removeValue(forKey: UTCTime.text(start)) else {
                #expect(count(start, start + Self.size) == 0, "no row at \(start)")
                continue
            }
            let (end, packets) = (start + Self.size, row.number("packets"))
            #expect(row["complete"] == (row["gap_seconds"] == "0" ? "true" : "false"), "\(row)")
            if row["gap_seconds"] == "0" {
                #expect(packets == count(start, end), "\(row)")
                exact += packets > 0 ? 1 : 0
            } else {
                #expect(start < captures && end > earliest, "\(row)")
                #expect(packets <= count(start, end))
                lost += count(start, end) - packets
            }
            if start >= killed, end <= again {
                #expect(packets == 0 && row["gap_seconds"] == "0.5", "\(row)")
            }
        }
        #expect(windows.isEmpty, "\(windows.keys)")
        #expect(exact >= 4 && lost > 0)
        let captured = LiveTrafficTests.captured(run)
        #expect(captured[0] == rows.reduce(0) { $0 + $1.number("packets") })
        #expect(captured[0] < 1000 && captured[2] == 0)

        let flows = ReportRows(csv: try folder.text("flows.csv")).rows
        #expect(flows.count == 1)
        #expect(flows[0].number("source_packets") == captured[0])
        #expect(flows[0]["flow_start"] == UTCTime.text(sent[0]))
        #expect(flows[0]["flow_end"] == UTCTime.text(sent[999]))
    }

    @Test("after SIGTERM has lost nothing that came before or after, and its closing lines add up")
    func terminated() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        for (index, workers) in [1, 3, 2].enumerated() {
            let live = try pair.live(Self.options(folder, workers: workers))
            #expect(live.errors.contains("after \(40 * index) packets") == (index > 0), "\(live.errors)")
            try pair.send(40, pause: 0.002)
            live.send(SIGTERM)
            let run = try live.wait()
            #expect(run.status == 0)
            let all = 40 * (index + 1)
            #expect(LiveTrafficTests.captured(run) == [all, all, 0])
        }
        let live = try pair.live(Self.options(folder, workers: 1))
        #expect(live.waits(for: 30) { Self.totals(folder).sum("packets") == 120 })
        live.send(SIGTERM)
        #expect(LiveTrafficTests.captured(try live.wait()) == [120, 120, 0])
        let rows = Self.totals(folder).rows
        #expect(Set(rows.map(\.window)).count == rows.count)
        #expect(rows.allSatisfy { ($0["gap_seconds"] == "0") == ($0["complete"] == "true") })
        #expect(rows.contains { $0["gap_seconds"] != "0" })
    }

    @Test("with other options is refused with 78 and each difference, and nothing is touched")
    func mismatch() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        try pair.connect("vc", "vd", network: 1)
        let live = try pair.live(Self.options(folder, workers: 1))
        try pair.send(5)
        #expect(live.waits { Self.totals(folder).sum("packets") == 5 })
        live.send(SIGTERM)
        #expect(try live.wait().status == 0)
        let before = try LiveTrafficTests.kinds.map { try folder.bytes("\($0).csv") }
        let saved = Self.checkpoints(folder)

        var words = Self.options(folder, workers: 1)
        words.removeLast()
        for (word, other) in [("500ms", "1s"), ("200ms", "300ms"), ("6s", "7s"), ("va", "vc")] {
            guard let place = words.firstIndex(of: word) else { continue }
            words[place] = other
        }
        let refused = try pair.start(
            pair.near, [BuiltCommand.path, "live"] + words + ["-s", "200", "udp", "port", "10"]
        ).wait()
        #expect(refused.status == 78)
        for difference in ["--window", "--watermark-delay", "--idle-timeout", "-s", "--filter", "vc"] {
            #expect(refused.errors.contains(difference), "\(refused.errors)")
        }
        #expect(try LiveTrafficTests.kinds.map { try folder.bytes("\($0).csv") } == before)
        #expect(Self.checkpoints(folder) == saved)
        // And goes on with the right ones.
        let good = try pair.live(Self.options(folder, workers: 1))
        #expect(good.errors.contains("after 5 packets"))
        good.send(SIGTERM)
        #expect(try good.wait().status == 0)
    }

    @Test("as another user in the sandbox goes on too, and takes a savepoint on demand")
    func confined() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        let words = ["-Z", "nobody", "-v"] + Self.options(folder, workers: 2)
        let first = try pair.live(words)
        try pair.send(7)
        let asked = try BuiltCommand.run(["checkpoint", "savepoint", folder.path("state")])
        #expect(asked.status == 0, "\(asked.errors)\(first.errors)")
        #expect(first.waits { Self.totals(folder).sum("packets") == 7 }, "\(first.errors)")
        Self.waitForCheckpoint(folder, first)
        first.send(SIGKILL)
        _ = try first.wait()
        let second = try pair.live(words)
        #expect(second.errors.contains("after 7 packets"), "\(second.errors)")
        #expect(!second.errors.contains("NOT in force: files"), "\(second.errors)")
        try pair.send(3)
        #expect(second.waits { Self.totals(folder).sum("packets") == 10 }, "\(second.errors)")
        Self.waitForCheckpoint(folder, second)
        second.send(SIGTERM)
        let run = try second.wait()
        #expect(run.status == 0 && !run.errors.contains("checkpoint not written"), "\(run.errors)")
        let verified = try BuiltCommand.run(["checkpoint", "verify", folder.path("state")])
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("state"))
        #expect(names.count { $0.hasPrefix("savepoint-") } == 1, "\(names)")
        for name in names {
            let path = folder.path("state/" + name)
            let owner = try FileManager.default.attributesOfItem(atPath: path)[.ownerAccountName]
            #expect(owner as? String == "nobody", "\(name)")
        }
    }

    @Test("goes on with the files that SIGHUP has opened, though no checkpoint was due, and knows of the gap")
    func rotated() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let words = Self.options(folder, workers: 1).map { $0 == "200ms" ? "100ms" : $0 }
        var rare = words
        rare[try #require(rare.firstIndex(of: "--checkpoint-interval")) + 1] = "1h"
        let live = try pair.live(rare)
        #expect(live.waits { Self.checkpoints(folder).count == 1 }, "one at the start")
        try pair.send(5)
        #expect(live.waits { Self.totals(folder).sum("packets") == 5 })
        try FileManager.default.moveItem(atPath: folder.path("totals.csv"), toPath: folder.path("old.csv"))
        live.send(SIGHUP)
        #expect(live.waits { Self.checkpoints(folder).count == 2 }, "\(live.errors)")
        try pair.send(3)
        #expect(live.waits { Self.totals(folder).sum("packets") == 3 })
        live.send(SIGKILL)
        _ = try live.wait()
        let next = try pair.live(words)
        #expect(next.errors.contains("after 5 packets"), "\(next.errors)")
        try pair.send(4)
        #expect(next.waits { Self.totals(folder).sum("packets") == 4 }, "\(next.errors)")
        next.send(SIGTERM)
        #expect(try next.wait().status == 0)
        #expect(ReportRows(csv: try folder.text("old.csv")).sum("packets") == 5)
        #expect(Self.totals(folder).rows.contains { $0["gap_seconds"] != "0" && $0["complete"] == "false" })
    }

    @Test("when its interface was taken away for good goes on with the next one of that name")
    func interfaceGone() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        // Without rights it cannot be opened again.
        let words = ["-Z", "nobody"] + Self.options(folder, workers: 1)
        let live = try pair.live(words)
        try pair.send(5)
        #expect(live.waits { Self.totals(folder).sum("packets") == 5 })
        try VethPair.ip("-n", pair.near, "link", "del", "va")
        #expect(live.waits { live.errors.contains("va: the interface is gone") }, "\(live.errors)")
        try pair.connect("va", "vb", network: 0)
        #expect(try live.wait().status == 77)
        let next = try pair.live(words)
        #expect(next.errors.contains("after 5 packets"), "\(next.errors)")
        try pair.send(5)
        #expect(next.waits { Self.totals(folder).sum("packets") == 10 }, "\(next.errors)")
        next.send(SIGTERM)
        #expect(try next.wait().status == 0)
        // The interface was gone before the capture ended: two gaps that overlap count once.
        for row in Self.totals(folder).rows { #expect((Double(row["gap_seconds"]) ?? 9) <= 0.5, "\(row)") }
    }

    @Test("when it had seen all that it was to see does nothing, and leaves its recording alone")
    func finished() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let words =
            ["-c", "5", "-w", folder.path("a.pcap"), "-G", "3600"] + Self.options(folder, workers: 1)
        let live = try pair.live(words)
        try pair.send(5)
        let run = try live.wait()
        #expect(run.status == 0 && LiveTrafficTests.captured(run)[0] == 5)
        let before = try ["a.pcap", "totals.csv", "flows.csv"].map { try folder.bytes($0) }
        let again = try pair.start(pair.near, [BuiltCommand.path, "live"] + words).wait()
        #expect(again.status == 0 && again.errors.contains("the run is finished"), "\(again.errors)")
        #expect(LiveTrafficTests.captured(again)[0] == 5)
        #expect(try ["a.pcap", "totals.csv", "flows.csv"].map { try folder.bytes($0) } == before)
    }

    // Packets, 150 a second. What was recorded before the kill stays; the next start records beside it.
    @Test("after kill -9 keeps its recording, and what it recorded gives the rows of all windows that are complete")
    func recording() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let words = ["-w", folder.path("a.pcap")] + Self.options(folder, workers: 1)
        let first = try pair.live(words)
        let sender = try pair.startSending(1200, into: "vb", pause: 0.006)
        #expect(first.waits { Self.totals(folder).rows.filter { $0.number("packets") > 0 }.count >= 3 })
        Self.waitForCheckpoint(folder, first)
        first.send(SIGKILL)
        _ = try first.wait()
        let recorded = try folder.bytes("a.pcap")
        let live = try pair.live(words)
        #expect(live.errors.contains("goes on from "), "\(live.errors)")
        #expect(try sender.wait().status == 0)
        #expect(live.waits(for: 30) { ReportRows(csv: (try? folder.text("flows.csv")) ?? "").rows.count > 0 })
        live.send(SIGTERM)
        let run = try live.wait()
        #expect(run.status == 0, "\(run.errors)")
        #expect(try folder.bytes("a.pcap") == recorded)

        let replay = try BuiltCommand.run(
            ["replay", "-q", "--window", "500ms", "--watermark-delay", "200ms", "-o"]
                + ["totals:" + folder.path("again.csv"), folder.path("a.pcap"), folder.path("a.pcap1")])
        #expect(replay.status == 0, "\(replay.errors)")
        let again = ReportRows(csv: try folder.text("again.csv")).rows
        let packets = Dictionary(uniqueKeysWithValues: again.map { ($0["window_start"], $0.number("packets")) })
        let complete = Self.totals(folder).rows.filter { $0["complete"] == "true" && $0.number("packets") > 0 }
        #expect(complete.count >= 4)
        for row in complete { #expect(packets[row["window_start"]] == row.number("packets"), "\(row)") }
        // Rows that were cut off at the restart are in the recording, so it may have more than was reported.
        #expect(packets.values.reduce(0, +) >= LiveTrafficTests.captured(run)[0])
    }
}
