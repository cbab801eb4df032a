import Capture
import Foundation
import Packets
import Testing

/// What a stream gave.
struct ReadResult {
    var packets: [ReadPacket] = []
    var errors: [CaptureError] = []
    var received: UInt64 = 0

    var records: [PacketRecord] { packets.map(\.record) }
    var timestamps: [Int64] { packets.map(\.record.timestamp) }
    var messages: [String] { errors.map(\.description) }
}

/// Reads inputs to their end.
func read(_ inputs: [CaptureInput], filter: String? = nil, batch: Int = 256) throws -> ReadResult {
    let stream = try CaptureStream(inputs: inputs, filter: filter)
    var result = ReadResult()
    while stream.readBatch(upTo: batch) {
        #expect(stream.count <= batch)
        stream.forEachPacket { record, bytes in
            #expect(bytes.byteCount == Int(record.capturedLength))
            let copy = bytes.withUnsafeBytes { Array($0) }
            result.packets.append(ReadPacket(record: record, bytes: copy))
        }
    }
    #expect(!stream.readBatch(), "a stream that has ended stays at its end")
    result.errors = stream.errors
    result.received = stream.packetsReceived
    #expect(stream.packetsPassed == UInt64(result.packets.count))
    return result
}

func read(_ paths: [String], filter: String? = nil, batch: Int = 256) throws -> ReadResult {
    try read(paths.map { .path($0) }, filter: filter, batch: batch)
}

/// A folder for one test's files, removed with its last reference.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "capture-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and gives its path. (Foundation would flush each one to the disk: thousands take long.)
    func write(_ bytes: [UInt8], as name: String = "a.pcap") throws -> String {
        let file = path + "/" + name
        let handle = try #require(fopen(file, "w"))
        defer { fclose(handle) }
        try #require(fwrite(bytes, 1, bytes.count, handle) == bytes.count)
        return file
    }
}

/// Reads bytes as a capture file called `a.pcap`; its folder is removed from the messages.
func read(bytes: [UInt8], filter: String? = nil, batch: Int = 256) throws -> (
    result: ReadResult, messages: [String]
) {
    let folder = try TemporaryFolder()
    let result = try read([folder.write(bytes)], filter: filter, batch: batch)
    return (result, result.messages.map { $0.replacing(folder.path + "/", with: "") })
}

/// Captures of other projects and the truth about them, which lie beside the project where it is developed.
enum SharedCaptures {
    /// The folder `shared/captures` beside the package, or beside the folder that a worktree is in.
    static let folder: URL? = {
        var directory = URL(filePath: #filePath)
        for _ in 0..<3 { directory.deleteLastPathComponent() }
        for _ in 0..<2 {
            directory.deleteLastPathComponent()
            let candidate = directory.appending(path: "shared/captures")
            if FileManager.default.fileExists(atPath: candidate.appending(path: "dev").path) { return candidate }
        }
        return nil
    }()

    /// The names of the captures; empty where they are not there.
    static let names: [String] = {
        guard let folder else { return [] }
        let found = try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "dev").path)
        return (found ?? []).sorted()
    }()

    static func path(_ name: String) throws -> String {
        try #require(folder).appending(path: "dev").appending(path: name).path
    }
}
