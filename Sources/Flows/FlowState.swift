public import EventTime
import Packets

/// A flow's key as the table keeps it, and what fits into the bytes behind it.
@frozen public struct KeptKey: TableKey {
    @usableFromInline var key: FlowKey
    @usableFromInline var bits: UInt8 = 0
    /// The SYN's sequence number, once there was one (``TCPState/sawSYN``).
    @usableFromInline var initialSequence: UInt32 = 0

    @usableFromInline enum Bits {
        @usableFromInline static var initiatorIsHigh: UInt8 { 1 }
        @usableFromInline static var hasPorts: UInt8 { 2 }
        @usableFromInline static var isListed: UInt8 { 4 }
    }

    @inlinable @inline(__always)
    init(_ key: FlowKey) { self.key = key }

    @inlinable @inline(__always)
    public static func == (a: KeptKey, b: KeptKey) -> Bool { a.key == b.key }

    @inlinable public var tableHash: UInt32 { key.tableHash }

    @inlinable var initiatorIsHigh: Bool {
        get { bits & Bits.initiatorIsHigh != 0 }
        set { set(Bits.initiatorIsHigh, newValue) }
    }

    @inlinable var hasPorts: Bool {
        get { bits & Bits.hasPorts != 0 }
        set { set(Bits.hasPorts, newValue) }
    }

    /// The flow stands in the table's list of flows with pending traffic.
    @inlinable @inline(__always)
    var isListed: Bool {
        get { bits & Bits.isListed != 0 }
        set { set(Bits.isListed, newValue) }
    }

    @inlinable @inline(__always)
    mutating func set(_ bit: UInt8, _ value: Bool) { bits = value ? bits | bit : bits & ~bit }
}

/// What the table keeps of a live flow beside its key: with it, two cache lines. `Attachment` is the consumer's own
/// part.
@frozen public struct FlowState<Attachment: FlowAttachment>: BitwiseCopyable, Sendable {
    @usableFromInline var attachment: Attachment.Kept
    @usableFromInline var tcp = TCPState()
    /// Time of the earliest and of the latest packet.
    @usableFromInline var start: Nanoseconds
    @usableFromInline var last: Nanoseconds
    /// The slice of the newest packets, to which `pending` belongs where the table hands on: `Int64.min` before the first.
    @usableFromInline var slice = Int64.min
    /// Traffic not yet handed to the sink.
    @usableFromInline var pending = PendingTraffic()

    @inlinable init(attachment: Attachment.Kept, start: Nanoseconds) {
        self.attachment = attachment
        self.start = start
        last = start
    }
}

/// Traffic of a flow that was handed to the sink already: where flows are reported.
@frozen public struct FlowTotals: BitwiseCopyable, Sendable {
    @usableFromInline var fromLow = Traffic()
    @usableFromInline var fromHigh = Traffic()

    @inlinable init() {}
}

extension KeptKey {
    /// The flow as it is reported.
    @usableFromInline func record<Attachment: FlowAttachment>(
        _ state: FlowState<Attachment>, _ totals: FlowTotals, endReason: FlowRecord.EndReason, knownAt: Nanoseconds
    ) -> FlowRecord {
        var (low, high) = (totals.fromLow, totals.fromHigh)
        low += state.pending.fromLow
        high += state.pending.fromHigh
        let (source, destination) = initiatorIsHigh ? (high, low) : (low, high)
        var record = FlowRecord(
            start: state.start, end: state.last,
            source: initiatorIsHigh ? key.highAddress : key.lowAddress,
            destination: initiatorIsHigh ? key.lowAddress : key.highAddress,
            sourcePort: initiatorIsHigh ? key.highPort : key.lowPort,
            destinationPort: initiatorIsHigh ? key.lowPort : key.highPort,
            transport: key.transport, hasPorts: hasPorts,
            sourcePackets: source.packets, destinationPackets: destination.packets,
            sourceBytes: source.bytes, destinationBytes: destination.bytes,
            sourceWireBytes: source.wireBytes, destinationWireBytes: destination.wireBytes,
            sourceTCPFlags: initiatorIsHigh ? state.tcp.highFlags : state.tcp.lowFlags,
            destinationTCPFlags: initiatorIsHigh ? state.tcp.lowFlags : state.tcp.highFlags,
            endReason: endReason)
        record.knownAt = knownAt
        record.separation = key.separation
        return record
    }
}
