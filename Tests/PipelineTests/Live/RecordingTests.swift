import Capture
import EventTime
import Foundation
import Glibc
import Packets
import Reports
import TestSupport
import Testing

@testable import Pipeline

@Suite("A recording")
struct RecordingTests {
    private func record(
        _ packets: [GeneratedPacket], in folder: ScratchFolder, goesOn: Bool = false,
        _ configure: (inout RecordingOptions) -> Void = { _ in }
    ) throws -> Recording {
        var options = RecordingOptions(path: folder.path("a.pcap"))
        configure(&options)
        let recording = try Recording(
            options, linkType: .ethernet, snapshotLength: 262_144, now: packets[0].time, goesOn: goesOn)
        for (place, packet) in packets.enumerated() {
            let record = PacketRecord(
                timestamp: packet.time, number: UInt64(place + 1), capturedLength: UInt32(packet.bytes.count),
                originalLength: UInt32(packet.wireBytes), linkType: .ethernet, interface: 0, isTimed: true)
            _ = packet.bytes.withUnsafeBytes { recording.write(record, $0.bytes) }
        }
        recording.finish()
        return recording
    }

    /// What a test compares of a packet.
    private struct Packet: Equatable {
        var time: Int64
        var bytes: [UInt8]
        var wireBytes: Int
    }

    private func read(_ paths: [String]) throws -> [Packet] {
        let stream = try CaptureStream(inputs: paths.map { .path($0) })
        var packets: [Packet] = []
        while stream.readBatch() {
            stream.forEachPacket { record, bytes in
                packets.append(
                    Packet(
                        time: record.timestamp, bytes: bytes.withUnsafeBytes { Array($0) },
                        wireBytes: Int(record.originalLength)))
            }
        }
        #expect(stream.errors == [])
        return packets
    }

    private func files(in folder: ScratchFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }

    private func expectSame(_ found: [Packet], _ written: [GeneratedPacket]) {
        #expect(found.count == written.count)
        let isSame = zip(found, written).allSatisfy {
            $0 == Packet(time: $1.time, bytes: $1.bytes, wireBytes: $1.wireBytes)
        }
        #expect(isSame)
    }

    @Test("reads back as it was written, to the nanosecond")
    func roundTrip() throws {
        let folder = try ScratchFolder()
        let packets = TrafficGenerator.packets(3000, seed: 41)
        #expect(try record(packets, in: folder).error == nil)
        expectSame(try read([folder.path("a.pcap")]), packets)
    }

    @Test("takes packets larger than its buffer")
    func large() throws {
        let folder = try ScratchFolder()
        var packets = TrafficGenerator.packets(3, seed: 42)
        packets[1].bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        packets[1].wireBytes = packets[1].bytes.count
        #expect(try record(packets, in: folder).error == nil)
        let data = try folder.bytes("a.pcap")
        #expect(data.count == 24 + packets.reduce(0) { $0 + 16 + $1.bytes.count })
        #expect(Array(data.dropFirst(24 + 32 + packets[0].bytes.count).prefix(3_000_000)) == packets[1].bytes)
    }

    static let tcpdump = "/usr/bin/tcpdump"

    @Test(
        "is cut by size into the files that tcpdump makes, byte for byte",
        .enabled(if: FileManager.default.isExecutableFile(atPath: tcpdump), "tcpdump is not installed"),
        arguments: [nil, 1, 3, 12])
    func size(fileCount: Int?) throws {
        let (mine, theirs) = (try ScratchFolder(), try ScratchFolder())
        var packets = TrafficGenerator.packets(30_000, seed: 43)
        for index in packets.indices { packets[index].bytes += Array(repeating: 7, count: 100) }
        for index in packets.indices { packets[index].wireBytes = packets[index].bytes.count }
        let whole = try ScratchFolder()
        _ = try record(packets, in: whole)
        #expect(
            try record(packets, in: mine) {
                $0.megabytes = 1
                $0.fileCount = fileCount
            }.error == nil)
        let process = Process()
        process.executableURL = URL(filePath: Self.tcpdump)
        process.arguments =
            ["-r", whole.path("a.pcap"), "-w", theirs.path("a.pcap"), "-C", "1", "--time-stamp-precision=nano"]
            + (fileCount.map { ["-W", String($0)] } ?? []) + (getuid() == 0 ? ["-Z", "root"] : [])
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let names = try files(in: mine)
        #expect(try names == files(in: theirs))
        #expect(names.count > 1 || fileCount == 1)
        for name in names { #expect(try mine.bytes(name) == theirs.bytes(name), "\(name)") }
    }

    @Test("is cut by the packets' time, with names that strftime makes")
    func time() throws {
        let folder = try ScratchFolder()
        let packets = TrafficGenerator.packets(2000, seed: 44)
        #expect(
            try record(packets, in: folder) {
                $0.path = folder.path("%s.pcap")
                $0.seconds = 60
            }.error == nil)
        let names = try files(in: folder)
        #expect(names.count > 3)
        expectSame(try read(names.map(folder.path)), packets)
        for name in names {
            let begin = try #require(Int64(name.dropLast(5)))
            for packet in try read([folder.path(name)]) {
                #expect((begin..<begin + 60).contains(packet.time.floored(dividingBy: .second)))
            }
        }
    }

    @Test("begins another file when one is larger than the limit, and not when it is as large")
    func exactSize() throws {
        let folder = try ScratchFolder()
        var packets = TrafficGenerator.packets(3, seed: 47)
        packets[0].bytes = Array(repeating: 1, count: 1_000_000 - 24 - 16)
        #expect(try record(packets, in: folder) { $0.megabytes = 1 }.error == nil)
        #expect(try files(in: folder) == ["a.pcap", "a.pcap1"])
        #expect(try folder.bytes("a.pcap").count == 1_000_000 + 16 + packets[1].bytes.count)
    }

    @Test("begins another file with the packet that comes just as late as the limit says")
    func exactTime() throws {
        let folder = try ScratchFolder()
        var packets = TrafficGenerator.packets(3, seed: 48)
        for (place, second) in [100, 159, 160].enumerated() { packets[place].time = Int64(second) * .second + 5 }
        _ = try record(packets, in: folder) {
            $0.path = folder.path("%s.pcap")
            $0.seconds = 60
        }
        #expect(try files(in: folder) == ["100.pcap", "160.pcap"])
        expectSame(try read([folder.path("160.pcap")]), [packets[2]])
    }

    @Test("ends after so many files of a time each")
    func limit() throws {
        let folder = try ScratchFolder()
        let packets = TrafficGenerator.packets(2000, seed: 44)
        let recording = try record(packets, in: folder) {
            $0.path = folder.path("%s.pcap")
            $0.seconds = 60
            $0.fileCount = 2
        }
        #expect(recording.isFull && recording.error == nil)
        let names = try files(in: folder)
        #expect(names.count == 2)
        let found = try read(names.map(folder.path))
        expectSame(found, Array(packets.prefix(found.count)))
        #expect(found.count < packets.count)
    }

    @Test("that goes on after a restart leaves what was recorded alone, whatever its rotation")
    func restarts() throws {
        let packets = TrafficGenerator.packets(60, seed: 49)
        let starts = (0..<3).map { Array(packets[($0 * 20)..<($0 * 20 + 20)]) }
        let rotations: [(inout RecordingOptions) -> Void] = [
            { _ in }, { $0.megabytes = 1 }, { $0.seconds = 1_000_000 },
            { ($0.megabytes, $0.seconds) = (1, 1_000_000) }, { ($0.megabytes, $0.fileCount) = (1, 3) },
        ]
        for configure in rotations {
            let folder = try ScratchFolder()
            for (place, packets) in starts.enumerated() {
                _ = try record(packets, in: folder, goesOn: place > 0, configure)
            }
            let names = try files(in: folder)
            #expect(names.count == 3)
            for (name, packets) in zip(names, starts) { expectSame(try read([folder.path(name)]), packets) }
        }
    }

    @Test("that goes on after a restart, with a limited number of files, overwrites the oldest of them")
    func restartInTurns() throws {
        let folder = try ScratchFolder()
        let packets = TrafficGenerator.packets(50, seed: 50)
        for start in 0..<5 {
            _ = try record(Array(packets[(start * 10)..<(start * 10 + 10)]), in: folder, goesOn: start > 0) {
                ($0.megabytes, $0.fileCount) = (1, 3)
            }
        }
        #expect(try files(in: folder) == ["a.pcap0", "a.pcap1", "a.pcap2"])
        for (name, start) in [("a.pcap0", 3), ("a.pcap1", 4), ("a.pcap2", 2)] {
            expectSame(try read([folder.path(name)]), Array(packets[(start * 10)..<(start * 10 + 10)]))
        }
    }

    @Test("that goes on writes to a device as before, and makes no file beside it")
    func restartOnDevice() throws {
        let folder = try ScratchFolder()
        let recording = try record(TrafficGenerator.packets(5, seed: 51), in: folder, goesOn: true) {
            $0.path = "/dev/null"
        }
        #expect(recording.error == nil && !FileManager.default.fileExists(atPath: "/dev/null1"))
    }

    @Test(
        "names files as tcpdump does",
        arguments: [
            (nil, 0, "a"), (nil, 1, "a1"), (1, 0, "a"), (9, 8, "a8"), (10, 3, "a3"), (11, 3, "a03"),
            (100, 99, "a99"),
            (101, 5, "a005"),
        ] as [(Int?, Int, String)])
    func names(fileCount: Int?, number: Int, name: String) {
        var options = RecordingOptions(path: "a")
        options.megabytes = 1
        options.fileCount = fileCount
        #expect(RecordingNames(options: options).name(number: number, begin: 0) == name)
    }

    @Test("says when the disk is full, and writes nothing more")
    func fullDisk() throws {
        let folder = try ScratchFolder()
        let recording = try record(TrafficGenerator.packets(20, seed: 45), in: folder) { $0.path = "/dev/full" }
        #expect(recording.error == .cannotWrite(path: "/dev/full", code: ENOSPC, position: 0))
    }

    @Test("cannot be created where there is no folder")
    func missingFolder() throws {
        let path = try ScratchFolder().path("no/folder.pcap")
        #expect(throws: ReportError.cannotCreate(path: path, code: ENOENT)) {
            try Recording(RecordingOptions(path: path), linkType: .ethernet, snapshotLength: 65535, now: 0)
        }
    }

    @Test("goes on in another file when the first was moved away, and in the same when it was not")
    func reopen() throws {
        let folder = try ScratchFolder()
        let packets = TrafficGenerator.packets(30, seed: 46)
        let recording = try Recording(
            RecordingOptions(path: folder.path("a.pcap")), linkType: .ethernet, snapshotLength: 65535,
            now: packets[0].time)
        for (place, packet) in packets.enumerated() {
            if place == 10 { recording.reopen() }
            if place == 20 {
                try FileManager.default.moveItem(atPath: folder.path("a.pcap"), toPath: folder.path("b.pcap"))
                recording.reopen()
            }
            let record = PacketRecord(
                timestamp: packet.time, number: 1, capturedLength: UInt32(packet.bytes.count),
                originalLength: UInt32(packet.wireBytes), linkType: .ethernet, interface: 0, isTimed: true)
            _ = packet.bytes.withUnsafeBytes { recording.write(record, $0.bytes) }
        }
        recording.finish()
        expectSame(try read([folder.path("b.pcap")]), Array(packets.prefix(20)))
        expectSame(try read([folder.path("a.pcap")]), Array(packets.dropFirst(20)))
    }
}
