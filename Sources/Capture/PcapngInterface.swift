import Packets

/// What a pcapng section says about one interface.
struct PcapngInterface {
    let linkType: LinkType
    /// The most bytes of a packet that are captured; `nil` where there is no limit.
    let snapshotLength: UInt32?
    let clock: PcapngClock
}

/// How an interface counts time: in units of a power of ten, or of two, since the epoch plus an offset
/// (draft-ietf-opsawg-pcapng, if_tsresol and if_tsoffset).
struct PcapngClock {
    private enum Unit {
        /// Whole nanoseconds: multiply by this.
        case nanoseconds(Int128)
        /// Less than a nanosecond: divide by this.
        case fractions(UInt64)
        /// The second divided by two to the power of this.
        case binary(UInt8)
        /// So short that 64 bits of it are less than a nanosecond.
        case none
    }

    private let unit: Unit
    private let offset: Int128
    /// Nanoseconds in a unit of the common clocks, which need no 128-bit arithmetic; 0 for others.
    private let simpleFactor: UInt64

    static let microseconds = PcapngClock(resolution: 6, offsetSeconds: 0)

    /// `resolution` as the option holds it: a negative power of ten, or of two where the highest bit is set.
    init(resolution: UInt8, offsetSeconds: Int64) {
        offset = Int128(offsetSeconds) * 1_000_000_000
        let exponent = resolution & 0x7F
        if resolution & 0x80 != 0 {
            unit = .binary(exponent)
        } else if exponent <= 9 {
            unit = .nanoseconds(Int128(Self.powerOfTen(9 - exponent)))
        } else if exponent <= 28 {
            unit = .fractions(Self.powerOfTen(exponent - 9))
        } else {
            unit = .none
        }
        simpleFactor = resolution <= 9 && offsetSeconds == 0 ? Self.powerOfTen(9 - exponent) : 0
    }

    /// Ten to the power of `exponent`, which is at most 19.
    private static func powerOfTen(_ exponent: UInt8) -> UInt64 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// Nanoseconds since the Unix epoch, rounded down; `nil` where 64 bits cannot hold them.
    @inline(__always)
    func nanoseconds(_ units: UInt64) -> Int64? {
        let (product, overflow) = units.multipliedReportingOverflow(by: simpleFactor)
        if simpleFactor != 0 && !overflow && product <= UInt64(Int64.max) {
            return Int64(truncatingIfNeeded: product)
        }
        return exactNanoseconds(units)
    }

    @inline(never)
    private func exactNanoseconds(_ units: UInt64) -> Int64? {
        let sinceOffset: Int128 =
            switch unit {
            case .nanoseconds(let factor): Int128(units) * factor
            case .fractions(let divisor): Int128(units / divisor)
            case .binary(let exponent): (Int128(units) * 1_000_000_000) >> Int128(exponent)
            case .none: 0
            }
        return Int64(exactly: sinceOffset + offset)
    }
}
