import EventTime
import Flows
import HostStatistics
import Packets
import TestSupport
import Testing

@Suite("The host statistics")
struct HostAnalysisTests {
    static let shapes: [(size: Nanoseconds, slide: Nanoseconds)] = [
        (20, 20), (20, 10), (24, 8), (20, 8), (12, 2), (6, 20), (15, 25),
    ]

    private func configuration(
        _ shape: (size: Nanoseconds, slide: Nanoseconds), offset: Nanoseconds = 0, allowedLateness: Nanoseconds = 0
    ) -> HostAnalysis.Configuration {
        var configuration = HostAnalysis.Configuration(
            windows: SlidingWindows(size: shape.size, slide: shape.slide, offset: offset),
            allowedLateness: allowedLateness, idleTimeout: 40, activeTimeout: 90, keepsFlows: true)
        configuration.groupCount = 64
        return configuration
    }

    /// Compares one worker with the model and several with the one.
    private func check(_ stream: HostStream, _ configuration: HostAnalysis.Configuration, _ name: String) {
        var one = HostCluster(configuration, workerCount: 1)
        one.run(stream.events)
        for (step, (found, expected)) in zip(one.reports, stream.expected).enumerated() where found != expected {
            Issue.record("\(name), advance \(step): found \(found), expected \(expected)")
            return
        }
        #expect(one.reports.count == stream.expected.count)
        #expect(one.flows.count == stream.flowCount, "\(name)")
        for count in [2, 3, 8] {
            var several = HostCluster(configuration, workerCount: count)
            several.run(stream.events)
            #expect(several.reports == one.reports, "\(name), \(count) workers")
            #expect(several.flows == one.flows, "\(name), \(count) workers")
        }
    }

    @Test("are what a recount of every packet says, for any number of workers", arguments: shapes)
    func onTime(size: Nanoseconds, slide: Nanoseconds) {
        for seed in 0..<6 as Range<UInt64> {
            let configuration = configuration((size, slide), offset: Int64(seed) * 3 - 5)
            check(HostStream(seed: seed, configuration), configuration, "\(size)/\(slide), seed \(seed)")
        }
    }

    @Test(
        "are what a recount says of flows that stay for many slices, and of packets ahead of and behind all others",
        arguments: [(20, 2), (60, 1), (70, 1), (40, 12)] as [(Nanoseconds, Nanoseconds)])
    func manySlices(size: Nanoseconds, slide: Nanoseconds) {
        for seed in 100..<112 as Range<UInt64> {
            var configuration = configuration((size, slide))
            // One group, so that flows and pairs come and go among each other.
            configuration.groupCount = 1
            (configuration.idleTimeout, configuration.activeTimeout) = (5 * size, 20 * size)
            check(
                HostStream(seed: seed, configuration, packets: 400), configuration,
                "\(size)/\(slide), seed \(seed)")
        }
    }

    @Test(
        "count hosts and flows the same where nobody wants to know what the hosts did",
        arguments: shapes + [(20, 2), (60, 1), (64, 1), (65, 1), (40, 12)],
        [(0, 3), (0, 1 << 20), (20, 1 << 20)] as [(lateness: Nanoseconds, hosts: Int)])
    func withoutHosts(shape: (size: Nanoseconds, slide: Nanoseconds), limits: (lateness: Nanoseconds, hosts: Int)) {
        for seed in 200..<206 as Range<UInt64> {
            var configuration = configuration(shape, allowedLateness: limits.lateness)
            configuration.groupCount = seed % 4 == 0 ? 64 : 1
            configuration.maximumHosts = limits.hosts
            // Flows that live for long, and that go on within a window and after it.
            if seed % 2 == 0 {
                (configuration.idleTimeout, configuration.activeTimeout) = (5 * shape.size, 20 * shape.size)
            }
            let stream = HostStream(seed: seed, configuration, packets: 200)
            var with = HostCluster(configuration, workerCount: 1)
            configuration.describesHosts = false
            configuration.reportsHosts = false
            var without = HostCluster(configuration, workerCount: 1)
            with.run(stream.events)
            without.run(stream.events)
            for (found, expected) in zip(without.reports.joined(), with.reports.joined()) {
                #expect(found.window == expected.window && found.revision == expected.revision)
                #expect(found.totals == expected.totals, "\(shape), seed \(seed), \(expected.window)")
            }
            #expect(without.reports.map(\.count) == with.reports.map(\.count))
            #expect(without.flows == with.flows)
        }
    }

    @Test("are revised as a recount says when packets come late", arguments: shapes)
    func allowedLateness(size: Nanoseconds, slide: Nanoseconds) {
        for seed in 0..<10 as Range<UInt64> {
            let configuration = configuration((size, slide), allowedLateness: [5, 20, 60][Int(seed % 3)])
            check(
                HostStream(seed: seed, configuration), configuration,
                "\(size)/\(slide), lateness \(configuration.allowedLateness), seed \(seed)")
        }
    }

    @Test("are what a recount says where time has no order and all windows fire at the end", arguments: shapes)
    func unordered(size: Nanoseconds, slide: Nanoseconds) {
        for seed in 0..<6 as Range<UInt64> {
            var configuration = configuration((size, slide))
            configuration.isOrdered = false
            // Flows that live across the eras come back to them.
            if seed % 2 == 0 { (configuration.idleTimeout, configuration.activeTimeout) = (1 << 40, 1 << 40) }
            check(HostStream(seed: seed, configuration), configuration, "\(size)/\(slide), seed \(seed)")
        }
    }

    @Test("count a pair once in a window that it comes back to after more than 64 slices")
    func farBack() {
        let configuration = HostAnalysis.Configuration(windows: .tumbling(10 * .second), isOrdered: false)
        let seconds: [Nanoseconds] = [0, 10, 2000, 0]
        var cluster = HostCluster(configuration, workerCount: 1)
        cluster.run(
            seconds.map { .packet(FlowPacket(.ip(.host(1), 1, .host(2), 2), time: $0 * .second)) }
                + [.advance(time: .max, dirty: [], late: [:])])
        let peers = cluster.reports.flatMap { $0 }.map { $0.hosts.map(\.peers) }
        #expect(peers == [[1, 1], [1, 1], [1, 1]])
    }

    @Test("count a host that sends to itself as sender and receiver, without a peer")
    func selfTraffic() {
        let configuration = configuration((20, 20))
        var cluster = HostCluster(configuration, workerCount: 1)
        let packets: [DecodedPacket] = [
            .ip(.host(1), 1000, .host(1), 53, bytes: 100), .ip(.host(1), 53, .host(1), 1000, bytes: 300),
        ]
        cluster.run(
            packets.map { .packet(FlowPacket($0, time: 5)) } + [.advance(time: .max, dirty: [], late: [:])])
        let row = HostRow(
            host: .address(.host(1)), packetsSent: 2, packetsReceived: 2, bytesSent: 400, bytesReceived: 400,
            wireBytesSent: 428, wireBytesReceived: 428, flows: 1, flowsStarted: 1, peers: 0)
        #expect(cluster.reports.flatMap { $0 }.map(\.hosts) == [[row]])
        #expect(cluster.reports.flatMap { $0 }.map(\.totals.flows) == [1])
    }

    @Test("find hosts apart though an address was chosen against the hash")
    func hashing() {
        // Half of the product that makes the hash is 0 for these.
        let hashes = (0..<1000 as Range<UInt64>).map {
            HostKey(high: 0x2001_0DB8_0000_0000 + $0, low: 0x9E37_79B9_7F4A_7C15, family: 6).tableHash
        }
        #expect(Set(hashes).count > 990)
    }

    @Test("take no time for a gap of a million windows")
    func gap() {
        let configuration = HostAnalysis.Configuration(
            windows: SlidingWindows(size: 60 * .second, slide: .second), allowedLateness: 5 * .second)
        var events: [HostEvent] = []
        for round in 0..<10 as Range<Int64> {
            let time = round * 1_000_000 * .second
            events.append(.advance(time: time, dirty: [], late: [:]))
            events.append(.packet(FlowPacket(.ip(.host(1), 1, .host(2), 2), time: time)))
        }
        events.append(.advance(time: .max, dirty: [], late: [:]))
        var cluster = HostCluster(configuration, workerCount: 2)
        cluster.run(events)
        let reports = cluster.reports.flatMap { $0 }
        #expect(reports.count == 600)
        #expect(
            reports.allSatisfy {
                $0.totals.packets == 1 && $0.totals.flows == 1 && $0.hosts.map(\.peers) == [1, 1]
            })
    }

    @Test("take times at both ends of 64 bits", arguments: [0, 7] as [Nanoseconds])
    func extremes(allowedLateness: Nanoseconds) {
        let configuration = HostAnalysis.Configuration(
            windows: .tumbling(10 * .second, offset: 3), allowedLateness: allowedLateness)
        var events: [HostEvent] = []
        for time in [.min, .min + 1, 0, .max - 1, .max] as [Nanoseconds] {
            if time < .max { events.append(.advance(time: time, dirty: [], late: [:])) }
            events.append(.packet(FlowPacket(.ip(.host(1), 1, .host(2), 2), time: time)))
        }
        events.append(.advance(time: .max, dirty: [], late: [:]))
        var cluster = HostCluster(configuration, workerCount: 1)
        cluster.run(events)
        #expect(cluster.reports.flatMap { $0 }.map(\.totals.packets) == [2, 1, 2])
    }
}

@Suite("Past a limit, the host statistics")
struct LimitTests {
    private func run(
        _ stream: HostStream, _ configuration: HostAnalysis.Configuration, workerCount: Int = 1
    ) -> HostCluster {
        var cluster = HostCluster(configuration, workerCount: workerCount)
        cluster.run(stream.events)
        return cluster
    }

    private func sums(_ report: ReportLines) -> [UInt64] {
        report.hosts.reduce(into: [0, 0, 0, 0, 0, 0]) { sums, row in
            let values = [
                row.packetsSent, row.packetsReceived, row.bytesSent, row.bytesReceived, row.wireBytesSent,
                row.wireBytesReceived,
            ]
            for index in sums.indices { sums[index] += values[index] }
        }
    }

    @Test(
        "on hosts put the others in one row, so that the sums stay exact",
        arguments: [(20, 20), (20, 10), (12, 2)] as [(Nanoseconds, Nanoseconds)], [1, 2, 5])
    func maximumHosts(shape: (Nanoseconds, Nanoseconds), limit: Int) {
        for seed in 0..<5 as Range<UInt64> {
            var configuration = HostAnalysis.Configuration(
                windows: SlidingWindows(size: shape.0, slide: shape.1), idleTimeout: 40, activeTimeout: 90)
            let stream = HostStream(seed: seed, configuration)
            let full = run(stream, configuration).reports.flatMap { $0 }
            configuration.maximumHosts = limit
            let limited = run(stream, configuration)
            let reports = limited.reports.flatMap { $0 }
            #expect(reports.map(\.window) == full.map(\.window))
            for (report, whole) in zip(reports, full) {
                #expect(sums(report) == sums(whole), "seed \(seed), window \(report.window)")
                #expect(report.totals.packets == whole.totals.packets)
                #expect(report.totals.flows == whole.totals.flows)
                #expect(report.hosts.count <= limit * Int(configuration.windows.slicesPerWindow) + 1)
                let places = report.hosts.indices.filter { report.hosts[$0].host == .other }
                #expect(places.isEmpty || places == [report.hosts.count - 1], "the other hosts come last")
            }
            if limit < 5 { #expect(reports.contains { $0.hosts.last?.host == .other }) }
            #expect(run(stream, configuration, workerCount: 3).reports == limited.reports)
        }
    }

    /// Few hosts first, and then more in each slice than it may have, in flows that go on from slice to slice.
    @Test(
        "on hosts gives rows to those that come to a slice first, whoever wants to know of them",
        arguments: [65, 75, 100, 130])
    func firstHosts(limit: Int) {
        var random = SeededRandom(seed: UInt64(limit))
        var events: [HostEvent] = []
        var admitted: [Set<Int>] = []
        for slice in 0..<24 {
            var (hosts, refused) = (Set<Int>(), false)
            for packet in 0..<150 {
                let newest = min(20 + 8 * slice, 150)
                let (low, high) = (random.pick(1...newest), random.pick(151...151 + newest))
                events.append(
                    .packet(
                        FlowPacket(
                            .ip(.host(low), 1, .host(high), 2), time: Int64(slice) * 1000 + Int64(packet))))
                for host in [low, high] where !hosts.contains(host) {
                    if hosts.count < limit { hosts.insert(host) } else { refused = true }
                }
            }
            if refused { hosts.insert(0) }
            admitted.append(hosts)
            events.append(.advance(time: Int64(slice + 1) * 1000, dirty: [], late: [:]))
        }
        events.append(.advance(time: .max, dirty: [], late: [:]))
        var configuration = HostAnalysis.Configuration(
            windows: SlidingWindows(size: 6000, slide: 1000), idleTimeout: 4000, activeTimeout: 9000)
        configuration.maximumHosts = limit
        var described = HostCluster(configuration, workerCount: 1)
        described.run(events)
        (configuration.describesHosts, configuration.reportsHosts) = (false, false)
        var counted = HostCluster(configuration, workerCount: 1)
        counted.run(events)
        let expected = (-5..<24).map { first in
            admitted[max(0, first)..<min(24, first + 6)].reduce(into: Set<Int>()) { $0.formUnion($1) }.count
        }
        #expect(described.reports.flatMap { $0 }.map { Int($0.totals.hosts) } == expected)
        #expect(counted.reports.flatMap { $0 }.map(\.totals) == described.reports.flatMap { $0 }.map(\.totals))
    }

    @Test("on hosts refuse the same ones where packets come late, whoever wants to know of them")
    func lateHosts() {
        func packet(_ time: Nanoseconds, _ low: Int, _ high: Int, clock: Nanoseconds? = nil) -> HostEvent {
            .packet(FlowPacket(.ip(.host(low), 1, .host(high), 2), time: time), clock: clock)
        }
        var configuration = HostAnalysis.Configuration(windows: SlidingWindows(size: 6000, slide: 1000))
        configuration.maximumHosts = 3
        let events = [
            .advance(time: 9000, dirty: [], late: [:]),
            packet(10_100, 1, 2), packet(10_150, 3, 3),
            // Refused in slice 10, and admitted to slice 9, which leaves before the flow goes on.
            packet(10_200, 4, 5), packet(9500, 4, 5, clock: 10_200),
            .advance(time: 15_000, dirty: [], late: [:]),
            packet(15_100, 6, 7), packet(15_200, 4, 5),
            .advance(time: .max, dirty: [], late: [:]),
        ]
        var described = HostCluster(configuration, workerCount: 1)
        described.run(events)
        let expected = described.reports.flatMap { $0 }
        #expect(
            expected.last { $0.window.start == 10_000 }?.hosts.map(\.host)
                == [1, 2, 3, 4, 6, 7].map { .address(.host($0)) } + [.other])
        (configuration.describesHosts, configuration.reportsHosts) = (false, false)
        var counted = HostCluster(configuration, workerCount: 1)
        counted.run(events)
        #expect(counted.reports.flatMap { $0 }.map(\.totals) == expected.map(\.totals))
    }

    @Test("does not begin before the limit, however the hosts are paired")
    func exactLimits() {
        // One pair of hosts with many flows, and one host with many peers.
        let pair = (1...20_000).map { HostEvent.packet(FlowPacket(.ip(.host(1), $0, .host(2), 53), time: 1)) }
        let star = (3...5_000).map { HostEvent.packet(FlowPacket(.ip(.host(1), 9, .host($0), 53), time: 1)) }
        var configuration = HostAnalysis.Configuration(windows: .tumbling(10), keepsFlows: true)
        configuration.maximumFlows = 25_000
        configuration.maximumHosts = 5_000
        var run = HostCluster(configuration, workerCount: 1)
        run.run(pair + star + [.advance(time: .max, dirty: [], late: [:])])
        #expect(run.flows.count == 24_998)
        #expect(!run.flows.contains { $0.endReason == .evicted })
        let hosts = run.reports.flatMap { $0 }.flatMap(\.hosts)
        #expect(hosts.count == 5_000)
        #expect(hosts.first?.flows == 24_998 && hosts.first?.peers == 4_999)
        #expect(!hosts.contains { $0.host == .other })
    }

    @Test("on flows end some early, and count every packet", arguments: [1, 2, 7], [10, 20] as [Nanoseconds])
    func maximumFlows(limit: Int, slide: Nanoseconds) {
        for seed in 0..<5 as Range<UInt64> {
            var configuration = HostAnalysis.Configuration(
                windows: SlidingWindows(size: 20, slide: slide), idleTimeout: 40, activeTimeout: 90,
                keepsFlows: true)
            let stream = HostStream(seed: seed, configuration)
            let full = run(stream, configuration)
            configuration.maximumFlows = limit
            let limited = run(stream, configuration)
            for (report, whole) in zip(limited.reports.flatMap { $0 }, full.reports.flatMap { $0 }) {
                #expect(sums(report) == sums(whole))
                #expect(report.hosts.map(\.host) == whole.hosts.map(\.host))
                #expect(report.totals.packets == whole.totals.packets)
                #expect(report.totals.flows >= whole.totals.flows, "what is cut in two counts twice")
            }
            #expect(limited.flows.contains { $0.endReason == .evicted })
            #expect(
                limited.flows.reduce(0) { $0 + $1.sourcePackets + $1.destinationPackets }
                    == full.flows.reduce(0) { $0 + $1.sourcePackets + $1.destinationPackets })
            #expect(run(stream, configuration, workerCount: 3).reports == limited.reports)
        }
    }
}
