public import EventTime
import Packets

/// What the table keeps of a live flow beside its key. `Attachment` is the consumer's own part.
///
/// The order of the fields is that of use: with the key, what a packet touches fills two cache lines.
@frozen public struct FlowState<Attachment: BitwiseCopyable & Sendable>: BitwiseCopyable, Sendable {
    @usableFromInline var tcp = TCPState()
    @usableFromInline var initiatorIsHigh: Bool
    @usableFromInline var hasPorts: Bool
    /// The flow stands in the table's list of flows with pending traffic.
    @usableFromInline var isListed = false
    /// Time of the earliest and of the latest packet.
    @usableFromInline var start: Nanoseconds
    @usableFromInline var last: Nanoseconds
    /// The slice to which `pending` belongs: `Int64.min` before the first packet, `Int64.min + 1` where all was handed
    /// on.
    @usableFromInline var slice = Int64.min
    /// Traffic not yet handed to the sink.
    @usableFromInline var pending = PendingTraffic()
    /// Traffic already handed to the sink.
    @usableFromInline var fromLow = Traffic()
    @usableFromInline var fromHigh = Traffic()
    public var attachment: Attachment
    /// Fills the last of four cache lines, so that no flow straddles a fifth.
    @usableFromInline var padding: UInt64 = 0

    @inlinable init(_ packet: FlowPacket, initiatorIsHigh: Bool, attachment: Attachment) {
        start = packet.time
        last = packet.time
        self.initiatorIsHigh = initiatorIsHigh
        hasPorts = packet.hasPorts
        self.attachment = attachment
    }

    /// The flow as it is reported.
    func record(key: FlowKey, endReason: FlowRecord.EndReason) -> FlowRecord {
        var (low, high) = (fromLow, fromHigh)
        low += pending.fromLow
        high += pending.fromHigh
        let (source, destination) = initiatorIsHigh ? (high, low) : (low, high)
        return FlowRecord(
            start: start, end: last,
            source: initiatorIsHigh ? key.highAddress : key.lowAddress,
            destination: initiatorIsHigh ? key.lowAddress : key.highAddress,
            sourcePort: initiatorIsHigh ? key.highPort : key.lowPort,
            destinationPort: initiatorIsHigh ? key.lowPort : key.highPort,
            transport: key.transport, hasPorts: hasPorts,
            sourcePackets: source.packets, destinationPackets: destination.packets,
            sourceBytes: source.bytes, destinationBytes: destination.bytes,
            sourceWireBytes: source.wireBytes, destinationWireBytes: destination.wireBytes,
            sourceTCPFlags: initiatorIsHigh ? tcp.highFlags : tcp.lowFlags,
            destinationTCPFlags: initiatorIsHigh ? tcp.lowFlags : tcp.highFlags,
            endReason: endReason)
    }
}

/// Both directions' traffic in one slice, the low endpoint's first, in 40 bytes.
@frozen @usableFromInline struct PendingTraffic: BitwiseCopyable, Sendable {
    @usableFromInline var bytes: InlineArray<2, UInt64> = [0, 0]
    @usableFromInline var wireBytes: InlineArray<2, UInt64> = [0, 0]
    @usableFromInline var packets: InlineArray<2, UInt32> = [0, 0]

    @inlinable init() {}

    @inlinable var isEmpty: Bool { packets[unchecked: 0] | packets[unchecked: 1] == 0 }

    @inlinable var fromLow: Traffic { traffic(0) }
    @inlinable var fromHigh: Traffic { traffic(1) }

    @inlinable func traffic(_ direction: Int) -> Traffic {
        Traffic(
            packets: UInt64(packets[unchecked: direction]), bytes: bytes[unchecked: direction],
            wireBytes: wireBytes[unchecked: direction])
    }

    /// Adds a packet; true where another might not fit the counts. Which way it goes cannot be foreseen: an index, no
    /// branch.
    @inlinable @inline(__always)
    mutating func add(_ packet: UnsafePointer<FlowPacket>) -> Bool {
        let direction = packet.pointee.direction
        bytes[unchecked: direction] &+= packet.pointee.bytes
        wireBytes[unchecked: direction] &+= UInt64(packet.pointee.wireBytes)
        packets[unchecked: direction] &+= 1
        return packets[unchecked: direction] == .max
    }
}
