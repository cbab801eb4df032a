// Classic pcap: draft-ietf-opsawg-pcap, sections 4 and 5.

import EventTime
import Glibc

/// Why a capture could not be written.
struct CaptureWriteError: Error, CustomStringConvertible {
    let path: String
    let code: Int32

    var description: String { "\(path): \(String(cString: strerror(code)))" }
}

/// A classic pcap file being written, in the machine's own byte order, link type Ethernet.
struct CaptureWriter: ~Copyable {
    private static let bufferSize = 4 << 20
    private static let recordHeaderSize = 16

    private let path: String
    private let descriptor: Int32
    private let snapshotLength: Int
    private let hasNanoseconds: Bool
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 16)
    private var used = 0
    private(set) var packets = 0
    /// Bytes of the frames before they were cut.
    private(set) var wireBytes = 0

    /// Replaces the file at `path`.
    init(path: String, snapshotLength: Int, hasNanoseconds: Bool) throws(CaptureWriteError) {
        self.path = path
        self.snapshotLength = snapshotLength
        self.hasNanoseconds = hasNanoseconds
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CaptureWriteError(path: path, code: errno) }
        append(hasNanoseconds ? 0xA1B2_3C4D as UInt32 : 0xA1B2_C3D4)
        append(2 as UInt16)  // version 2.4
        append(4 as UInt16)
        append(0 as UInt64)
        append(UInt32(snapshotLength))
        append(1 as UInt32)  // LINKTYPE_ETHERNET
    }

    deinit {
        close(descriptor)
        buffer.deallocate()
    }

    /// Writes `frame`, cut to the snapshot length. `time` is not before 1970.
    mutating func write(_ frame: borrowing Frame, at time: Nanoseconds) throws(CaptureWriteError) {
        let captured = min(frame.count, snapshotLength)
        if used + Self.recordHeaderSize + captured > Self.bufferSize { try flush() }
        let fraction = time % .second
        append(UInt32(truncatingIfNeeded: time / .second))
        append(UInt32(hasNanoseconds ? fraction : fraction / 1_000))
        append(UInt32(captured))
        append(UInt32(frame.count))
        UnsafeMutableRawBufferPointer(rebasing: buffer[used...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: frame.bytes[..<captured]))
        used += captured
        packets += 1
        wireBytes += frame.count
    }

    /// Writes what is still held back; the capture is whole after this.
    mutating func flush() throws(CaptureWriteError) {
        var written = 0
        while written < used {
            let count = Glibc.write(descriptor, buffer.baseAddress! + written, used - written)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw CaptureWriteError(path: path, code: errno) }
            written += count
        }
        used = 0
    }

    private mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        buffer.storeBytes(of: number, toByteOffset: used, as: Number.self)
        used += MemoryLayout<Number>.size
    }
}
