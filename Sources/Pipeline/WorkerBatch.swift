import EventTime
import Flows

/// Packets on their way to one worker.
final class WorkerBatch: @unchecked Sendable {
    static let capacity = 512
    /// Each a cache line.
    private let packets = UnsafeMutableRawPointer.allocate(
        byteCount: WorkerBatch.capacity * MemoryLayout<FlowPacket>.stride, alignment: 64
    ).bindMemory(to: FlowPacket.self, capacity: WorkerBatch.capacity)
    /// The hash of each packet's key: worked out where the packet is copied anyway, by the thread with less to do.
    private let packetHashes = UnsafeMutablePointer<UInt32>.allocate(capacity: WorkerBatch.capacity)
    private(set) var count = 0
    /// Event time as it has come for these packets, where it is not each one's own.
    var clock: Nanoseconds?

    deinit {
        packets.deallocate()
        packetHashes.deallocate()
    }

    /// How many more it can take.
    var room: Int { Self.capacity - count }

    /// Adds packets, for which there is room.
    @inline(__always)
    func append(_ more: UnsafeBufferPointer<FlowPacket>) {
        precondition(more.count <= room)
        guard let first = more.baseAddress else { return }
        for index in 0..<more.count {
            (packets + count + index).initialize(to: first[index])
            packetHashes[count + index] = first[index].key.tableHash
        }
        count += more.count
    }

    func removeAll() {
        count = 0
        clock = nil
    }

    var hashes: UnsafePointer<UInt32> { UnsafePointer(packetHashes) }

    var contents: UnsafeBufferPointer<FlowPacket> { UnsafeBufferPointer(start: packets, count: count) }
}
