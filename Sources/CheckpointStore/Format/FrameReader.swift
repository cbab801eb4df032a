internal import CLZ4
internal import EventTime

/// Decompresses the one LZ4 frame in a file, chunk by chunk, and holds it to what the manifest says of it. The last
/// chunk is given out only when everything has been checked: lengths, CRC-32s, and the frame's own checksum.
///
/// Memory stays bounded whatever the bytes say: two chunks, and what the library takes for a block, at most 4 MiB.
final class FrameReader {
    private let file: any CheckpointFileReading
    private let part: CheckpointPart
    private let checkpoint: String
    private let context: OpaquePointer
    private let input: UnsafeMutableRawBufferPointer
    private var rest: Range<Int> = 0..<0
    private var bytesRead: UInt64 = 0
    private var checksum = Checksum()
    private var contentRead: UInt64 = 0
    private var contentChecksum = Checksum()
    private var isFrameOver = false

    init(
        _ file: any CheckpointFileReading, part: CheckpointPart, checkpoint: String
    ) throws(CheckpointError) {
        var context: OpaquePointer?
        try FrameFormat.check(LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION)))
        guard let context else { throw .compression("out of memory") }
        self.context = context
        self.file = file
        self.part = part
        self.checkpoint = checkpoint
        input = .allocate(byteCount: FrameFormat.chunkByteCount, alignment: 16)
        guard file.byteCount == part.byteCount else {
            throw damage("\(file.byteCount) bytes, where \(part.byteCount) were written")
        }
    }

    deinit {
        LZ4F_freeDecompressionContext(context)
        input.deallocate()
    }

    /// The next chunk of content; empty at the end.
    func next() throws(CheckpointError) -> [UInt8] {
        let left = part.contentByteCount - contentRead
        if left == 0 {
            if !isFrameOver { try finish() }
            return []
        }
        let room = Int(min(left, UInt64(FrameFormat.chunkByteCount)))
        var failure: CheckpointError?
        let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            do throws(CheckpointError) {
                count = try fill(UnsafeMutableRawBufferPointer(buffer))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        if part.contentChecksum != nil { chunk.withUnsafeBytes { contentChecksum.add($0) } }
        contentRead += UInt64(chunk.count)
        if contentRead == part.contentByteCount { try finish() }
        return chunk
    }

    /// Fills the buffer, which is not more than what the content should still have.
    private func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let produced = try step(UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
            filled += produced
            if isFrameOver && filled < buffer.count {
                throw damage(
                    "the LZ4 frame holds \(contentRead + UInt64(filled)) bytes, not \(part.contentByteCount)")
            }
        }
        return filled
    }

    /// Decompresses what fits; returns how many bytes that were.
    private func step(_ buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Int {
        if rest.isEmpty { try refill() }
        var consumed = rest.count
        var produced = buffer.count
        let result = LZ4F_decompress(
            context, buffer.baseAddress, &produced, input.baseAddress.map { $0 + rest.lowerBound }, &consumed,
            nil)
        guard LZ4F_isError(result) == 0 else {
            throw damage("LZ4: \(String(cString: LZ4F_getErrorName(result)))")
        }
        rest = rest.lowerBound + consumed..<rest.upperBound
        isFrameOver = result == 0
        return produced
    }

    private func refill() throws(CheckpointError) {
        let got = try file.read(into: input)
        guard got > 0 else { throw damage("cut off at byte \(bytesRead)") }
        // The library passes over frames that hold no content, of which the frame that is checked would be none.
        guard bytesRead > 0 || input.prefix(got).starts(with: FrameFormat.magic.prefix(got)) else {
            throw damage("no LZ4 frame")
        }
        rest = 0..<got
        bytesRead += UInt64(got)
        checksum.add(UnsafeRawBufferPointer(rebasing: input[rest]))
        guard bytesRead <= part.byteCount else { throw damage("it grows") }
    }

    /// Reads the frame's end, which holds no content, and checks everything.
    private func finish() throws(CheckpointError) {
        var surplus: UInt8 = 0
        while !isFrameOver {
            let produced = try withUnsafeMutableBytes(of: &surplus) { buffer throws(CheckpointError) in
                try step(buffer)
            }
            guard produced == 0 else {
                throw damage("the LZ4 frame holds more than \(part.contentByteCount) bytes")
            }
        }
        guard rest.isEmpty, bytesRead == part.byteCount else {
            throw damage("bytes follow the LZ4 frame")
        }
        guard checksum.value == part.checksum else { throw damage("the file's CRC-32 does not match") }
        if let expected = part.contentChecksum, contentChecksum.value != expected {
            throw damage("the content's CRC-32 does not match")
        }
    }

    private func damage(_ reason: String) -> CheckpointError {
        .damaged(checkpoint: checkpoint, part: part.fileName, reason: reason)
    }
}
