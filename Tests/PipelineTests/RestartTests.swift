import CheckpointStore
import EventTime
import Foundation
import TestSupport
import Testing

@testable import Pipeline

@Suite("A run that dies and is started again writes the bytes of one that did not")
struct RestartTests {
    static let seeds: [UInt64] = [21, 22, 23]

    struct Setting: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var configure: @Sendable (inout ReplayConfiguration) -> Void
    }

    static let settings = [
        Setting(testDescription: "tumbling windows") { _ in },
        Setting(testDescription: "overlapping windows and revisions") {
            $0.windows = SlidingWindows(size: 7 * .second, slide: 3 * .second)
            $0.watermarkDelay = 0
            $0.allowedLateness = 900_000_000
        },
        Setting(testDescription: "much lateness, rows at once") {
            $0.windows = SlidingWindows(size: 20 * .second, slide: 5 * .second, offset: 1)
            $0.watermarkDelay = 500_000_000
            $0.allowedLateness = 30 * .second
            $0.reportOptions.flushesEachWindow = true
        },
        Setting(testDescription: "no order") { $0.watermarkDelay = nil },
        Setting(testDescription: "limits too small") {
            $0.windows = SlidingWindows(size: 6 * .second, slide: 2 * .second)
            $0.maximumFlows = 9
            $0.maximumHosts = 6
            $0.reportOptions.flushesEachWindow = true
        },
        Setting(testDescription: "gaps between windows, short timeouts") {
            $0.windows = SlidingWindows(size: 2 * .second, slide: 3 * .second)
            $0.idleTimeout = 3 * .second
            $0.activeTimeout = 10 * .second
        },
        Setting(testDescription: "a filter, a limit and the best rows") {
            $0.filter = "udp or icmp"
            $0.packetLimit = 900
            $0.reportOptions.top = 3
            $0.reportOptions.sort = "bytes"
        },
    ]

    /// Captures that overlap in time, one of them of another format, with disorder as great as the watermark delay.
    static func captures(_ seed: UInt64, in folder: ScratchFolder, count: Int = 2200) throws -> [String] {
        let packets = TrafficGenerator.shuffled(
            TrafficGenerator.packets(count, seed: seed), within: 2 * .second, seed: seed)
        var random = SeededRandom(seed: seed)
        var parts = [[GeneratedPacket]](repeating: [], count: 3)
        for packet in packets { parts[Int.random(in: 0..<3, using: &random)].append(packet) }
        return [
            try folder.write(TrafficGenerator.pcap(parts[0]), as: "0.pcap"),
            try folder.write(Self.pcapng(parts[1]), as: "1.pcapng"),
            try folder.write(TrafficGenerator.pcap(parts[2]), as: "2.pcap"),
        ]
    }

    /// Two sections, each with interfaces that are described between the packets.
    private static func pcapng(_ packets: [GeneratedPacket]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (half, order) in [
            (packets[..<(packets.count / 2)], ByteOrder.little), (packets[(packets.count / 2)...], .big),
        ] {
            var builder = PcapngBuilder(order: order)
            var interfaces: UInt32 = 0
            for (index, packet) in half.enumerated() {
                if index % 100 == 0 {
                    builder.interface(linkType: 1, resolution: 9)
                    interfaces += 1
                }
                builder.packet(
                    interface: UInt32(index) % interfaces, time: UInt64(packet.time), packet.bytes,
                    original: UInt32(packet.wireBytes))
            }
            bytes += builder.bytes
        }
        return bytes
    }

    @Test("at each of its checkpoints, with another number of workers each time", arguments: settings, seeds)
    func everyBarrier(setting: Setting, seed: UInt64) throws {
        let inputs = try ScratchFolder()
        let paths = try Self.captures(seed, in: inputs)
        let whole = try ReplayRun(paths, setting.configure)
        var random = SeededRandom(seed: seed)
        let every = UInt64.random(in: 60...150, using: &random)
        var run = try RestartedRun(paths, every: every, setting.configure)
        while try run.starts == 0 || !run.isFinished, run.starts < 100 {
            try run.start(diesAfter: Int.random(in: 1...2, using: &random), workers: random.pick([1, 2, 3, 8]))
        }
        #expect(run.starts > 1)
        #expect(try run.isFinished)
        try run.expectSame(as: whole, "seed \(seed), every \(every) packets")
        // Once more: there is nothing left to do.
        try run.start()
        try run.expectSame(as: whole, "seed \(seed), started after the end")
        #expect(run.said.all.contains("the run is finished"))
    }

    @Test("with checkpoints and without dying", arguments: settings, [1, 4])
    func undisturbed(setting: Setting, workers: Int) throws {
        let inputs = try ScratchFolder()
        let paths = try Self.captures(31, in: inputs)
        var run = try RestartedRun(paths, every: 50, setting.configure)
        try run.start(workers: workers)
        try run.expectSame(as: ReplayRun(paths, setting.configure), "\(workers) workers")
        #expect(run.outcome?.checkpoints?.written ?? 0 > 10)
    }

    /// One piece of a table at a time, so that packets come while most of it is still to be copied, and batches so
    /// small that there are several between two checkpoints.
    @Test("while tables change that are still being copied", arguments: settings, [1, 2])
    func slowCopies(setting: Setting, workers: Int) throws {
        let inputs = try ScratchFolder()
        let paths = try Self.captures(35, in: inputs, count: 3000)
        var run = try RestartedRun(paths, every: 400, setting.configure)
        run.configuration.checkpoints?.freezingStep = 1
        run.configuration.checkpoints?.copiesBeside = false
        run.configuration.idleTimeout = 10 * 60 * .second
        run.configuration.readsAtMost = 5
        while try run.starts == 0 || !run.isFinished, run.starts < 100 {
            try run.start(diesAfter: 1, workers: workers)
        }
        let whole = try ReplayRun(paths) {
            setting.configure(&$0)
            $0.idleTimeout = 10 * 60 * .second
        }
        try run.expectSame(as: whole, "\(workers) workers")
    }

    /// Long enough chains that they are ended, and deaths at any place in them; tables are copied piece by piece under
    /// the packets.
    @Test("from checkpoints that hold only what changed", arguments: settings, [50, 51] as [UInt64])
    func changes(setting: Setting, seed: UInt64) throws {
        let inputs = try ScratchFolder()
        let paths = try Self.captures(seed, in: inputs)
        var random = SeededRandom(seed: seed)
        // Flows that live on while nothing comes of them, of which there are always some.
        let timeout: (inout ReplayConfiguration) -> Void = {
            setting.configure(&$0)
            $0.idleTimeout = 10 * 60 * .second
        }
        var run = try RestartedRun(paths, every: 15, timeout)
        run.configuration.checkpoints?.freezingStep = 1
        run.configuration.readsAtMost = 5
        let catalog = CheckpointCatalog(run.folder.path("checkpoints"))
        var fromChanges = 0
        while try run.starts == 0 || !run.isFinished, run.starts < 100 {
            try run.start(
                diesAfter: Int.random(in: 2...12, using: &random), workers: random.pick([1, 2, 3]))
            guard let newest = try catalog.checkpoints().first else { continue }
            if try catalog.open(newest.folder).manifest.base != nil { fromChanges += 1 }
        }
        #expect(fromChanges > 0)
        try run.expectSame(as: ReplayRun(paths, timeout), "seed \(seed)")
    }

    @Test("from the one before the chain where what the newest builds on is damaged")
    func damagedBase() throws {
        let inputs = try ScratchFolder()
        let paths = try Self.captures(43, in: inputs)
        var run = try RestartedRun(paths, every: 15) { $0.idleTimeout = 10 * 60 * .second }
        try run.start(diesAfter: 30)
        let catalog = CheckpointCatalog(run.folder.path("checkpoints"))
        func newestChain() throws -> [StoredCheckpoint] {
            let newest = try #require(try catalog.checkpoints().first)
            return try catalog.open(newest.folder).chain(of: "flows-0")
        }
        while try newestChain().count == 1, try !run.isFinished { try run.start(diesAfter: 3) }
        let chain = try newestChain()
        let root = try #require(chain.first)
        #expect(chain.count > 1)
        let file = "checkpoints/\(root.folder)/flows-0.lz4"
        var bytes = try run.folder.bytes(file)
        bytes[bytes.count / 2] ^= 1
        try run.folder.write(bytes, as: file)
        try run.start()
        #expect(run.said.all.contains("passed over"))
        #expect(run.said.all.contains("\(root.folder)"))
        #expect(run.said.all.contains("goes on from"))
        try run.expectSame(
            as: ReplayRun(paths) { $0.idleTimeout = 10 * 60 * .second }, "what it builds on is damaged")
    }

    @Test("from compressed captures too", arguments: seeds)
    func compressed(seed: UInt64) throws {
        let inputs = try ScratchFolder()
        var paths = try Self.captures(seed, in: inputs, count: 800)
        for (index, tool) in ["gzip", "zstd", "lz4"].enumerated() {
            let process = Process()
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = [
                "-c", "command -v \(tool) > /dev/null && \(tool) -q -c \"$1\" > \"$2\"", "sh", paths[index],
                paths[index] + ".x",
            ]
            try process.run()
            process.waitUntilExit()
            // Without the tool the capture stays as it is.
            if process.terminationStatus == 0 { paths[index] += ".x" }
        }
        let whole = try ReplayRun(paths)
        var run = try RestartedRun(paths, every: 77)
        while try run.starts == 0 || !run.isFinished, run.starts < 100 { try run.start(diesAfter: 1) }
        try run.expectSame(as: whole, "seed \(seed)")
    }

    @Test("from the checkpoint before where the newest is damaged")
    func damaged() throws {
        let inputs = try ScratchFolder()
        let paths = try Self.captures(41, in: inputs)
        var run = try RestartedRun(paths, every: 200)
        try run.start(diesAfter: 4)
        let catalog = CheckpointCatalog(run.folder.path("checkpoints"))
        let newest = try #require(try catalog.checkpoints().first)
        let file = "checkpoints/\(newest.folder)/flows-0.lz4"
        var bytes = try run.folder.bytes(file)
        bytes[bytes.count / 2] ^= 1
        try run.folder.write(bytes, as: file)
        try run.start()
        #expect(run.said.all.contains("\(newest.folder)"))
        #expect(run.said.all.contains("passed over"))
        try run.expectSame(as: ReplayRun(paths), "the newest damaged")
    }

    @Test("anew, with --fresh, and old checkpoints go once there is a new one")
    func fresh() throws {
        let inputs = try ScratchFolder()
        let paths = try Self.captures(42, in: inputs)
        var run = try RestartedRun(paths, every: 200)
        try run.start(diesAfter: 3)
        let catalog = CheckpointCatalog(run.folder.path("checkpoints"))
        let before = try #require(try catalog.checkpoints().first)
        try run.start(diesAfter: 1, fresh: true)
        #expect(try catalog.checkpoints().allSatisfy { $0.sequence > before.sequence })
        try run.start()
        try run.expectSame(as: ReplayRun(paths), "fresh")
    }
}
