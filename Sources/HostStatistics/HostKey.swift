public import EventTime
import Packets

/// Whom a row of the host statistics is about: an address, or all hosts past the limit.
@frozen public struct HostKey: WindowKey, Hashable {
    @usableFromInline var high: UInt64
    @usableFromInline var low: UInt64
    /// 4, 6, or 255 for ``other``.
    @usableFromInline var family: UInt8

    @inlinable public init(high: UInt64, low: UInt64, family: UInt8) {
        self.high = high
        self.low = low
        self.family = family
    }

    /// The hosts past the limit, together; after all others.
    public static let other = HostKey(high: .max, low: .max, family: 255)

    /// What the reports call it.
    public var host: ReportedHost {
        switch family {
        case 4: .address(IPAddress(v4: UInt32(truncatingIfNeeded: low)))
        case 6: .address(IPAddress(high: high, low: low))
        default: .other
        }
    }

    @inlinable @inline(__always)
    public static func == (a: HostKey, b: HostKey) -> Bool {
        a.low == b.low && a.high == b.high && a.family == b.family
    }

    @inlinable public static func < (a: HostKey, b: HostKey) -> Bool {
        if a.family != b.family { return a.family < b.family }
        if a.high != b.high { return a.high < b.high }
        return a.low < b.low
    }

    @inlinable @inline(__always)
    public var tableHash: UInt32 {
        let mixed = foldedProduct(
            low ^ 0x9E37_79B9_7F4A_7C15, (high &* 0xA076_1D64_78BD_642F) ^ 0xD6E8_FEB8_6659_FD93)
        return UInt32(truncatingIfNeeded: mixed ^ mixed >> 32)
    }

    @inlinable public var sortPrefix: UInt64 { family == 4 ? low : 1 << 63 | high >> 1 }
}

/// The one key of what is counted over all hosts.
@frozen public struct TotalKey: WindowKey {
    @inlinable public init() {}
    @inlinable public static func < (a: TotalKey, b: TotalKey) -> Bool { false }
    @inlinable public var tableHash: UInt32 { 0 }
    @inlinable public var sortPrefix: UInt64 { 0 }
}
