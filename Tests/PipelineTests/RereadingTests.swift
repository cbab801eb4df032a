import Capture
import CheckpointStore
import EventTime
import Foundation
import TestSupport
import Testing

@testable import Pipeline

@Suite("Packets that wait are read again from the captures")
struct RereadingTests {
    @Test("from a place before all of them, and not from the beginning", arguments: [1, 7, 100] as [UInt64])
    func marks(spacing: UInt64) throws {
        let inputs = try ScratchFolder()
        let paths = try RestartTests.captures(61, in: inputs)
        let stream = try CaptureStream(inputs: paths.map { .path($0) })
        var marks = ReadingMarks(start: stream.progress, names: stream.sourceNames, spacing: spacing)
        let delay: Nanoseconds = 2 * .second
        // Times by their place in the stream, from 0.
        var times: [Nanoseconds] = []
        var newest = Nanoseconds.min
        var latest: UInt64 = 0
        while stream.readBatch(upTo: 10) {
            stream.forEachPacket { record, _ in times.append(record.timestamp) }
            newest = times.reduce(newest, max)
            let released = newest - delay
            marks.note(stream, newest: newest, released: released)
            let start = marks.start(before: released).progress.packetsReceived
            let firstWaiting = times.firstIndex { $0 >= released } ?? times.count
            #expect(start <= UInt64(firstWaiting), "packet \(times.count)")
            latest = start
        }
        #expect(latest > UInt64(times.count / 2))
    }

    @Test("as they were, from near marks", arguments: RestartTests.settings, RestartTests.seeds)
    func sameBytes(setting: RestartTests.Setting, seed: UInt64) throws {
        let inputs = try ScratchFolder()
        let paths = try RestartTests.captures(seed, in: inputs)
        var random = SeededRandom(seed: seed)
        var run = try RestartedRun(paths, every: 90, setting.configure)
        run.configuration.checkpoints?.markSpacing = 10
        run.configuration.readsAtMost = 7
        while try run.starts == 0 || !run.isFinished, run.starts < 100 {
            try run.start(diesAfter: Int.random(in: 1...2, using: &random), workers: random.pick([1, 2]))
        }
        #expect(run.starts > 1)
        try run.expectSame(as: ReplayRun(paths, setting.configure), "seed \(seed)")
    }

    @Test("not where a capture looks the same and holds others")
    func others() throws {
        let inputs = try ScratchFolder()
        // All of them wait, so that those of the file's end do.
        let wait: (inout ReplayConfiguration) -> Void = { $0.watermarkDelay = 3600 * .second }
        let packets = TrafficGenerator.packets(6000, seed: 62)
        let path = try inputs.write(TrafficGenerator.pcap(packets), as: "a.pcap")
        var run = try RestartedRun([path], every: 500, wait)
        try run.start(diesAfter: 5)
        #expect(try !run.isFinished)
        let outputs = try run.contents()
        var before = stat()
        #expect(stat(path, &before) == 0)
        // One packet less has a window; the identity covers size, times and the first 64 KiB.
        var bytes = TrafficGenerator.pcap(packets)
        let place = try #require(Self.recordOffsets(bytes).last { $0.number == 1800 }?.offset)
        #expect(place > 1 << 16)
        for index in 4..<8 { bytes[place + index] = 0xFF }
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.write(contentsOf: bytes)
        try handle.close()
        #expect(utimensat(AT_FDCWD, path, [before.st_atim, before.st_mtim], 0) == 0)
        let error = #expect(throws: CheckpointMismatch.self) { try run.start() }
        #expect(error?.differences == ["the inputs do not hold the packets that they held"])
        let after = try run.contents()
        #expect(
            after.filter { !$0.key.hasPrefix("checkpoints") } == outputs.filter { !$0.key.hasPrefix("checkpoints") }
        )
    }

    /// Where the records of a classic capture begin, numbered from 1.
    private static func recordOffsets(_ bytes: [UInt8]) -> [(number: Int, offset: Int)] {
        var (offsets, offset): ([(number: Int, offset: Int)], Int) = ([], 24)
        while offset + 16 <= bytes.count {
            offsets.append((offsets.count + 1, offset))
            let length = (0..<4).reduce(0) { $0 | Int(bytes[offset + 8 + $1]) << (8 * $1) }
            offset += 16 + length
        }
        return offsets
    }
}
