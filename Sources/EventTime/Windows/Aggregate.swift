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

    // Sliced windows keep the folds of a slice's keys in rows. What of a fold would need memory of its own may be kept
    // in columns instead, one memory for all rows.

    /// The part whose folds lie in rows: all of it, where there are no columns.
    associatedtype Rows: Aggregate = Self where Rows.Input == Input
    associatedtype Columns: SliceColumns = NoColumns
    var rows: Rows { get }
    /// Adds to what a slice's columns hold of a row what ``add(_:to:)`` does not add to the row.
    func add(_ input: Input, to columns: Columns, row: Int)
    /// The same of a slice that is in the window already, where the row's key has `number`.
    func addLate(_ input: Input, to columns: Columns, row: Int, number: Int, in window: Columns.Window)
    /// Asks for the memory that adding `input` to columns will need.
    func prefetch(_ input: Input, in columns: Columns, row: Int)
    /// The result of a window from its row and columns.
    func result(of row: inout Rows.Accumulator, number: Int, in window: Columns.Window) -> Result
    /// The same where the row comes after what is stacked in front of it.
    func result(
        of row: inout Rows.Accumulator, behind front: inout Rows.Stacked, number: Int, in window: Columns.Window
    ) -> Result
    /// The fold of a row and of what a slice's columns hold of it.
    func fold(of row: Rows.Accumulator, number: Int, in columns: Columns) -> Accumulator
    /// The row of a fold; the rest of it goes to a slice's columns.
    func row(of fold: Accumulator, number: Int, into columns: Columns) -> Rows.Accumulator

    // Folds that come and go one by one, as those of sessions and of windows by count, are rows too, and lie beside
    // what is kept in the place of columns.

    /// Adds to what lies beside a row what ``add(_:to:)`` does not add to the row.
    func add(_ input: Input, to fold: inout Columns.Memory.Fold, in memory: Columns.Memory)
    /// Asks for the memory that adding `input` to what lies beside a row will need.
    func prefetch(_ input: Input, for fold: inout Columns.Memory.Fold)
    /// The result of a row and of what lies beside it.
    func result(of row: inout Rows.Accumulator, beside fold: inout Columns.Memory.Fold) -> Result
    /// The same where the row comes after what is stacked in front of it.
    func result(
        of row: inout Rows.Accumulator, behind front: inout Rows.Stacked, beside fold: inout Columns.Memory.Fold
    ) -> Result
    /// The fold of a row and of what lies beside it.
    func fold(of row: Rows.Accumulator, beside fold: Columns.Memory.Fold) -> Accumulator
    /// The row of a fold; the rest of it is put beside it, where nothing was.
    func row(
        of fold: Accumulator, beside rest: inout Columns.Memory.Fold, in memory: Columns.Memory
    ) -> Rows.Accumulator
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
}

extension Aggregate where Rows == Self, Columns == NoColumns {
    @inlinable @inline(__always)
    public var rows: Self { self }
    @inlinable @inline(__always)
    public func add(_ input: Input, to columns: NoColumns, row: Int) {}
    @inlinable @inline(__always)
    public func addLate(_ input: Input, to columns: NoColumns, row: Int, number: Int, in window: NoColumns) {}
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, in columns: NoColumns, row: Int) {}
    @inlinable @inline(__always)
    public func result(of row: inout Accumulator, number: Int, in window: NoColumns) -> Result {
        resultInPlace(of: &row)
    }
    @inlinable @inline(__always)
    public func result(
        of row: inout Accumulator, behind front: inout Stacked, number: Int, in window: NoColumns
    ) -> Result { result(of: &row, behind: &front) }
    @inlinable @inline(__always)
    public func fold(of row: Accumulator, number: Int, in columns: NoColumns) -> Accumulator { row }
    @inlinable @inline(__always)
    public func row(of fold: Accumulator, number: Int, into columns: NoColumns) -> Accumulator { fold }
    @inlinable @inline(__always)
    public func add(_ input: Input, to fold: inout Void, in memory: NoColumns) {}
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, for fold: inout Void) {}
    @inlinable @inline(__always)
    public func result(of row: inout Accumulator, beside fold: inout Void) -> Result { resultInPlace(of: &row) }
    @inlinable @inline(__always)
    public func result(
        of row: inout Accumulator, behind front: inout Stacked, beside fold: inout Void
    ) -> Result { result(of: &row, behind: &front) }
    @inlinable @inline(__always)
    public func fold(of row: Accumulator, beside fold: Void) -> Accumulator { row }
    @inlinable @inline(__always)
    public func row(of fold: Accumulator, beside rest: inout Void, in memory: NoColumns) -> Accumulator { fold }
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

/// What is kept of an aggregate all of which can be taken apart, or is in columns: nothing.
@frozen public struct NothingStacked: StateValue, BitwiseCopyable, Sendable {
    @inlinable public init() {}
    @inlinable public init(from state: inout StateDecoder) throws(StateError) {}
    @inlinable public func encode(into state: inout StateEncoder) {}
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
