// libFuzzer's entry for the reader of checkpoints: `make fuzz-checkpoint`.

import EventTime

@testable import CheckpointStore

/// A folder of one part, from the fuzzer's bytes.
private struct FuzzedStorage: CheckpointStorage {
    let files: [String: [UInt8]]
    var location: String { "fuzz" }

    func names() throws(CheckpointError) -> [String] { ["checkpoint"] }
    func open(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileReading {
        guard let bytes = files[file] else { throw .noPart(checkpoint: folder, part: file) }
        return FuzzedFile(bytes)
    }

    // The reader writes nothing.
    private var refusal: CheckpointError { .compression("read only") }
    func makeFolder(_ folder: String) throws(CheckpointError) { throw refusal }
    func makeFile(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileWriting {
        throw refusal
    }
    func synchronise(folder: String) throws(CheckpointError) { throw refusal }
    func synchronise() throws(CheckpointError) { throw refusal }
    func rename(_ folder: String, to name: String) throws(CheckpointError) { throw refusal }
    func remove(_ folder: String) throws(CheckpointError) { throw refusal }
    func lock() throws(CheckpointError) -> any CheckpointLock { throw refusal }
}

private final class FuzzedFile: CheckpointFileReading {
    private let bytes: [UInt8]
    private var position = 0
    var byteCount: UInt64 { UInt64(bytes.count) }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// In pieces of at most 61 bytes, so that everything falls apart somewhere.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Int {
        let part = bytes[position...].prefix(min(61, buffer.count))
        buffer.copyBytes(from: part)
        position += part.count
        return part.count
    }
}

/// The first byte says what the others are: a manifest's text before its checksum, which is added so that the parser
/// is reached; the same as it is; or a content length of three bytes and an LZ4 frame.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard let kind = UnsafeBufferPointer(start: start, count: count).first else { return 0 }
    let bytes = Array(UnsafeBufferPointer(start: start, count: count).dropFirst())
    switch kind % 3 {
    case 0:
        let tail = "\n  \"manifest_crc32\": \"\(Checksum.text(Checksum.of(bytes)))\"\n}\n"
        readManifest(bytes + tail.utf8)
    case 1: readManifest(bytes)
    default: readPart(bytes)
    }
    return 0
}

private func readManifest(_ bytes: [UInt8]) {
    guard let manifest = try? CheckpointManifest(bytes, checkpoint: "fuzz") else { return }
    let again = try? CheckpointManifest(manifest.bytes, checkpoint: "fuzz")
    precondition(again == manifest, "a manifest that was read is written so that it is read again")
}

private func readPart(_ bytes: [UInt8]) {
    guard bytes.count >= 3 else { return }
    let frame = Array(bytes.dropFirst(3))
    let contentByteCount = UInt64(bytes[0]) | UInt64(bytes[1]) << 8 | UInt64(bytes[2]) << 16
    let part = CheckpointPart(
        name: "part", stateVersion: 1, contentByteCount: contentByteCount, contentChecksum: nil,
        byteCount: UInt64(frame.count), checksum: Checksum.of(frame))
    let manifest = CheckpointManifest(
        kind: .checkpoint, sequence: 1, created: 0, description: CheckpointDescription(tidemarkVersion: ""),
        parts: [part])
    let storage = FuzzedStorage(files: [part.fileName: frame, CheckpointManifest.fileName: manifest.bytes])
    guard let checkpoint = try? CheckpointCatalog(storage).open("checkpoint") else { return }
    _ = checkpoint.problems()
    guard var state = try? checkpoint.decoder(of: "part") else { return }
    _ = try? [String: [UInt32?]](from: &state)
    precondition(state.offset <= contentByteCount, "no more is decoded than was promised")
}
