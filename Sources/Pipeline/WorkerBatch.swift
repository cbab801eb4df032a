import Flows

/// Packets on their way to one worker.
final class WorkerBatch: @unchecked Sendable {
    static let capacity = 512
    let packets = UnsafeMutablePointer<FlowPacket>.allocate(capacity: WorkerBatch.capacity)
    var count = 0

    deinit { packets.deallocate() }

    var isFull: Bool { count == Self.capacity }

    @inline(__always)
    func append(_ packet: FlowPacket) {
        (packets + count).initialize(to: packet)
        count += 1
    }

    var contents: UnsafeMutableBufferPointer<FlowPacket> {
        UnsafeMutableBufferPointer(start: packets, count: count)
    }
}
