import CZlib

/// gzip through zlib: members one after the other, and zero bytes behind the last (tapes pad with them).
final class GzipCodec: DecompressionCodec {
    // zlib keeps a pointer back to its stream, so the stream may not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isOpen = false
    private(set) var isBetweenFrames = false

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: the largest window; 16: gzip headers and nothing else.
        isOpen = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isOpen { inflateEnd(stream) }
        stream.deallocate()
    }

    func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecompressionStep {
        var step = DecompressionStep()
        guard isOpen else {
            step.failure = "out of memory"
            return step
        }
        if isBetweenFrames {
            let padding = input.prefix { $0 == 0 }.count
            if padding > 0 || input.isEmpty {
                step.consumed = padding
                return step
            }
            inflateReset(stream)
            isBetweenFrames = false
        }
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let room = UInt32(clamping: output.count)
        stream.pointee.avail_out = room
        let status = inflate(stream, Z_NO_FLUSH)
        step.consumed = input.count - Int(stream.pointee.avail_in)
        step.produced = Int(room - stream.pointee.avail_out)
        switch status {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: isBetweenFrames = true
        default: step.failure = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
        }
        return step
    }
}
