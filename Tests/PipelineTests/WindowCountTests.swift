import EventTime
import TestSupport
import Testing

@Suite("Reports of generated traffic")
struct WindowCountTests {
    static let seeds: [UInt64] = [1, 2, 3]
    static let packetCount = 1500

    static let layouts: [SlidingWindows] = [
        .tumbling(10 * .second),
        .tumbling(500_000_000),
        .tumbling(10 * .second, offset: 3 * .second + 1),
        .tumbling(10 * .second, offset: -4 * .second),
        SlidingWindows(size: 60 * .second, slide: 10 * .second),
        SlidingWindows(size: 7 * .second, slide: 3 * .second, offset: .second),
        // Gaps of six seconds between windows.
        SlidingWindows(size: 4 * .second, slide: 10 * .second),
    ]

    @Test("hold what a count packet by packet gives, whatever the windows", arguments: seeds, layouts)
    func counts(seed: UInt64, windows: SlidingWindows) throws {
        let packets = TrafficGenerator.packets(Self.packetCount, seed: seed)
        let run = try ReplayRun(packets) { $0.windows = windows }
        let model = WindowModel(packets, windows, delay: 2 * .second)
        expect(run, equals: model, "seed \(seed)")
        #expect(run.outcome.summary.latePackets == 0)
        if windows.slide > windows.size { #expect(run.outcome.summary.outsidePackets > 0) }
    }

    /// Disorder of 6 s with a delay of 1 s: some packets miss all windows, some only the first of theirs.
    @Test("call late what the contract calls late, and lose nothing else", arguments: seeds, layouts)
    func late(seed: UInt64, windows: SlidingWindows) throws {
        let ordered = TrafficGenerator.packets(Self.packetCount, seed: seed)
        let packets = TrafficGenerator.shuffled(ordered, within: 6 * .second, seed: seed)
        let run = try ReplayRun(packets) {
            $0.windows = windows
            $0.watermarkDelay = .second
        }
        let model = WindowModel(packets, windows, delay: .second)
        expect(run, equals: model, "seed \(seed)")
        // Windows that slide by less than the disorder keep every packet in one of them.
        if windows.isTumbling { #expect(run.outcome.summary.latePackets > 0) }
    }

    @Test("are exact where nothing is late by definition, however wild the order", arguments: seeds)
    func unbounded(seed: UInt64) throws {
        let packets = TrafficGenerator.packets(Self.packetCount, seed: seed)
        let shuffled = TrafficGenerator.shuffled(packets, within: 600 * .second, seed: seed)
        let run = try ReplayRun(shuffled) { $0.watermarkDelay = nil }
        expect(run, equals: WindowModel(packets, .tumbling(10 * .second), delay: nil), "seed \(seed)")
    }

    @Test("reconcile: no packet is lost or counted twice", arguments: seeds, [Int64.second, 0])
    func reconciliation(seed: UInt64, delay: Int64) throws {
        let ordered = TrafficGenerator.packets(Self.packetCount, seed: seed)
        let packets = TrafficGenerator.shuffled(ordered, within: 6 * .second, seed: seed)
        let run = try ReplayRun(packets) { $0.watermarkDelay = delay }
        let summary = run.outcome.summary
        #expect(summary.packetsRead == UInt64(packets.count))
        #expect(run.totals.sum("packets") + Int(summary.latePackets + summary.untimedPackets) == packets.count)
        #expect(run.totals.sum("late_packets") == Int(summary.latePackets))
        #expect(summary.latePackets > 0, "seed \(seed): without a late packet this says little")
        #expect(
            run.flows.sum("source_packets") + run.flows.sum("destination_packets") == run.totals.sum("ip_packets"))
        let hosts = run.hosts.byWindow
        for total in run.totals.rows {
            let rows = hosts[total.window] ?? []
            func sum(_ column: String) -> Int { rows.reduce(0) { $0 + $1.number(column) } }
            #expect(
                total.number("packets")
                    == ["ip", "non_ip", "malformed"].reduce(0) { $0 + total.number("\($1)_packets") })
            #expect(sum("packets_sent") == total.number("ip_packets"), "seed \(seed), \(total.window)")
            #expect(sum("packets_received") == total.number("ip_packets"))
            #expect(sum("bytes_sent") == total.number("bytes"))
            #expect(sum("bytes_received") == total.number("bytes"))
            #expect(sum("wire_bytes_sent") == sum("wire_bytes_received"))
            #expect(rows.count == total.number("hosts"))
        }
    }

    @Test("put windows in the order of their ends and count each once", arguments: seeds)
    func order(seed: UInt64) throws {
        let packets = TrafficGenerator.packets(Self.packetCount, seed: seed)
        let run = try ReplayRun(packets) { $0.windows = SlidingWindows(size: 7 * .second, slide: 3 * .second) }
        let ends = run.totals.rows.map { $0["window_end"] }
        #expect(ends == ends.sorted())
        #expect(Set(ends).count == ends.count)
        #expect(run.outcome.summary.windows == UInt64(ends.count))
    }

    /// Compares the last revision of every row with the model.
    private func expect(
        _ run: ReplayRun, equals model: WindowModel, _ comment: Comment,
        at location: SourceLocation = #_sourceLocation
    ) {
        var found: [String: WindowModel.Window] = [:]
        for row in run.totals.rows {
            var window = WindowModel.Window()
            window.packets = row.number("packets")
            window.ipPackets = row.number("ip_packets")
            window.nonIPPackets = row.number("non_ip_packets")
            window.malformedPackets = row.number("malformed_packets")
            window.latePackets = row.number("late_packets")
            window.bytes = row.number("bytes")
            window.wireBytes = row.number("wire_bytes")
            found[row.window] = window
            let isComplete = window.malformedPackets == 0 && window.latePackets == 0
            #expect(row["complete"] == String(isComplete), comment, sourceLocation: location)
        }
        for row in run.hosts.rows { found[row.window]?.hosts[row["host"]] = row.hostCounts }
        for row in run.hosts.rows { found[row.window]?.peerCounts[row["host"]] = row.number("peers") }
        let wrong = Set(found.keys).union(model.windows.keys).sorted().filter { found[$0] != model.windows[$0] }
        if let first = wrong.first {
            Issue.record(
                """
                \(comment): \(wrong.count) windows differ, the first is \(first):
                \(found[first].map { "\($0.differences(from: model.windows[first]))" } ?? "not reported")
                \(model.windows[first].map { "\($0.differences(from: found[first]))" } ?? "not expected")
                """, sourceLocation: location)
        }
        #expect(run.outcome.summary.latePackets == UInt64(model.latePackets), comment, sourceLocation: location)
        #expect(
            run.outcome.summary.outsidePackets == UInt64(model.outsidePackets), comment, sourceLocation: location)
    }
}
