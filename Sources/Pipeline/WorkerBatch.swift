import EventTime
import Flows

/// Packets on their way to one worker.
final class WorkerBatch: @unchecked Sendable {
    static let capacity = 512
    private let packets = UnsafeMutablePointer<FlowPacket>.allocate(capacity: WorkerBatch.capacity)
    private(set) var count = 0
    /// Event time as it has come for these packets, where it is not each one's own.
    var clock: Nanoseconds?

    deinit { packets.deallocate() }

    /// How many more it can take.
    var room: Int { Self.capacity - count }

    /// Adds packets, for which there is room.
    @inline(__always)
    func append(_ more: UnsafeBufferPointer<FlowPacket>) {
        precondition(more.count <= room)
        guard let first = more.baseAddress else { return }
        (packets + count).initialize(from: first, count: more.count)
        count += more.count
    }

    func removeAll() {
        count = 0
        clock = nil
    }

    var contents: UnsafeBufferPointer<FlowPacket> { UnsafeBufferPointer(start: packets, count: count) }
}
