/// How far a stream of captures was read, between two batches: enough to go on from there in another process.
public struct CaptureProgress: Hashable, Sendable {
    /// How far one capture was read.
    public struct Source: Hashable, Sendable {
        public var position: CaptureStream.Position
        /// When the next packet is due, as far as that was known: `Int64.min` for at once; `nil` behind the last one.
        public var due: Int64?
        /// Bytes of the file, compressed or not, that were read.
        public var bytesRead: UInt64

        public init(position: CaptureStream.Position, due: Int64?, bytesRead: UInt64) {
            self.position = position
            self.due = due
            self.bytesRead = bytesRead
        }
    }

    /// In the order of ``CaptureStream/sourceNames``.
    public var sources: [Source]
    public var packetsReceived: UInt64
    public var packetsPassed: UInt64

    public init(sources: [Source], packetsReceived: UInt64, packetsPassed: UInt64) {
        self.sources = sources
        self.packetsReceived = packetsReceived
        self.packetsPassed = packetsPassed
    }
}

extension CaptureReader {
    /// Opens a capture and skips what was read of it before. Compressed captures are decompressed up to there, and
    /// pcapng is searched for descriptions of interfaces. Throws ``CaptureError/cannotResume(_:offset:reason:)`` where
    /// no record begins at the position.
    convenience init(
        _ capture: CaptureSource, capacity: Int, skipping position: CaptureStream.Position
    ) throws(CaptureError) {
        try self.init(capture, capacity: capacity)
        guard position.offset > 0 else { return }
        do throws(CaptureError) {
            guard try skip(to: position) else {
                throw .cannotResume(name, offset: position.offset, reason: "no record begins there")
            }
        } catch {
            if case .cannotResume = error { throw error }
            throw .cannotResume(name, offset: position.offset, reason: "\(error)")
        }
    }
}
