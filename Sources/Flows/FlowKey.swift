public import EventTime
public import Packets

/// What the packets of one flow share: the five-tuple without a direction, and what separates equal five-tuples.
///
/// The endpoint with the lower (address, port) is `low`, the other `high`, so both directions have one key.
@frozen public struct FlowKey: TableKey {
    public var lowAddressHigh: UInt64
    public var lowAddressLow: UInt64
    public var highAddressHigh: UInt64
    public var highAddressLow: UInt64
    /// ``separation``, ``lowPort`` and ``highPort``, from the top.
    @usableFromInline var tail: UInt64
    public var transport: UInt8
    /// 4 or 6.
    public var family: UInt8

    @inlinable @inline(__always)
    public init(
        lowAddressHigh: UInt64, lowAddressLow: UInt64, highAddressHigh: UInt64, highAddressLow: UInt64,
        separation: UInt32, lowPort: UInt16, highPort: UInt16, transport: UInt8, family: UInt8
    ) {
        self.lowAddressHigh = lowAddressHigh
        self.lowAddressLow = lowAddressLow
        self.highAddressHigh = highAddressHigh
        self.highAddressLow = highAddressLow
        tail = UInt64(separation) << 32 | UInt64(lowPort) << 16 | UInt64(highPort)
        self.transport = transport
        self.family = family
    }

    /// VLAN and tunnel network identifiers (31 bits of ``DecodedPacket/separation``); the top bit is set in one-way
    /// ICMP messages from the high endpoint.
    @inlinable public var separation: UInt32 { UInt32(truncatingIfNeeded: tail >> 32) }

    @inlinable public var lowPort: UInt16 {
        get { UInt16(truncatingIfNeeded: tail >> 16) }
        set { tail = tail & ~0xFFFF_0000 | UInt64(newValue) << 16 }
    }

    @inlinable public var highPort: UInt16 {
        get { UInt16(truncatingIfNeeded: tail) }
        set { tail = tail & ~0xFFFF | UInt64(newValue) }
    }

    /// Without branches: a key that is compared is nearly always the one that is sought.
    @inlinable @inline(__always)
    public static func == (a: FlowKey, b: FlowKey) -> Bool {
        let addresses =
            (a.lowAddressLow ^ b.lowAddressLow) | (a.highAddressLow ^ b.highAddressLow)
            | (a.lowAddressHigh ^ b.lowAddressHigh) | (a.highAddressHigh ^ b.highAddressHigh)
        let protocols = UInt64((a.transport ^ b.transport) | (a.family ^ b.family))
        return addresses | (a.tail ^ b.tail) | protocols == 0
    }

    /// A hash of the two addresses alone: flows between the same hosts share it.
    @inlinable @inline(__always)
    public var pairHash: UInt32 {
        let low = lowAddressLow ^ (lowAddressHigh &* 0xA076_1D64_78BD_642F)
        let high = highAddressLow ^ (highAddressHigh &* 0xE703_7ED1_A0B4_28DB)
        let mixed = foldedProduct(low ^ 0x9E37_79B9_7F4A_7C15, high ^ 0xD6E8_FEB8_6659_FD93)
        return UInt32(truncatingIfNeeded: mixed ^ mixed >> 32)
    }

    /// The key's hash, from its ``pairHash``.
    @inlinable @inline(__always)
    public func hash(pairHash: UInt32) -> UInt32 {
        let mixed = foldedProduct(
            tail ^ 0x8EBC_6AF0_9C88_C6E3, UInt64(pairHash) << 8 ^ UInt64(transport) ^ 0x5899_65CC_7537_4CC3)
        return UInt32(truncatingIfNeeded: mixed ^ mixed >> 32)
    }

    @inlinable @inline(__always)
    public var tableHash: UInt32 { hash(pairHash: pairHash) }

    public var lowAddress: IPAddress { address(high: lowAddressHigh, low: lowAddressLow) }
    public var highAddress: IPAddress { address(high: highAddressHigh, low: highAddressLow) }

    private func address(high: UInt64, low: UInt64) -> IPAddress {
        family == 4 ? IPAddress(v4: UInt32(truncatingIfNeeded: low)) : IPAddress(high: high, low: low)
    }
}
