/// The folds of windows that come and go one by one: each a row, and beside it what would need memory of its own, in a
/// memory for all.
///
/// A fold is not copied: it is swapped with others, and given back with ``reset(_:)``. The memory is given back by the
/// store's owner, with ``release()``: a `deinit` of the store was not run where all it holds is plain bytes, as with
/// ``DistinctCount`` (Swift 6.3.1, without optimisation).
@usableFromInline struct FoldStore<Function: Aggregate>: ~Copyable {
    @usableFromInline typealias Memory = Function.Columns.Memory

    @usableFromInline struct Fold {
        @usableFromInline var rest: Memory.Fold
        @usableFromInline var row: Function.Rows.Accumulator

        @inlinable init(row: Function.Rows.Accumulator, rest: Memory.Fold) {
            self.row = row
            self.rest = rest
        }
    }

    @usableFromInline let function: Function
    @usableFromInline let rows: Function.Rows
    @usableFromInline let memory: Memory

    @inlinable init(_ function: Function) {
        self.function = function
        rows = function.rows
        memory = Memory()
    }

    /// Gives the memory back. Nothing is done with the store afterwards.
    @inlinable func release() { memory.release() }

    /// Whether all folds must be given back before the store goes.
    @inlinable static var isOwing: Bool { Memory.isOwing }

    @inlinable @inline(__always)
    func make() -> Fold { Fold(row: rows.makeAccumulator(), rest: memory.makeFold()) }

    /// Whether something lies beside rows.
    @inlinable static var hasRest: Bool { !Function.Columns.isNothing }

    /// Adds to a fold's row, and asks for the memory that ``addToRest(_:of:)`` will need.
    @inlinable @inline(__always)
    func addToRow(_ input: Function.Input, of fold: inout Fold) {
        rows.add(input, to: &fold.row)
        function.prefetch(input, for: &fold.rest)
    }

    /// Adds to what lies beside the row.
    @inlinable @inline(__always)
    func addToRest(_ input: Function.Input, of fold: inout Fold) {
        function.add(input, to: &fold.rest, in: memory)
    }

    @inlinable @inline(__always)
    func merge(_ later: inout Fold, into fold: inout Fold) {
        rows.mergeInPlace(&later.row, into: &fold.row)
        memory.merge(&later.rest, into: &fold.rest)
    }

    @inlinable @inline(__always)
    func subtract(_ earlier: inout Fold, from fold: inout Fold) {
        rows.subtract(&earlier.row, from: &fold.row)
        memory.subtract(&earlier.rest, from: &fold.rest)
    }

    /// Makes a fold that of nothing again.
    @inlinable @inline(__always)
    func reset(_ fold: inout Fold) {
        rows.reset(&fold.row)
        memory.reset(&fold.rest)
    }

    @inlinable @inline(__always)
    func result(of fold: inout Fold) -> Function.Result { function.result(of: &fold.row, beside: &fold.rest) }

    @inlinable @inline(__always)
    func result(of total: inout Fold, behind front: inout Function.Rows.Stacked) -> Function.Result {
        function.result(of: &total.row, behind: &front, beside: &total.rest)
    }

    /// Moves a fold that is complete into one that was reset beside its row, in as little memory as it needs: to be
    /// read and subtracted. `fold` is that of nothing then, and both keep the memory of their rows.
    @inlinable @inline(__always)
    func pack(_ fold: inout Fold, into packed: inout Fold) {
        packed.rest = memory.pack(&fold.rest)
        swap(&packed.row, &fold.row)
        rows.reset(&fold.row)
    }

    /// What is saved of a fold, and what is made of that again.
    @inlinable func whole(_ fold: Fold) -> Function.Accumulator { function.fold(of: fold.row, beside: fold.rest) }

    @inlinable func set(_ fold: inout Fold, to whole: Function.Accumulator) {
        memory.reset(&fold.rest)
        fold.row = function.row(of: whole, beside: &fold.rest, in: memory)
    }
}
