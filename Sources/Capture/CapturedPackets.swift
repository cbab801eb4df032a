public import Packets

/// The packets of a batch, as ``CaptureStream/withPackets(_:)`` shows them; valid there only.
@frozen public struct CapturedPackets {
    @usableFromInline let records: UnsafePointer<PacketRecord>
    @usableFromInline let starts: UnsafePointer<UnsafeRawPointer>
    public let count: Int

    @inlinable init(records: UnsafePointer<PacketRecord>, starts: UnsafePointer<UnsafeRawPointer>, count: Int) {
        (self.records, self.starts, self.count) = (records, starts, count)
    }

    /// The record of the packet at an index from 0 up to ``count``.
    @inlinable public subscript(index: Int) -> PacketRecord {
        precondition(index >= 0 && index < count)
        return records[index]
    }

    /// Its captured bytes.
    @inlinable public func bytes(at index: Int) -> UnsafeRawBufferPointer {
        precondition(index >= 0 && index < count)
        return UnsafeRawBufferPointer(start: starts[index], count: Int(records[index].capturedLength))
    }
}
