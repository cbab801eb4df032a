public import Packets

/// A fixed number of packets: their records, and where their bytes are. The bytes belong to the readers that
/// added them, which keep them in place until the batch is emptied.
@usableFromInline
final class PacketBatch {
    @usableFromInline let records: UnsafeMutablePointer<PacketRecord>
    @usableFromInline let starts: UnsafeMutablePointer<UnsafeRawPointer>
    let capacity: Int
    @usableFromInline var count = 0
    /// Grows each time the batch is emptied: readers may move their bytes again.
    private(set) var generation: UInt64 = 0

    init(capacity: Int) {
        self.capacity = capacity
        records = .allocate(capacity: capacity)
        starts = .allocate(capacity: capacity)
    }

    deinit {
        // PacketRecord and pointers are trivial: there is nothing to deinitialize.
        records.deallocate()
        starts.deallocate()
    }

    func removeAll() {
        count = 0
        generation += 1
    }

    /// Puts a packet at an index that is not below ``count``; it belongs to the batch when ``count`` says so. The
    /// loops over packets keep their count to themselves, which saves memory traffic.
    @inline(__always)
    func set(_ index: Int, to record: PacketRecord, start: UnsafeRawPointer) {
        precondition(index >= 0 && index < capacity, "the batch is full")
        (records + index).initialize(to: record)
        (starts + index).initialize(to: start)
    }

    /// The bytes of a packet.
    @inlinable
    func bytes(at index: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: starts[index], count: Int(records[index].capturedLength))
    }

    /// Keeps the packets that satisfy the predicate, in order.
    func filter(_ isIncluded: (PacketRecord, UnsafeRawPointer) -> Bool) {
        var kept = 0
        for index in 0..<count where isIncluded(records[index], starts[index]) {
            records[kept] = records[index]
            starts[kept] = starts[index]
            kept += 1
        }
        count = kept
    }
}
