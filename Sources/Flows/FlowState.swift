public import EventTime
import Packets

/// What the table keeps of a live flow beside its key. `Attachment` is the consumer's own part.
@frozen public struct FlowState<Attachment: BitwiseCopyable & Sendable>: BitwiseCopyable, Sendable {
    /// Time of the earliest and of the latest packet.
    @usableFromInline var start: Nanoseconds
    @usableFromInline var last: Nanoseconds
    /// The slice to which `pendingFromLow` and `pendingFromHigh` belong.
    @usableFromInline var slice = Int64.min
    /// Traffic not yet handed to the sink.
    @usableFromInline var pendingFromLow = Traffic()
    @usableFromInline var pendingFromHigh = Traffic()
    /// Traffic already handed to the sink.
    @usableFromInline var fromLow = Traffic()
    @usableFromInline var fromHigh = Traffic()
    @usableFromInline var tcp = TCPState()
    @usableFromInline var initiatorIsHigh: Bool
    @usableFromInline var hasPorts: Bool
    /// The flow stands in the table's list of flows with pending traffic.
    @usableFromInline var isListed = false
    public var attachment: Attachment

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
        low += pendingFromLow
        high += pendingFromHigh
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
