import EventTime
import Pipeline
import TestSupport
import Testing

@Suite("Windows, limits and their relations")
struct WindowRelationTests {
    static let seeds: [UInt64] = [21, 22, 23]

    static func packets(_ seed: UInt64) -> [GeneratedPacket] { TrafficGenerator.packets(2000, seed: seed) }

    static let additiveTotals = [
        "packets", "ip_packets", "non_ip_packets", "malformed_packets", "bytes", "wire_bytes",
    ]

    @Test("a sliding window is the sum of the tumbling ones in it", arguments: seeds)
    func slices(seed: UInt64) throws {
        let packets = Self.packets(seed)
        let tumbling = try ReplayRun(packets)
        let sliding = try ReplayRun(packets) {
            $0.windows = SlidingWindows(size: 60 * .second, slide: 10 * .second)
        }
        #expect(!sliding.totals.rows.isEmpty)

        // Every tumbling window of 10 s is in the six windows of 60 s that begin up to 50 s before it.
        var totals: [String: [Int]] = [:]
        var hosts: [String: [Int]] = [:]
        var starts: [String: Int64] = [:]
        for packet in packets {
            let start = UTCTime.floor(packet.time, 10 * .second) * 10 * .second
            starts[UTCTime.text(start)] = start
        }
        func windows(_ row: ReportRows.Row) -> [String] {
            guard let start = starts[row["window_start"]] else { return [] }
            return (0..<6).map { UTCTime.text(start - $0 * 10 * .second) }
        }
        for row in tumbling.totals.rows {
            for window in windows(row) { Self.add(Self.additiveTotals.map(row.number), to: &totals[window]) }
        }
        for row in tumbling.hosts.rows {
            for window in windows(row) { Self.add(row.hostCounts, to: &hosts[window + " " + row["host"]]) }
        }
        let slidingTotals = Dictionary(
            uniqueKeysWithValues: sliding.totals.rows.map {
                ($0["window_start"], Self.additiveTotals.map($0.number))
            })
        let slidingHosts = Dictionary(
            uniqueKeysWithValues: sliding.hosts.rows.map { ($0["window_start"] + " " + $0["host"], $0.hostCounts) })
        Self.expectSame(slidingTotals, totals, "seed \(seed)")
        Self.expectSame(slidingHosts, hosts, "seed \(seed)")
    }

    private static func add(_ counts: [Int], to sum: inout [Int]?) {
        sum = zip(sum ?? Array(repeating: 0, count: counts.count), counts).map { $0 + $1 }
    }

    @Test(
        "late packets within the allowed lateness make revisions, the last of which says what no lateness would",
        arguments: seeds,
        [SlidingWindows.tumbling(10 * .second), SlidingWindows(size: 7 * .second, slide: 3 * .second)])
    func revisions(seed: UInt64, windows: SlidingWindows) throws {
        let packets = TrafficGenerator.shuffled(Self.packets(seed), within: 6 * .second, seed: seed)
        let revised = try ReplayRun(packets) {
            $0.windows = windows
            $0.watermarkDelay = 200_000_000
            $0.allowedLateness = 6 * .second
        }
        let unbounded = try ReplayRun(packets) {
            $0.windows = windows
            $0.watermarkDelay = nil
        }
        #expect(revised.outcome.summary.latePackets == 0)
        #expect(revised.totals.rows.contains { $0.number("revision") > 1 }, "seed \(seed): some windows fire often")

        let lastHosts = try Self.lastRevisions(revised.hosts) { $0.window + " " + $0["host"] }
        let lastTotals = try Self.lastRevisions(revised.totals, key: \.window)
        let onceHosts = try Self.lastRevisions(unbounded.hosts) { $0.window + " " + $0["host"] }
        let onceTotals = try Self.lastRevisions(unbounded.totals, key: \.window)
        func counts(_ row: ReportRows.Row) -> [Int] { row.hostCounts + [row.number("peers")] }
        Self.expectSame(lastHosts.mapValues(counts), onceHosts.mapValues(counts), "seed \(seed)")
        let columns = Self.additiveTotals + ["hosts", "late_packets"]
        #expect(
            lastTotals.mapValues { columns.map($0.number) } == onceTotals.mapValues { columns.map($0.number) },
            "seed \(seed)")
        #expect(lastTotals.mapValues { $0["complete"] } == onceTotals.mapValues { $0["complete"] })
        #expect(lastHosts.mapValues { $0["complete"] } == onceHosts.mapValues { $0["complete"] })
    }

    /// Compares counts by window and host; says how many keys differ, and which is the first.
    private static func expectSame(_ mine: [String: [Int]], _ theirs: [String: [Int]], _ what: String) {
        let keys = Set(mine.keys).union(theirs.keys).sorted().filter { mine[$0] != theirs[$0] }
        guard let first = keys.first else { return }
        Issue.record(
            "\(what): \(keys.count) differ, first \(first): \(mine[first] ?? []), not \(theirs[first] ?? [])")
    }

    /// The row with the highest revision of each key; revisions of a key must rise.
    private static func lastRevisions(
        _ report: ReportRows, key: (ReportRows.Row) -> String
    ) throws -> [String: ReportRows.Row] {
        var last: [String: ReportRows.Row] = [:]
        for row in report.rows {
            let key = key(row)
            if let before = last[key] { #expect(row.number("revision") > before.number("revision"), "\(key)") }
            last[key] = row
        }
        return last
    }

    @Test("totals stay exact where few flows may live at once", arguments: seeds, [1, 7])
    func maximumFlows(seed: UInt64, limit: Int) throws {
        let packets = Self.packets(seed)
        let full = try ReplayRun(packets)
        let limited = try ReplayRun(packets) { $0.maximumFlows = limit }
        for column in Self.additiveTotals {
            #expect(limited.totals.rows.map { $0.number(column) } == full.totals.rows.map { $0.number(column) })
        }
        #expect(limited.hosts.rows.map(\.hostCounts) == full.hosts.rows.map(\.hostCounts), "seed \(seed)")
        #expect(limited.flows.rows.contains { $0["end_reason"] == "evicted" })
        #expect(
            limited.flows.sum("source_packets") + limited.flows.sum("destination_packets")
                == full.totals.sum("ip_packets"))
    }

    @Test("totals stay exact where few hosts have rows of their own", arguments: seeds, [1, 5])
    func maximumHosts(seed: UInt64, limit: Int) throws {
        let packets = Self.packets(seed)
        let full = try ReplayRun(packets)
        let limited = try ReplayRun(packets) { $0.maximumHosts = limit }
        for column in Self.additiveTotals {
            #expect(limited.totals.rows.map { $0.number(column) } == full.totals.rows.map { $0.number(column) })
        }
        #expect(limited.hosts.rows.contains { $0["host"] == "other" })
        let windows = limited.hosts.byWindow
        for total in limited.totals.rows {
            let rows = windows[total.window] ?? []
            #expect(rows.count <= limit + 1, "seed \(seed): the hosts with rows, and one row for the others")
            #expect(rows.count { $0["host"] == "other" } <= 1)
            #expect(rows.count == total.number("hosts"))
            #expect(rows.reduce(0) { $0 + $1.number("packets_sent") } == total.number("ip_packets"))
            #expect(rows.reduce(0) { $0 + $1.number("bytes_received") } == total.number("bytes"))
        }
    }

    @Test("a limit on packets stops where a shorter capture would end", arguments: seeds, [1, 256, 1000, 5000])
    func packetLimit(seed: UInt64, limit: Int) throws {
        let packets = Self.packets(seed)
        let limited = try ReplayRun(packets) { $0.packetLimit = UInt64(limit) }
        #expect(limited.outcome.summary.packetsRead == UInt64(min(limit, packets.count)))
        try limited.expectSameBytes(as: ReplayRun(Array(packets.prefix(limit))), "seed \(seed), \(limit) packets")
    }

    @Test("a limit on packets counts those that pass the filter")
    func filteredLimit() throws {
        let packets = Self.packets(24)
        let numbers = packets.indices.filter { packets[$0].meaning == .nonIP }
        try #require(numbers.count > 20)
        let limited = try ReplayRun(packets) {
            $0.filter = "arp"
            $0.packetLimit = 20
        }
        let cut = try ReplayRun(Array(packets[...numbers[19]])) { $0.filter = "arp" }
        limited.expectSameBytes(as: cut, "twenty ARP packets")
    }

    @Test("an offset moves every window's start", arguments: [Int64(3 * .second), -.second, 13 * .second])
    func offset(offset: Int64) throws {
        let run = try ReplayRun(Self.packets(25)) { $0.windows = .tumbling(10 * .second, offset: offset) }
        let second = UTCTime.floor(offset, .second)
        let digit = Character(String((second % 10 + 10) % 10))
        #expect(!run.totals.rows.isEmpty)
        for row in run.totals.rows { #expect(row["window_start"].dropLast().last == digit) }
    }
}
