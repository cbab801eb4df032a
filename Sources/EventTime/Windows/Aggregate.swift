/// How a window's elements are folded into its result: Flink's AggregateFunction.
///
/// ``merge(_:into:)`` must be associative, so that slices, merged sessions and partial results of workers give what one
/// pass over all elements would; it need not be commutative: what is merged came after what it is merged into.
public protocol Aggregate<Input, Result>: Sendable {
    associatedtype Input
    associatedtype Accumulator: StateValue
    associatedtype Result
    /// What sliding windows keep for each slice of the parts that cannot be taken apart again: a fold of those alone,
    /// where there are others.
    associatedtype Stacked = Accumulator

    /// The fold of nothing.
    func makeAccumulator() -> Accumulator
    func add(_ input: Input, to accumulator: inout Accumulator)
    func merge(_ later: Accumulator, into accumulator: inout Accumulator)
    func result(of accumulator: Accumulator) -> Result

    /// Makes an accumulator the fold of nothing again. An accumulator that has memory of its own may keep it: windows
    /// use the accumulators of windows that are gone again.
    func reset(_ accumulator: inout Accumulator)

    // What follows is how sliding windows move along. It is given for every aggregate, by whether it is invertible;
    // only combinations of aggregates, of which some are, say it themselves.

    /// Whether some part of the accumulator cannot be taken apart again, so that sliding windows keep stacks of it.
    static var needsStacks: Bool { get }
    // What stands `inout` here but is not changed is so that it is never copied: an accumulator may have memory of its
    // own, of which each copy is counted.

    /// Takes a fold away from one that it was merged into, before folds of later elements, in the parts that can be
    /// taken apart.
    func subtract(_ earlier: inout Accumulator, from accumulator: inout Accumulator)
    /// The parts of a fold that cannot be taken apart.
    func stacked(_ fold: inout Accumulator) -> Stacked
    /// Puts such parts behind earlier ones.
    func mergeStacked(_ later: inout Stacked, into earlier: inout Stacked)
    /// Makes the parts that cannot be taken apart folds of nothing again.
    func resetStacked(_ accumulator: inout Accumulator)
    /// The result of a window: what can be taken apart is all in `total`; of the rest, `total` comes after `front`.
    func result(of total: inout Accumulator, behind front: inout Stacked) -> Result
    /// ``merge(_:into:)`` and ``result(of:)`` where the accumulators lie.
    func mergeInPlace(_ later: inout Accumulator, into accumulator: inout Accumulator)
    func resultInPlace(of accumulator: inout Accumulator) -> Result
    /// Whether accumulators refer to memory of their own, which what follows asks for before it is needed.
    static var refersToMemory: Bool { get }
    /// Asks for the memory that adding `input` will need.
    func prefetch(_ input: Input, in accumulator: inout Accumulator)
    /// Asks for the memory of a fold that will be merged into another or taken away from it.
    func prefetch(_ fold: inout Accumulator)
    /// Asks for the memory in which that will be done.
    func prefetchMerge(of later: inout Accumulator, into accumulator: inout Accumulator)
}

extension Aggregate {
    @inlinable @inline(__always)
    public func reset(_ accumulator: inout Accumulator) { accumulator = makeAccumulator() }
    @inlinable public static var needsStacks: Bool { true }
    @inlinable @inline(__always)
    public func subtract(_ earlier: inout Accumulator, from accumulator: inout Accumulator) {}
    @inlinable @inline(__always)
    public func resetStacked(_ accumulator: inout Accumulator) { reset(&accumulator) }
    @inlinable @inline(__always)
    public func mergeInPlace(_ later: inout Accumulator, into accumulator: inout Accumulator) {
        merge(later, into: &accumulator)
    }
    @inlinable @inline(__always)
    public func resultInPlace(of accumulator: inout Accumulator) -> Result { result(of: accumulator) }
    @inlinable public static var refersToMemory: Bool { false }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, in accumulator: inout Accumulator) {}
    @inlinable @inline(__always)
    public func prefetch(_ fold: inout Accumulator) {}
    @inlinable @inline(__always)
    public func prefetchMerge(of later: inout Accumulator, into accumulator: inout Accumulator) {}
}

extension Aggregate where Stacked == Accumulator {
    @inlinable @inline(__always)
    public func stacked(_ fold: inout Accumulator) -> Stacked { fold }
    @inlinable @inline(__always)
    public func mergeStacked(_ later: inout Stacked, into earlier: inout Stacked) { merge(later, into: &earlier) }
    @inlinable @inline(__always)
    public func result(of total: inout Accumulator, behind front: inout Stacked) -> Result {
        var fold = front
        merge(total, into: &fold)
        return result(of: fold)
    }
}

/// What is kept of an aggregate all of which can be taken apart: nothing.
@frozen public struct NothingStacked: BitwiseCopyable, Sendable {
    @inlinable public init() {}
}

/// An aggregate whose folds can be taken apart again: a sliding window that lets go of a slice subtracts it.
public protocol InvertibleAggregate: Aggregate where Stacked == NothingStacked {
    /// Undoes ``Aggregate/merge(_:into:)``: takes a fold away from one that it was merged into, before folds of later
    /// elements. Nothing was added to the two but by merging.
    func remove(_ earlier: Accumulator, from accumulator: inout Accumulator)
}

extension InvertibleAggregate {
    @inlinable public static var needsStacks: Bool { false }
    @inlinable @inline(__always)
    public func subtract(_ earlier: inout Accumulator, from accumulator: inout Accumulator) {
        remove(earlier, from: &accumulator)
    }
    @inlinable @inline(__always)
    public func stacked(_ fold: inout Accumulator) -> NothingStacked { NothingStacked() }
    @inlinable @inline(__always)
    public func mergeStacked(_ later: inout NothingStacked, into earlier: inout NothingStacked) {}
    @inlinable @inline(__always)
    public func resetStacked(_ accumulator: inout Accumulator) {}
    @inlinable @inline(__always)
    public func result(of total: inout Accumulator, behind front: inout NothingStacked) -> Result {
        resultInPlace(of: &total)
    }
}
