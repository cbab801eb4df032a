// libFuzzer's entry for the reader of captures: `make fuzz-capture`. The input is a capture file as it is.

import Glibc
import Packets

@testable import Capture

/// What the reader makes of a file.
private struct Reading: Equatable {
    var packets: [ReadPacket] = []
    var error: CaptureError?

    /// Whether the same was read. How much a decompressor gives back before it finds damage depends on the pieces.
    func agrees(with other: Reading) -> Bool {
        guard isDamagedCompression || other.isDamagedCompression else { return self == other }
        return zip(packets, other.packets).allSatisfy { $0 == $1 }
    }

    private var isDamagedCompression: Bool {
        if case .damagedCompression? = error { true } else { false }
    }
}

/// Reads a file at once, then in small pieces, then in two parts as after a restart; and compares with libpcap.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let file = NamelessFile(bytes)
    // What else there is to choose comes from the bytes, so that any capture is an input.
    let choice = bytes.reduce(0) { ($0 &* 31) &+ Int($1) } & 0xFFFF
    let whole = readStream(file.input)
    let pieces = readPieces(file.input, capacity: 1 + choice % 97, limit: 1 + choice % 7)
    guard pieces.agrees(with: whole) else {
        fatalError("in pieces it reads something else: \(String(describing: pieces.error))")
    }
    readOn(file.input, behind: 1 + choice % 16, whole: whole)
    // libpcap knows no compression.
    guard CompressionFormat(magic: bytes) == nil else { return 0 }
    let agreement = LibpcapAgreement(
        bytes: bytes, packets: whole.packets, error: whole.error, libpcap: LibpcapReading(of: bytes))
    if let contradiction = agreement.contradiction { fatalError(contradiction) }
    return 0
}

/// A file without a name, with a path.
private final class NamelessFile {
    private let file: UnsafeMutablePointer<FILE>
    var input: CaptureInput { .path("/proc/self/fd/\(fileno(file))") }

    init(_ bytes: [UInt8]) {
        guard let file = tmpfile(), fwrite(bytes, 1, bytes.count, file) == bytes.count, fflush(file) == 0 else {
            fatalError("no room for a file")
        }
        self.file = file
    }

    deinit { fclose(file) }
}

private func readStream(_ input: CaptureInput, resuming progress: CaptureProgress? = nil) -> Reading {
    guard let stream = try? CaptureStream(inputs: [input], resuming: progress) else {
        fatalError("a stream of one file")
    }
    var reading = Reading()
    while stream.readBatch() { reading.add(stream) }
    guard stream.errors.count <= 1 else { fatalError("a file is damaged once") }
    reading.error = stream.errors.first
    return reading
}

extension Reading {
    fileprivate mutating func add(_ stream: CaptureStream) {
        stream.forEachPacket { record, bytes in
            packets.append(ReadPacket(record: record, bytes: bytes.withUnsafeBytes { Array($0) }))
        }
    }
}

/// Reads with a buffer of few bytes, which has to be filled and to grow all the time.
private func readPieces(_ input: CaptureInput, capacity: Int, limit: Int) -> Reading {
    var reading = Reading()
    let batch = PacketBatch(capacity: limit)
    do throws(CaptureError) {
        let reader = try CaptureReader(CaptureSource(input: input), capacity: capacity)
        while true {
            batch.removeAll()
            let outcome = reader.read(into: batch, limits: ParseLimits(count: limit, time: .max))
            for index in 0..<batch.count {
                reading.packets.append(
                    ReadPacket(record: batch.records[index], bytes: Array(batch.bytes(at: index))))
            }
            switch outcome {
            case .batchFull, .bytesInUse: continue
            case .later: fatalError("nothing is later than the end of time")
            case .ended: return reading
            case .failed(let error): throw error
            }
        }
    } catch {
        reading.error = error
    }
    return reading
}

/// Stops behind so many packets, and reads the rest with another stream.
private func readOn(_ input: CaptureInput, behind count: Int, whole: Reading) {
    guard let stream = try? CaptureStream(inputs: [input]) else { fatalError("a stream of one file") }
    guard stream.readBatch(upTo: count) else { return }
    var reading = Reading()
    reading.add(stream)
    let rest = readStream(input, resuming: stream.progress)
    reading.packets += rest.packets
    reading.error = stream.errors.first ?? rest.error
    guard reading.agrees(with: whole) else {
        fatalError("after a restart it reads something else: \(String(describing: reading.error))")
    }
}
