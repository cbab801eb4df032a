internal import CLZ4

/// Compresses bytes into a file, as one LZ4 frame.
///
/// The header names the content's size, which is known at the end: room is left for it, and it is put there last.
final class FrameWriter {
    private let file: any CheckpointFileWriting
    private let context: OpaquePointer
    private let output: UnsafeMutableRawBufferPointer
    private(set) var contentByteCount: UInt64 = 0
    /// Of what stands behind the header.
    private var body = Checksum()
    private var bodyByteCount: UInt64 = 0

    init(_ file: any CheckpointFileWriting) throws(CheckpointError) {
        var context: OpaquePointer?
        try FrameFormat.check(LZ4F_createCompressionContext(&context, UInt32(LZ4F_VERSION)))
        guard let context else { throw .compression("out of memory") }
        self.context = context
        self.file = file
        var preferences = FrameFormat.preferences(contentByteCount: 0)
        let most = LZ4F_compressBound(FrameFormat.chunkByteCount, &preferences)
        output = .allocate(byteCount: max(most, 64), alignment: 16)
        // The library's own header, without the size, is not written: blocks do not depend on it.
        try FrameFormat.check(LZ4F_compressBegin(context, output.baseAddress, output.count, &preferences))
        try file.writeAll([UInt8](repeating: 0, count: FrameFormat.headerByteCount))
    }

    deinit {
        LZ4F_freeCompressionContext(context)
        output.deallocate()
    }

    /// Compresses and writes the next bytes.
    func add(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let chunk = UnsafeRawBufferPointer(rebasing: rest.prefix(FrameFormat.chunkByteCount))
            rest = rest.dropFirst(chunk.count)
            contentByteCount += UInt64(chunk.count)
            try writeBody(
                try FrameFormat.check(
                    LZ4F_compressUpdate(
                        context, output.baseAddress, output.count, chunk.baseAddress, chunk.count, nil)))
        }
    }

    /// Ends the frame and flushes the file to disk; gives what the manifest says of it.
    func finish(name: String, stateVersion: UInt32, isChanges: Bool) throws(CheckpointError) -> CheckpointPart {
        try writeBody(
            try FrameFormat.check(LZ4F_compressEnd(context, output.baseAddress, output.count, nil)))
        let header = try header()
        try file.rewriteStart(header)
        try file.synchronise()
        var whole = Checksum()
        header.withUnsafeBytes { whole.add($0) }
        whole.add(body, byteCount: bodyByteCount)
        return CheckpointPart(
            name: name, stateVersion: stateVersion, isChanges: isChanges, contentByteCount: contentByteCount,
            contentChecksum: nil, byteCount: UInt64(header.count) + bodyByteCount,
            checksum: whole.value)
    }

    /// The frame's header with the content's size.
    private func header() throws(CheckpointError) -> [UInt8] {
        if contentByteCount == 0 { return FrameFormat.emptyHeader }
        var context: OpaquePointer?
        try FrameFormat.check(LZ4F_createCompressionContext(&context, UInt32(LZ4F_VERSION)))
        defer { LZ4F_freeCompressionContext(context) }
        var preferences = FrameFormat.preferences(contentByteCount: contentByteCount)
        var header = [UInt8](repeating: 0, count: 64)
        let count = try FrameFormat.check(
            LZ4F_compressBegin(context, &header, header.count, &preferences))
        header.removeSubrange(count...)
        precondition(header.count == FrameFormat.headerByteCount, "the header's room")
        return header
    }

    private func writeBody(_ count: Int) throws(CheckpointError) {
        let bytes = UnsafeRawBufferPointer(rebasing: output[..<count])
        body.add(bytes)
        bodyByteCount += UInt64(count)
        try file.writeAll(bytes)
    }
}
