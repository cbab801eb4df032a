import Capture
import Foundation
import TestSupport
import Testing

/// A capture of one packet, with `mark` as its only byte.
private func onePacket(at second: UInt32, mark: UInt8 = 0) -> [UInt8] {
    var capture = PcapBuilder()
    capture.packet(seconds: second, [mark])
    return capture.bytes
}

@Suite("An input")
struct InputTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The messages without the folder's path.
    private func messages(_ result: ReadResult) -> [String] {
        result.messages.map { $0.replacing(folder.path, with: "DIR") }
    }

    @Test("of the command line is a path, or - for the standard input")
    func argument() {
        #expect(CaptureInput(argument: "-") == .standardInput)
        #expect(CaptureInput(argument: "./-") == .path("./-"))
    }

    @Test("that is missing is named, and the others are read")
    func missing() throws {
        let good = try folder.write(onePacket(at: 1))
        let result = try read([folder.path + "/no", good, good + "/no"])
        #expect(result.packets.count == 1)
        #expect(messages(result) == ["DIR/no: No such file or directory", "DIR/a.pcap/no: Not a directory"])
        #expect(result.errors.map(\.category) == [.missing, .missing])
    }

    @Test("that may not be read is named", .enabled(if: geteuid() != 0, "root may read everything"))
    func unreadable() throws {
        let path = try folder.write(onePacket(at: 1))
        chmod(path, 0)
        let result = try read([path])
        #expect(messages(result) == ["DIR/a.pcap: Permission denied"])
        #expect(result.errors.map(\.category) == [.missing])
    }

    @Test("that opens and then cannot be read is named with the place")
    func readError() throws {
        // The first page of the process's own memory is never mapped.
        let result = try read(["/proc/self/mem"])
        #expect(result.messages == ["/proc/self/mem: byte 0: Input/output error"])
        #expect(result.errors.map(\.category) == [.missing])
    }

    @Test("that is empty, or no capture, is damaged, and says what was found")
    func notACapture() throws {
        let cases: [(String, [UInt8], String)] = [
            ("empty", [], "empty file"),
            ("short", [0xD4], "not a capture: it begins with the bytes d4"),
            ("text", Array("hello, world".utf8), "not a capture: it begins with the bytes 68 65 6c 6c 6f 2c 20 77"),
            (
                "snoop", Array("snoop\0\0\0".utf8) + [0, 0, 0, 2],
                "not a capture: it begins with the bytes 73 6e 6f 6f 70 00 00 00 "
                    + "(a snoop capture; convert it to pcap or pcapng)"
            ),
            (
                "header", Array(PcapBuilder().bytes[..<23]),
                "packet 1, byte 0: truncated header: 24 bytes needed, 23 left"
            ),
        ]
        for (name, bytes, message) in cases {
            let result = try read([folder.write(bytes, as: name)])
            #expect(messages(result) == ["DIR/\(name): \(message)"])
            #expect(result.errors.map(\.category) == [.damaged])
        }
    }

    @Test("that is a directory stands for its files, by name; hidden ones and folders apart")
    func directory() throws {
        for (index, name) in ["b.pcap", "a.pcap", "c"].enumerated() {
            _ = try folder.write(onePacket(at: 5, mark: UInt8(index)), as: name)
        }
        _ = try folder.write([1], as: ".hidden")
        try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: false)
        _ = try folder.write([1], as: "sub/d")
        for spelling in [folder.path, folder.path + "/"] {
            let stream = try CaptureStream(inputs: [.path(spelling)])
            #expect(stream.sourceNames == ["a.pcap", "b.pcap", "c"].map { folder.path + "/" + $0 })
            let result = try read([spelling])
            #expect(result.packets.map(\.bytes) == [[1], [0], [2]])
            #expect(result.errors.isEmpty)
        }
        _ = try folder.write(Array("notes".utf8), as: "README")
        #expect(
            try messages(read([folder.path])) == [
                "DIR/README: not a capture: it begins with the bytes 6e 6f 74 65 73"
            ])
    }

    @Test("that is a directory without files is an error")
    func emptyDirectory() throws {
        let result = try read([folder.path])
        #expect(messages(result) == ["DIR: no captures in this directory"])
        #expect(result.errors.map(\.category) == [.missing])
    }

    @Test("given twice is read twice")
    func twice() throws {
        let path = try folder.write(onePacket(at: 1))
        #expect(try read([path, path]).packets.count == 2)
    }

    @Test("damaged in the middle does not stop the others")
    func damagedMiddle() throws {
        var capture = PcapBuilder()
        capture.packet(seconds: 10, [1])
        capture.packet(seconds: 20, [2], captured: 99)
        let first = try folder.write(capture.bytes, as: "1")
        var other = PcapBuilder()
        for second in [5, 15, 25] as [UInt32] { other.packet(seconds: second, [3]) }
        let result = try read([first, folder.write(other.bytes, as: "2")])
        #expect(result.timestamps == [5, 10, 15, 25].map { $0 * 1_000_000_000 })
        #expect(messages(result) == ["DIR/1: packet 2, byte 41: truncated record: 99 bytes claimed, 1 left"])
    }

    @Test(
        "can be a named pipe, compressed or not, alone or among others", arguments: [nil, CompressionFormat.gzip])
    func pipe(format: CompressionFormat?) throws {
        var capture = PcapBuilder()
        var state: UInt32 = 1
        for second in 0..<5000 as Range<UInt32> {
            state = state &* 1_664_525 &+ 1_013_904_223
            capture.packet(seconds: 2 * second, (0..<90).map { UInt8(truncatingIfNeeded: state >> ($0 % 24)) })
        }
        let bytes = try format.map { try compress(capture.bytes, $0) } ?? capture.bytes
        let path = folder.path + "/pipe"
        for others in [[], [try folder.write(onePacket(at: 7))]] {
            #expect(mkfifo(path, 0o600) == 0)
            let writer = Thread {
                guard let handle = FileHandle(forWritingAtPath: path) else { return }
                // A few bytes at a time at first: headers arrive in pieces.
                for index in 0..<100 { handle.write(Data(bytes[index..<index + 1])) }
                handle.write(Data(bytes[100...]))
                try? handle.close()
            }
            writer.start()
            let result = try read([path] + others)
            #expect(result.packets.count == 5000 + others.count)
            #expect(result.timestamps == result.timestamps.sorted())
            #expect(result.errors.isEmpty)
            unlink(path)
        }
    }

    @Test("has a size and a position; a pipe has no size")
    func progress() throws {
        let bytes = onePacket(at: 1)
        let paths = try [folder.write(bytes, as: "1"), folder.write(bytes, as: "2")]
        let stream = try CaptureStream(inputs: paths.map { .path($0) })
        #expect(stream.totalBytes == UInt64(2 * bytes.count))
        #expect(stream.readBatch(upTo: 1))
        #expect(stream.positions.map(\.packets) == [1, 0])
        #expect(stream.positions.map(\.offset) == [41, 0])
        while stream.readBatch() {}
        #expect(stream.positions.map(\.packets) == [1, 1])
        #expect(stream.bytesRead == stream.totalBytes)

        let path = folder.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        #expect(try CaptureStream(inputs: [.path(paths[0]), .path(path)]).totalBytes == nil)
    }
}

@Suite("The standard input", .serialized)
struct StandardInputTests {
    @Test("is a capture like others, compressed or not", arguments: [nil, CompressionFormat.gzip])
    func standardInput(format: CompressionFormat?) throws {
        var capture = PcapBuilder()
        for second in 0..<300 as Range<UInt32> { capture.packet(seconds: second, [7]) }
        let bytes = try format.map { try compress(capture.bytes, $0) } ?? capture.bytes
        var ends: [CInt] = [0, 0]
        #expect(Glibc.pipe(&ends) == 0)
        let saved = dup(STDIN_FILENO)
        dup2(ends[0], STDIN_FILENO)
        close(ends[0])
        defer {
            dup2(saved, STDIN_FILENO)
            close(saved)
        }
        // Small enough for the pipe to take it whole.
        FileHandle(fileDescriptor: ends[1]).write(Data(bytes))
        close(ends[1])
        let result = try read([.standardInput])
        #expect(result.packets.count == 300)
        #expect(result.errors.isEmpty)
    }

    @Test("cannot be given twice")
    func twice() {
        #expect(throws: CaptureError.standardInputTwice) {
            try CaptureStream(inputs: [.standardInput, .standardInput])
        }
        #expect(CaptureError.standardInputTwice.category == .usage)
    }
}
