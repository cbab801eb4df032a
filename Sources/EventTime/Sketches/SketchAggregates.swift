/// The number of different elements of a window: exact up to a bound, estimated beyond. See ``DistinctSketch``.
public struct ApproximateDistinct<Element: StreamKey>: Aggregate {
    public let exactUpTo: Int
    public let precision: Int

    /// As in ``DistinctSketch/init(exactUpTo:precision:)``.
    public init(exactUpTo: Int = 1024, precision: Int = 14) {
        self.exactUpTo = exactUpTo
        self.precision = precision
    }

    @inlinable public func makeAccumulator() -> DistinctSketch<Element> {
        DistinctSketch(exactUpTo: exactUpTo, precision: precision)
    }

    @inlinable @inline(__always)
    public func add(_ element: Element, to accumulator: inout DistinctSketch<Element>) {
        accumulator.insert(element)
    }

    @inlinable public func merge(_ later: DistinctSketch<Element>, into accumulator: inout DistinctSketch<Element>)
    {
        accumulator.merge(later)
    }

    @inlinable public func result(of accumulator: DistinctSketch<Element>) -> Int { accumulator.count }
}

/// Quantiles of the numbers of a window, each within a relative error. See ``QuantileSketch``.
public struct ApproximateQuantiles: Aggregate {
    /// The quantiles wanted, each from 0 to 1.
    public let shares: [Double]
    public let accuracy: Double
    public let binLimit: Int

    /// `shares` lie from 0 to 1; the rest is as in ``QuantileSketch/init(accuracy:binLimit:)``.
    public init(at shares: [Double], accuracy: Double = 0.01, binLimit: Int = 2048) {
        precondition(shares.allSatisfy { $0 >= 0 && $0 <= 1 }, "a quantile's share is from 0 to 1")
        self.shares = shares
        self.accuracy = accuracy
        self.binLimit = binLimit
    }

    @inlinable public func makeAccumulator() -> QuantileSketch {
        QuantileSketch(accuracy: accuracy, binLimit: binLimit)
    }

    @inlinable @inline(__always)
    public func add(_ value: Double, to accumulator: inout QuantileSketch) { accumulator.insert(value) }

    @inlinable public func merge(_ later: QuantileSketch, into accumulator: inout QuantileSketch) {
        accumulator.merge(later)
    }

    /// One for each of ``shares``; empty where the window has no finite number.
    public func result(of accumulator: QuantileSketch) -> [Double] {
        shares.compactMap { accumulator.quantile($0) }
    }
}

/// The most frequent elements of a window. See ``HeavyHitters``.
public struct ApproximateTop<Element: StreamKey>: Aggregate {
    /// Elements in the result, at most.
    public let number: Int
    /// Counters kept: counts are within (elements of the window) / capacity of the truth.
    public let capacity: Int

    /// `capacity`, by default ten for each element wanted, is one of ``HeavyHitters/capacities``.
    public init(_ number: Int, capacity: Int? = nil) {
        self.number = number
        self.capacity = capacity ?? max(1, min(number, 100_000)) * 10
    }

    public func makeAccumulator() -> HeavyHitters<Element> { HeavyHitters(capacity: capacity) }

    @inlinable @inline(__always)
    public func add(_ element: Element, to accumulator: inout HeavyHitters<Element>) { accumulator.insert(element) }

    @inlinable public func merge(_ later: HeavyHitters<Element>, into accumulator: inout HeavyHitters<Element>) {
        accumulator.merge(later)
    }

    public func result(of accumulator: HeavyHitters<Element>) -> [HeavyHitters<Element>.Counter] {
        accumulator.top(number)
    }
}
