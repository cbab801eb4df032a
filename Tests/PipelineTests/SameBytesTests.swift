import EventTime
import Foundation
import Glibc
import Pipeline
import TestSupport
import Testing

@Suite("The bytes of every report are the same")
struct SameBytesTests {
    static let seeds: [UInt64] = [11, 12, 13]
    static let packetCount = 2500

    /// Disorder as great as the watermark delay puts up with.
    static func disordered(_ seed: UInt64) -> [GeneratedPacket] {
        TrafficGenerator.shuffled(
            TrafficGenerator.packets(packetCount, seed: seed), within: 2 * .second, seed: seed)
    }

    @Test("when the same capture is read again", arguments: seeds)
    func again(seed: UInt64) throws {
        let packets = Self.disordered(seed)
        try ReplayRun(packets).expectSameBytes(as: ReplayRun(packets), "seed \(seed)")
    }

    @Test("with one worker or several", arguments: seeds, [2, 3, 8])
    func workers(seed: UInt64, count: Int) throws {
        let packets = Self.disordered(seed)
        let one = try ReplayRun(packets)
        try one.expectSameBytes(as: ReplayRun(packets) { $0.workers = count }, "seed \(seed), \(count) workers")
    }

    @Test("with one worker or several, with late packets, revisions and overlapping windows", arguments: seeds)
    func workersWithRevisions(seed: UInt64) throws {
        let packets = Self.disordered(seed)
        let configure: (inout ReplayConfiguration) -> Void = {
            $0.windows = SlidingWindows(size: 7 * .second, slide: 3 * .second)
            $0.watermarkDelay = 0
            $0.allowedLateness = 900_000_000
        }
        let one = try ReplayRun(packets, configure)
        #expect(one.totals.rows.contains { $0.number("revision") > 0 })
        #expect(one.outcome.summary.latePackets > 0 || one.hosts.rows.contains { $0.number("revision") > 0 })
        for count in [2, 5] {
            let several = try ReplayRun(packets) {
                configure(&$0)
                $0.workers = count
            }
            one.expectSameBytes(as: several, "seed \(seed), \(count) workers")
        }
    }

    @Test("with one worker or several, where limits are too small to be shared", arguments: seeds)
    func workersWithLimits(seed: UInt64) throws {
        let packets = Self.disordered(seed)
        let configure: (inout ReplayConfiguration) -> Void = {
            $0.maximumFlows = 9
            $0.maximumHosts = 6
        }
        let several = try ReplayRun(packets) {
            configure(&$0)
            $0.workers = 4
        }
        try ReplayRun(packets, configure).expectSameBytes(as: several, "seed \(seed)")
    }

    @Test("with one worker or several, where no order is kept", arguments: seeds)
    func workersUnordered(seed: UInt64) throws {
        let packets = Self.disordered(seed)
        let one = try ReplayRun(packets) { $0.watermarkDelay = nil }
        let several = try ReplayRun(packets) {
            $0.watermarkDelay = nil
            $0.workers = 3
        }
        one.expectSameBytes(as: several, "seed \(seed)")
    }

    @Test("however packets are shuffled within the watermark delay", arguments: seeds, [1, 2])
    func shuffled(seed: UInt64, shuffle: UInt64) throws {
        let packets = TrafficGenerator.packets(Self.packetCount, seed: seed)
        let shuffled = TrafficGenerator.shuffled(packets, within: 2 * .second, seed: shuffle)
        #expect(shuffled.map(\.time) != packets.map(\.time))
        let run = try ReplayRun(packets)
        #expect(run.flows.rows.count > 100, "flows that end by timeout, reset and close")
        try run.expectSameBytes(as: ReplayRun(shuffled), "seed \(seed), shuffled by \(shuffle)")
    }

    @Test("however a capture is cut into files, listed in whatever order", arguments: seeds)
    func files(seed: UInt64) throws {
        let packets = Self.disordered(seed)
        let whole = try ReplayRun(packets)
        var random = SeededRandom(seed: seed)
        let folder = try ScratchFolder()
        for parts in [2, 7] {
            var cuts = (1..<parts).map { _ in Int.random(in: 0...packets.count, using: &random) }.sorted()
            cuts = [0] + cuts + [packets.count]
            let paths = try zip(cuts, cuts.dropFirst()).enumerated().map { index, cut in
                try folder.write(
                    TrafficGenerator.pcap(packets[cut.0..<cut.1]), as: "rotated-\(parts)/\(index).pcap")
            }
            let what = "seed \(seed), cut at \(cuts)"
            try whole.expectSameBytes(as: ReplayRun(paths), what)
            try whole.expectSameBytes(as: ReplayRun(paths.shuffled(using: &random)), what + ", any order")
            try whole.expectSameBytes(as: ReplayRun([folder.path("rotated-\(parts)")]), what + ", as a folder")
        }
    }

    @Test("when each packet is in some file or other", arguments: seeds)
    func interleaved(seed: UInt64) throws {
        let packets = Self.disordered(seed)
        var random = SeededRandom(seed: seed)
        var parts = [[GeneratedPacket]](repeating: [], count: 4)
        for packet in packets { parts[Int.random(in: 0..<4, using: &random)].append(packet) }
        let folder = try ScratchFolder()
        let paths = try parts.enumerated().map {
            try folder.write(TrafficGenerator.pcap($0.element), as: "\($0.offset).pcap")
        }
        try ReplayRun(packets).expectSameBytes(as: ReplayRun(paths), "seed \(seed)")
    }

    /// A pipe gives what its writer put in, so packets come in batches of any size.
    @Test("in whatever pieces and batches the packets come", arguments: seeds, [1, 3])
    func batches(seed: UInt64, workers: Int) throws {
        let packets = Self.disordered(seed)
        let folder = try ScratchFolder()
        let pipe = folder.path("pipe")
        try #require(mkfifo(pipe, 0o600) == 0)
        Dribble.write(TrafficGenerator.pcap(packets), to: pipe, seed: seed)
        let dribbled = try ReplayRun([pipe]) { $0.workers = workers }
        try ReplayRun(packets).expectSameBytes(as: dribbled, "seed \(seed)")
    }
}

/// Writes to a pipe in pieces of random sizes, from a thread of its own.
enum Dribble {
    static func write(_ bytes: [UInt8], to pipe: String, seed: UInt64) {
        Thread.detachNewThread {
            var random = SeededRandom(seed: seed)
            let descriptor = open(pipe, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return }
            defer { close(descriptor) }
            var rest = bytes[...]
            while !rest.isEmpty {
                let size =
                    random.oneIn(3)
                    ? Int.random(in: 1...100, using: &random) : Int.random(in: 1...30_000, using: &random)
                let written = rest.prefix(size).withUnsafeBytes {
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                }
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}
