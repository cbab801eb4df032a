/// How a window's elements are folded into its result: Flink's AggregateFunction.
///
/// ``merge(_:into:)`` must be associative, so that slices, merged sessions and partial results of workers give what one
/// pass over all elements would; it need not be commutative: what is merged came after what it is merged into.
public protocol Aggregate<Input, Result>: Sendable {
    associatedtype Input
    associatedtype Accumulator: StateValue
    associatedtype Result

    /// The fold of nothing.
    func makeAccumulator() -> Accumulator
    func add(_ input: Input, to accumulator: inout Accumulator)
    func merge(_ later: Accumulator, into accumulator: inout Accumulator)
    func result(of accumulator: Accumulator) -> Result
}

/// An aggregate whose folds can be taken apart again: a sliding window that lets go of a slice subtracts it.
public protocol InvertibleAggregate: Aggregate {
    /// Undoes ``Aggregate/merge(_:into:)``: takes the earlier fold away from one that began with it.
    func remove(_ earlier: Accumulator, from accumulator: inout Accumulator)
}
