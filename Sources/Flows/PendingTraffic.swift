/// Both directions' traffic in one slice that was not handed on yet, the low endpoint's first, in 24 bytes.
///
/// Each number stays below 2^31: a packet with which one would not is not taken (``add(_:)``).
@frozen @usableFromInline struct PendingTraffic: BitwiseCopyable, Sendable {
    @usableFromInline var bytes: InlineArray<2, UInt32> = [0, 0]
    @usableFromInline var wireBytes: InlineArray<2, UInt32> = [0, 0]
    @usableFromInline var packets: InlineArray<2, UInt32> = [0, 0]

    @inlinable init() {}

    @inlinable var isEmpty: Bool { packets[unchecked: 0] | packets[unchecked: 1] == 0 }

    @inlinable var fromLow: Traffic { traffic(0) }
    @inlinable var fromHigh: Traffic { traffic(1) }

    @inlinable @inline(__always)
    func traffic(_ direction: Int) -> Traffic {
        Traffic(
            packets: UInt64(packets[unchecked: direction]), bytes: UInt64(bytes[unchecked: direction]),
            wireBytes: UInt64(wireBytes[unchecked: direction]))
    }

    /// Adds a packet; false where it does not fit, and nothing was added. Which way it goes cannot be foreseen: an
    /// index, no branch.
    @inlinable @inline(__always)
    mutating func add(_ packet: UnsafePointer<FlowPacket>) -> Bool {
        let direction = packet.pointee.direction
        let (lowBytes, frame) = (packet.pointee.lowBytes, packet.pointee.wireBytes)
        let newBytes = bytes[unchecked: direction] &+ lowBytes
        let newWireBytes = wireBytes[unchecked: direction] &+ frame
        let newPackets = packets[unchecked: direction] &+ 1
        // Two numbers below 2^31 have a sum below 2^32. The top bit of the packet's bits is that its bytes have one more.
        let all = newBytes | lowBytes | newWireBytes | frame | newPackets
        guard Int32(bitPattern: all) | Int32(Int8(bitPattern: packet.pointee.bits)) >= 0 else { return false }
        bytes[unchecked: direction] = newBytes
        wireBytes[unchecked: direction] = newWireBytes
        packets[unchecked: direction] = newPackets
        return true
    }
}
