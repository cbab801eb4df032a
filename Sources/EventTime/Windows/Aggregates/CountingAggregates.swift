/// How many elements there are.
@frozen public struct Count<Input>: InvertibleAggregate {
    @inlinable public init() {}
    @inlinable @inline(__always)
    public func makeAccumulator() -> Int { 0 }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout Int) { accumulator &+= 1 }
    @inlinable @inline(__always)
    public func merge(_ later: Int, into accumulator: inout Int) { accumulator &+= later }
    @inlinable @inline(__always)
    public func remove(_ earlier: Int, from accumulator: inout Int) { accumulator &-= earlier }
    @inlinable @inline(__always)
    public func result(of accumulator: Int) -> Int { accumulator }
}

/// The sum of integers. It wraps around where the type's range is left, as Flink's does; a sum that is back within the
/// range is exact again.
@frozen public struct Sum<Input: FixedWidthInteger & StateValue & Sendable>: InvertibleAggregate {
    @inlinable public init() {}
    @inlinable @inline(__always)
    public func makeAccumulator() -> Input { 0 }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout Input) { accumulator &+= input }
    @inlinable @inline(__always)
    public func merge(_ later: Input, into accumulator: inout Input) { accumulator &+= later }
    @inlinable @inline(__always)
    public func remove(_ earlier: Input, from accumulator: inout Input) { accumulator &-= earlier }
    @inlinable @inline(__always)
    public func result(of accumulator: Input) -> Input { accumulator }
}

/// The arithmetic mean of integers; `nil` without any. The sum behind it is exact, 128 bits wide.
@frozen public struct Average<Input: FixedWidthInteger & StateValue & Sendable>: InvertibleAggregate {
    @frozen public struct Accumulator: StateValue, BitwiseCopyable, Hashable, Sendable {
        @usableFromInline var low: UInt64 = 0
        @usableFromInline var high: Int64 = 0
        @usableFromInline var count = 0

        @inlinable init() {}

        @inlinable public init(from state: inout StateDecoder) throws(StateError) {
            (low, high) = (try state.decode(), try state.decode())
            count = try Int(from: &state)
        }

        @inlinable public func encode(into state: inout StateEncoder) {
            state.encode(low)
            state.encode(high)
            count.encode(into: &state)
        }

        @inlinable @inline(__always)
        var sum: Int128 {
            get { Int128(high) << 64 | Int128(low) }
            set {
                low = UInt64(truncatingIfNeeded: newValue)
                high = Int64(truncatingIfNeeded: newValue >> 64)
            }
        }
    }

    @inlinable public init() {}
    @inlinable @inline(__always)
    public func makeAccumulator() -> Accumulator { Accumulator() }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout Accumulator) {
        accumulator.sum &+= Int128(truncatingIfNeeded: input)
        accumulator.count &+= 1
    }
    @inlinable @inline(__always)
    public func merge(_ later: Accumulator, into accumulator: inout Accumulator) {
        accumulator.sum &+= later.sum
        accumulator.count &+= later.count
    }
    @inlinable @inline(__always)
    public func remove(_ earlier: Accumulator, from accumulator: inout Accumulator) {
        accumulator.sum &-= earlier.sum
        accumulator.count &-= earlier.count
    }
    @inlinable public func result(of accumulator: Accumulator) -> Double? {
        guard accumulator.count > 0 else { return nil }
        let sum = accumulator.sum
        // The wide conversion is slow, and seldom needed.
        let numerator = Int64(exactly: sum).map { Double($0) } ?? Double(sum)
        return numerator / Double(accumulator.count)
    }
}

/// The sum of floating-point numbers, with the lost low bits kept beside it (Neumaier, ZAMM 54, 1974): the error does
/// not grow with the number of elements. It depends on the order of the elements and on how they are divided into
/// slices in the last bit at most, where no infinity or cancellation of all digits is involved.
///
/// Not invertible: what a large number has swallowed does not come back when it is subtracted.
@frozen public struct FloatingSum: Aggregate {
    @frozen public struct Accumulator: StateValue, BitwiseCopyable, Sendable {
        @usableFromInline var sum = 0.0
        @usableFromInline var compensation = 0.0
        @usableFromInline var count = 0

        @inlinable init() {}

        @inlinable public init(from state: inout StateDecoder) throws(StateError) {
            sum = try Double(from: &state)
            compensation = try Double(from: &state)
            count = try Int(from: &state)
        }

        @inlinable public func encode(into state: inout StateEncoder) {
            sum.encode(into: &state)
            compensation.encode(into: &state)
            count.encode(into: &state)
        }

        @inlinable mutating func add(_ number: Double) {
            let total = sum + number
            compensation += abs(sum) >= abs(number) ? (sum - total) + number : (number - total) + sum
            sum = total
        }

        @inlinable mutating func merge(_ later: Accumulator) {
            add(later.sum)
            compensation += later.compensation
            count &+= later.count
        }

        /// Without the compensation where that is lost to an infinity.
        @inlinable var total: Double { sum.isFinite ? sum + compensation : sum }
    }

    @inlinable public init() {}
    @inlinable public func makeAccumulator() -> Accumulator { Accumulator() }
    @inlinable public func add(_ input: Double, to accumulator: inout Accumulator) {
        accumulator.add(input)
        accumulator.count &+= 1
    }
    @inlinable public func merge(_ later: Accumulator, into accumulator: inout Accumulator) {
        accumulator.merge(later)
    }
    @inlinable public func result(of accumulator: Accumulator) -> Double { accumulator.total }
}

/// The arithmetic mean of floating-point numbers, over the sum that ``FloatingSum`` makes; `nil` without any.
@frozen public struct FloatingAverage: Aggregate {
    @inlinable public init() {}
    @inlinable public func makeAccumulator() -> FloatingSum.Accumulator { FloatingSum.Accumulator() }
    @inlinable public func add(_ input: Double, to accumulator: inout FloatingSum.Accumulator) {
        FloatingSum().add(input, to: &accumulator)
    }
    @inlinable public func merge(
        _ later: FloatingSum.Accumulator, into accumulator: inout FloatingSum.Accumulator
    ) { accumulator.merge(later) }
    @inlinable public func result(of accumulator: FloatingSum.Accumulator) -> Double? {
        accumulator.count == 0 ? nil : accumulator.total / Double(accumulator.count)
    }
}
