/// How many different elements there are, exactly.
@frozen public struct DistinctCount<Input: StreamKey>: InvertibleAggregate {
    @inlinable public init() {}
    @inlinable @inline(__always)
    public func makeAccumulator() -> DistinctItems<Input> { DistinctItems() }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout DistinctItems<Input>) { accumulator.insert(input) }
    @inlinable public func merge(_ later: DistinctItems<Input>, into accumulator: inout DistinctItems<Input>) {
        var later = later
        accumulator.merge(&later)
    }
    @inlinable public func remove(_ earlier: DistinctItems<Input>, from accumulator: inout DistinctItems<Input>) {
        var earlier = earlier
        accumulator.subtract(&earlier)
    }
    @inlinable @inline(__always)
    public func result(of accumulator: DistinctItems<Input>) -> Int { accumulator.count }
    @inlinable @inline(__always)
    public func resultInPlace(of accumulator: inout DistinctItems<Input>) -> Int { accumulator.count }
    @inlinable @inline(__always)
    public func mergeInPlace(_ later: inout DistinctItems<Input>, into accumulator: inout DistinctItems<Input>) {
        accumulator.merge(&later)
    }
    @inlinable @inline(__always)
    public func subtract(_ earlier: inout DistinctItems<Input>, from accumulator: inout DistinctItems<Input>) {
        accumulator.subtract(&earlier)
    }
    @inlinable @inline(__always)
    public func reset(_ accumulator: inout DistinctItems<Input>) { accumulator.removeAll() }

    @inlinable public static var refersToMemory: Bool { true }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, in accumulator: inout DistinctItems<Input>) { accumulator.prefetch(input) }
    @inlinable @inline(__always)
    public func prefetch(_ fold: inout DistinctItems<Input>) { fold.prefetchTable() }
    @inlinable @inline(__always)
    public func prefetchMerge(
        of later: inout DistinctItems<Input>, into accumulator: inout DistinctItems<Input>
    ) { accumulator.prefetchMerge(of: &later) }
}
