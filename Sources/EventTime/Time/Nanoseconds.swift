/// Event time: nanoseconds since the Unix epoch, UTC, from 1677 to 2262; or a span of such nanoseconds.
public typealias Nanoseconds = Int64

extension Int64 {
    /// Nanoseconds in a second.
    public static let second: Nanoseconds = 1_000_000_000

    /// The largest multiple of `step` that is not above this number: floor division, also before 1970; `Int64.min`
    /// where that multiple lies below it. `step` is positive.
    @inlinable public func roundedDown(toMultipleOf step: Int64) -> Int64 {
        let (multiple, overflow) = subtractingReportingOverflow(flooredRemainder(dividingBy: step))
        return overflow ? .min : multiple
    }

    /// The remainder of floor division: never negative. `step` is positive.
    @inlinable public func flooredRemainder(dividingBy step: Int64) -> Int64 {
        let remainder = self % step
        return remainder < 0 ? remainder + step : remainder
    }

    /// The quotient of floor division. `step` is positive.
    @inlinable public func floored(dividingBy step: Int64) -> Int64 {
        let quotient = self / step
        return quotient * step > self ? quotient - 1 : quotient
    }

    /// The sum, or the nearest number that 64 bits hold.
    @inlinable public func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or the nearest number that 64 bits hold.
    @inlinable public func saturatingSubtract(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }
}
