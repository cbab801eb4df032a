import Capture
import Packets
import TestSupport
import Testing

@Suite("Several captures are one stream")
struct MergeTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Packets with random gaps (many of them zero) between times, each with its number in its bytes.
    private func packets(_ count: Int, _ random: inout SeededGenerator) -> [(second: UInt32, bytes: [UInt8])] {
        var second: UInt32 = 1000
        return (0..<count).map { index in
            second += UInt32.random(in: 0...2, using: &random)
            return (second, [UInt8(index >> 8), UInt8(index & 0xFF)] + [UInt8](repeating: 0, count: index % 50))
        }
    }

    @Test(
        "in order of time: a sorted capture dealt out to files comes back as it was",
        arguments: 1...20 as ClosedRange<UInt64>)
    func dealtOut(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let packets = packets(2000, &random)
        let fileCount = Int.random(in: 2...9, using: &random)
        var captures = [PcapBuilder](repeating: PcapBuilder(.nanoseconds), count: fileCount)
        for packet in packets {
            captures[Int.random(in: 0..<fileCount, using: &random)].packet(seconds: packet.second, packet.bytes)
        }
        let paths = try captures.enumerated().map { try folder.write($1.bytes, as: "\($0)") }
        let result = try read(paths, batch: Int.random(in: 1...256, using: &random))
        #expect(result.errors.isEmpty)
        #expect(result.timestamps == packets.map { Int64($0.second) * 1_000_000_000 }, "seed \(seed)")
        let sorted = { (a: [UInt8], b: [UInt8]) in a.lexicographicallyPrecedes(b) }
        #expect(result.packets.map(\.bytes).sorted(by: sorted) == packets.map(\.bytes).sorted(by: sorted))
    }

    @Test("rotated files, in whatever order they are given", arguments: 1...10 as ClosedRange<UInt64>)
    func rotated(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var second: UInt32 = 0
        var whole: [[UInt8]] = []
        var paths: [String] = []
        for file in 0..<40 {
            var capture = PcapBuilder()
            for index in 0..<Int.random(in: 0...300, using: &random) {
                second += UInt32.random(in: 1...2, using: &random)
                whole.append([UInt8(file), UInt8(index & 0xFF)])
                capture.packet(seconds: second, [UInt8(file), UInt8(index & 0xFF)])
            }
            paths.append(try folder.write(capture.bytes, as: "\(file)"))
        }
        let result = try read(paths.shuffled(using: &random))
        #expect(result.packets.map(\.bytes) == whole, "seed \(seed)")
        #expect(result.errors.isEmpty)
    }

    @Test("equal times come in the order of the inputs")
    func equalTimes() throws {
        let paths = try (0..<5).map { file in
            var capture = PcapBuilder()
            for second in 1...3 as ClosedRange<UInt32> { capture.packet(seconds: second, [UInt8(file)]) }
            return try folder.write(capture.bytes, as: "\(file)")
        }
        let marks = try read(paths).packets.flatMap(\.bytes)
        #expect(marks == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4])
        let reversed = try read(paths.reversed()).packets.flatMap(\.bytes)
        #expect(reversed == [4, 3, 2, 1, 0, 4, 3, 2, 1, 0, 4, 3, 2, 1, 0])
    }

    @Test("a capture that steps back in time keeps its own order")
    func backwards() throws {
        var first = PcapBuilder()
        for second in [10, 3, 12] as [UInt32] { first.packet(seconds: second, [1]) }
        var other = PcapBuilder()
        for second in [5, 11] as [UInt32] { other.packet(seconds: second, [2]) }
        let result = try read([folder.write(first.bytes, as: "1"), folder.write(other.bytes, as: "2")])
        #expect(result.timestamps.map { $0 / 1_000_000_000 } == [5, 10, 3, 11, 12])
    }

    @Test("packets without a time stay behind their predecessor, or in front of the first one with a time")
    func untimed() throws {
        var first = PcapngBuilder()
        first.interface(linkType: 1)
        first.simplePacket([1])
        first.packet(time: 5_000_000, [2])
        first.simplePacket([3])
        first.packet(time: 9_000_000, [4])
        var other = PcapBuilder()
        for second in [1, 5, 7] as [UInt32] { other.packet(seconds: second, [UInt8(10 + second)]) }
        let result = try read([folder.write(first.bytes, as: "1"), folder.write(other.bytes, as: "2")])
        #expect(result.packets.flatMap(\.bytes) == [11, 1, 2, 3, 15, 17, 4])
    }

    @Test("numbers count within each capture")
    func numbers() throws {
        var random = SeededGenerator(seed: 1)
        var capture = PcapBuilder()
        for packet in packets(10, &random) { capture.packet(seconds: packet.second, packet.bytes) }
        let path = try folder.write(capture.bytes)
        #expect(
            try read([path, path]).records.map(\.number).sorted() == (1...10).flatMap { [$0, $0] as [UInt64] })
    }

    @Test("captures of any size can overlap: batches hold bytes of all")
    func large() throws {
        var captures = [PcapBuilder](repeating: PcapBuilder(), count: 3)
        for index in 0..<6000 {
            let bytes = [UInt8](repeating: UInt8(index & 0xFF), count: 200 + index % 1300)
            captures[index % 3].packet(seconds: UInt32(index), bytes)
        }
        let paths = try captures.enumerated().map { try folder.write($1.bytes, as: "\($0)") }
        let result = try read(paths)
        #expect(result.packets.count == 6000)
        for (index, packet) in result.packets.enumerated() {
            #expect(packet.bytes.count == 200 + index % 1300)
            #expect(packet.bytes.allSatisfy { $0 == UInt8(index & 0xFF) }, "packet \(index)")
        }
    }

    @Test("more captures than file descriptors, where they do not overlap")
    func manyFiles() throws {
        let paths = try (0..<3000).map { index in
            var capture = PcapBuilder()
            capture.packet(seconds: UInt32(index), [])
            return try folder.write(capture.bytes, as: "\(index)")
        }
        let result = try read(paths.reversed())
        #expect(result.timestamps == (0..<3000).map { Int64($0) * 1_000_000_000 })
        #expect(result.errors.isEmpty)
    }
}

/// Random numbers that a seed repeats: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
