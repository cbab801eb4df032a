public import CPrefetch
public import EventTime
public import Packets

/// A decoded packet on its way to the flow table: values only, so that batches of it can be copied and reordered.
/// One cache line.
@frozen public struct FlowPacket: TimeStamped, Sendable {
    /// Event time, ns.
    public var time: Nanoseconds
    /// Only meaningful where ``kind`` is `.ip`.
    public var key: FlowKey
    @usableFromInline var bits: UInt8
    public var tcpFlags: UInt8
    /// The lower half of ``bytes``; a jumbogram may have one bit more.
    @usableFromInline var lowBytes: UInt32
    public var wireBytes: UInt32
    /// ``tcpSequence`` of a whole packet, ``fragmentIdentification`` of another.
    @usableFromInline var number: UInt32

    /// What ``bits`` is made of; two bits each of the kind and, above it, of the fragment.
    @usableFromInline enum Bits {
        @usableFromInline static var fragmentShift: UInt8 { 2 }
        @usableFromInline static var isFromHigh: UInt8 { 0x10 }
        @usableFromInline static var hasPorts: UInt8 { 0x20 }
        @usableFromInline static var isRevising: UInt8 { 0x40 }
        @usableFromInline static var isLong: UInt8 { 0x80 }
    }

    @inlinable @inline(__always)
    public init(_ packet: DecodedPacket, time: Nanoseconds) {
        self.time = time
        tcpFlags = packet.tcpFlags
        wireBytes = packet.wireBytes
        number = packet.fragment == .whole ? packet.tcpSequence : packet.fragmentIdentification
        lowBytes = UInt32(truncatingIfNeeded: packet.bytes)
        var destinationPort = packet.destinationPort
        var standsAlone = false
        if packet.transport == 1 || packet.transport == 58, packet.hasPorts {
            let answer = ICMPConversation.answer(transport: packet.transport, type: packet.sourcePort)
            standsAlone = answer == nil
            destinationPort = answer ?? destinationPort
        }
        let isFromHigh = Self.isGreater(
            packet.source, packet.sourcePort, packet.destination, destinationPort)
        // Which end is the lower is anybody's guess: no branch, that the processor would guess wrong half of the time.
        let swaps: UInt64 = isFromHigh ? .max : 0
        let (source, destination) = (packet.source, packet.destination)
        let high = (source.high ^ destination.high) & swaps
        let low = (source.low ^ destination.low) & swaps
        let ports = (packet.sourcePort ^ destinationPort) & UInt16(truncatingIfNeeded: swaps)
        key = FlowKey(
            lowAddressHigh: source.high ^ high, lowAddressLow: source.low ^ low,
            highAddressHigh: destination.high ^ high, highAddressLow: destination.low ^ low,
            // One-way messages of both directions are two flows, as they have two Community IDs.
            separation: packet.separation & 0x7FFF_FFFF | (standsAlone && isFromHigh ? 0x8000_0000 : 0),
            lowPort: packet.sourcePort ^ ports, highPort: destinationPort ^ ports,
            transport: packet.transport, family: source.family.rawValue)
        bits =
            packet.kind.rawValue | packet.fragment.rawValue << Bits.fragmentShift
            | UInt8(truncatingIfNeeded: swaps) & Bits.isFromHigh | (packet.hasPorts ? Bits.hasPorts : 0)
            | UInt8(truncatingIfNeeded: packet.bytes >> 25) & Bits.isLong
    }

    @inlinable @inline(__always)
    static func isGreater(_ a: IPAddress, _ aPort: UInt16, _ b: IPAddress, _ bPort: UInt16) -> Bool {
        let first = UInt128(truncatingIfNeeded: a.high) << 64 | UInt128(truncatingIfNeeded: a.low)
        let second = UInt128(truncatingIfNeeded: b.high) << 64 | UInt128(truncatingIfNeeded: b.low)
        return first == second ? aPort > bPort : first > second
    }
}

extension FlowPacket {
    /// Asks for the memory of a packet.
    @inlinable @inline(__always)
    public static func prefetch(_ packet: UnsafePointer<FlowPacket>) { prefetchForWriting(packet) }

    @inlinable @inline(__always)
    public var kind: DecodedPacket.Kind {
        get { DecodedPacket.Kind(rawValue: bits & 3) ?? .malformed }
        set { bits = bits & ~3 | newValue.rawValue }
    }

    /// Whether ``kind`` is `.ip`.
    @inlinable @inline(__always)
    public var isIP: Bool { bits & 3 == DecodedPacket.Kind.ip.rawValue }

    @inlinable @inline(__always)
    public var fragment: DecodedPacket.Fragment {
        get { DecodedPacket.Fragment(rawValue: bits >> Bits.fragmentShift & 3) ?? .whole }
        set { bits = bits & ~(3 << Bits.fragmentShift) | newValue.rawValue << Bits.fragmentShift }
    }

    /// Whether ``fragment`` is `.whole`.
    @inlinable @inline(__always)
    public var isWhole: Bool { bits >> Bits.fragmentShift & 3 == DecodedPacket.Fragment.whole.rawValue }

    /// The sender is the key's `high` endpoint.
    @inlinable @inline(__always)
    public var isFromHigh: Bool {
        get { bits & Bits.isFromHigh != 0 }
        set { set(Bits.isFromHigh, newValue) }
    }

    /// 1 where the sender is the key's `high` endpoint, else 0: where the packet belongs in what is kept of both.
    @inlinable @inline(__always)
    var direction: Int { Int(bits >> 4 & 1) }

    @inlinable public var hasPorts: Bool {
        get { bits & Bits.hasPorts != 0 }
        set { set(Bits.hasPorts, newValue) }
    }

    /// The packet came after a window that holds it had fired; it is still within the allowed lateness.
    @inlinable @inline(__always)
    public var isRevising: Bool {
        get { bits & Bits.isRevising != 0 }
        set { set(Bits.isRevising, newValue) }
    }

    /// Bytes of the IP layer: below 2^33.
    @inlinable @inline(__always)
    public var bytes: UInt64 {
        get { UInt64(lowBytes) | UInt64(bits & Bits.isLong) << 25 }
        set {
            lowBytes = UInt32(truncatingIfNeeded: newValue)
            set(Bits.isLong, newValue >> 32 & 1 != 0)
        }
    }

    /// TCP's sequence number; 0 in fragments.
    @inlinable public var tcpSequence: UInt32 { isWhole ? number : 0 }

    /// Identifies the datagram of a fragment; 0 in whole packets.
    @inlinable public var fragmentIdentification: UInt32 { isWhole ? 0 : number }

    @inlinable @inline(__always)
    mutating func set(_ bit: UInt8, _ value: Bool) { bits = value ? bits | bit : bits & ~bit }
}
