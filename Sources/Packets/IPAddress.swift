/// An IPv4 or IPv6 address. IPv4 sorts before IPv6, then by number; `::ffff:1.2.3.4` is an IPv6 address.
@frozen public struct IPAddress: Hashable, Sendable, BitwiseCopyable {
    public enum Family: UInt8, Sendable, BitwiseCopyable {
        case v4 = 4
        case v6 = 6
    }

    /// The first eight bytes of an IPv6 address, in host order; 0 in an IPv4 one.
    public var high: UInt64
    /// The last eight bytes of an IPv6 address, or the four of an IPv4 one, in host order.
    public var low: UInt64
    public var family: Family

    @inlinable public init(v4: UInt32) {
        high = 0
        low = UInt64(v4)
        family = .v4
    }

    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
        family = .v6
    }
}

extension IPAddress: Comparable {
    @inlinable public static func < (a: IPAddress, b: IPAddress) -> Bool {
        if a.family != b.family { return a.family.rawValue < b.family.rawValue }
        if a.high != b.high { return a.high < b.high }
        return a.low < b.low
    }
}
