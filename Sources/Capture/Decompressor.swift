/// A kind of compression that is read without unpacking the file first.
public enum CompressionFormat: String, Hashable, Sendable, CaseIterable {
    /// RFC 1952; any number of members, one after the other.
    case gzip
    /// RFC 8878; any number of frames, also skippable ones; windows of up to 128 MiB.
    case zstd
    /// LZ4 frames, format version 1.6; any number of them.
    case lz4

    /// The format of a file that begins with `bytes` (four of them suffice), or `nil`.
    init?(magic bytes: [UInt8]) {
        if bytes.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .zstd
        } else if bytes.starts(with: [0x04, 0x22, 0x4D, 0x18]) {
            self = .lz4
        } else if bytes.count >= 4, bytes[0] & 0xF0 == 0x50, bytes[1...3] == [0x2A, 0x4D, 0x18] {
            // A skippable frame: zstd and LZ4 share them, but only parallel zstd compressors begin with one.
            self = .zstd
        } else {
            return nil
        }
    }
}

/// What one step of decompression did.
struct DecompressionStep {
    var consumed = 0
    var produced = 0
    /// The library's words, where the compressed data are damaged.
    var failure: String?
}

/// The state of a decompression library. Called once per chunk.
protocol DecompressionCodec: AnyObject {
    /// Whether all input so far ends where a member or frame ends.
    var isBetweenFrames: Bool { get }
    /// Decompresses from `input` into `output` until one of them is used up; `input` may be empty, where the
    /// library still holds output back.
    func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecompressionStep
}

/// The decompressed bytes of a file. What precedes damage is delivered before the error.
final class Decompressor {
    private static let inputCapacity = 128 * 1024

    let file: InputFile
    private let format: CompressionFormat
    private let codec: any DecompressionCodec
    private let input: UnsafeMutableRawBufferPointer
    private var next = 0
    private var end = 0
    private var reachedEnd = false
    private var failure: CaptureError?

    init(_ file: InputFile, format: CompressionFormat) {
        self.file = file
        self.format = format
        input = .allocate(byteCount: Self.inputCapacity, alignment: 16)
        codec =
            switch format {
            case .gzip: GzipCodec()
            case .zstd: ZstdCodec()
            case .lz4: LZ4Codec()
            }
    }

    deinit { input.deallocate() }

    /// Reads decompressed bytes, at least one unless the file is at its end.
    func read(into output: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        if let failure { throw failure }
        while true {
            if next == end && !reachedEnd {
                next = 0
                end = try file.read(into: input)
                reachedEnd = end == 0
            }
            let step = codec.step(UnsafeRawBufferPointer(rebasing: input[next..<end]), into: output)
            next += step.consumed
            var reason = step.failure
            if step.produced == 0 && reason == nil {
                if next == end && reachedEnd {
                    if codec.isBetweenFrames { return 0 }
                    reason = "the compressed data end too early"
                } else if step.consumed == 0 && next < end {
                    reason = "the compressed data make no progress"
                }
            }
            if let reason {
                let offset = file.bytesRead - UInt64(end - next)
                // The reader knows which packet it was about to read and puts its number in.
                let error = CaptureError.damagedCompression(
                    file.name, packet: 0, offset: offset, format, reason: reason)
                failure = error
                if step.produced == 0 { throw error }
            }
            if step.produced > 0 { return step.produced }
        }
    }
}

/// The bytes of a capture, decompressed where that is needed.
enum ByteSource {
    case plain(InputFile)
    case compressed(Decompressor)

    init(_ file: InputFile) throws(CaptureError) {
        if let format = CompressionFormat(magic: try file.firstBytes(4)) {
            self = .compressed(Decompressor(file, format: format))
        } else {
            self = .plain(file)
        }
    }

    /// Passes over up to `count` bytes without reading them; `nil` where that is not possible. Never goes beyond the
    /// end of the file as it is now.
    func seek(ahead count: UInt64) -> UInt64? {
        switch self {
        case .plain(let file): file.seek(ahead: count)
        case .compressed: nil
        }
    }

    /// Reads what there is, at most as much as fits; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        switch self {
        case .plain(let file): try file.read(into: buffer)
        case .compressed(let decompressor): try decompressor.read(into: buffer)
        }
    }
}
