public import EventTime
public import Packets

/// A decoded packet on its way to the flow table: values only, so that batches of it can be copied and reordered.
@frozen public struct FlowPacket: BitwiseCopyable, Sendable {
    /// Event time, ns.
    public var time: Nanoseconds
    /// Event time as the stream has it when the packet's turn comes: its own time, or later for one that came too late
    /// to be put in order. It never goes back, unless the stream is unordered.
    public var clock: Nanoseconds
    /// Only meaningful where ``kind`` is `.ip`.
    public var key: FlowKey
    public var kind: DecodedPacket.Kind
    public var tcpFlags: UInt8
    public var fragment: DecodedPacket.Fragment
    /// The sender is the key's `high` endpoint.
    public var isFromHigh: Bool
    public var hasPorts: Bool
    /// The packet came after a window that holds it had fired; it is still within the allowed lateness.
    public var isRevising: Bool
    /// ``FlowKey/pairHash`` and ``FlowKey/hash(pairHash:)`` of the key.
    public var pairHash: UInt32
    public var hash: UInt32
    public var wireBytes: UInt32
    public var tcpSequence: UInt32
    public var fragmentIdentification: UInt32
    public var bytes: UInt64

    @inlinable @inline(__always)
    public init(_ packet: DecodedPacket, time: Nanoseconds) {
        self.time = time
        clock = time
        kind = packet.kind
        tcpFlags = packet.tcpFlags
        fragment = packet.fragment
        hasPorts = packet.hasPorts
        isRevising = false
        wireBytes = packet.wireBytes
        tcpSequence = packet.tcpSequence
        fragmentIdentification = packet.fragmentIdentification
        bytes = packet.bytes
        var (sourcePort, destinationPort) = (packet.sourcePort, packet.destinationPort)
        var standsAlone = false
        if packet.transport == 1 || packet.transport == 58, packet.hasPorts {
            let answer = ICMPConversation.answer(transport: packet.transport, type: sourcePort)
            standsAlone = answer == nil
            destinationPort = answer ?? destinationPort
        }
        let (source, destination) = (packet.source, packet.destination)
        isFromHigh = Self.isGreater(source, sourcePort, destination, destinationPort)
        if isFromHigh { swap(&sourcePort, &destinationPort) }
        key = FlowKey(
            lowAddressHigh: isFromHigh ? destination.high : source.high,
            lowAddressLow: isFromHigh ? destination.low : source.low,
            highAddressHigh: isFromHigh ? source.high : destination.high,
            highAddressLow: isFromHigh ? source.low : destination.low,
            // One-way messages of both directions are two flows, as they have two Community IDs.
            separation: packet.separation & 0x7FFF_FFFF | (standsAlone && isFromHigh ? 0x8000_0000 : 0),
            lowPort: sourcePort, highPort: destinationPort,
            transport: packet.transport, family: source.family.rawValue)
        pairHash = key.pairHash
        hash = key.hash(pairHash: pairHash)
    }

    @inlinable @inline(__always)
    static func isGreater(_ a: IPAddress, _ aPort: UInt16, _ b: IPAddress, _ bPort: UInt16) -> Bool {
        if a.high != b.high { return a.high > b.high }
        if a.low != b.low { return a.low > b.low }
        return aPort > bPort
    }
}
