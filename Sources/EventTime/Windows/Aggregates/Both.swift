/// Two aggregates of the same elements in one pass.
///
/// Sliding windows take apart what each part lets them, and keep stacks of the rest.
@frozen public struct Both<First: Aggregate, Second: Aggregate>: Aggregate where First.Input == Second.Input {
    public typealias Input = First.Input
    public typealias Rows = Both<First.Rows, Second.Rows>
    public typealias Columns = BothColumns<First.Columns, Second.Columns>

    @frozen public struct Accumulator: StateValue {
        @usableFromInline var first: First.Accumulator
        @usableFromInline var second: Second.Accumulator

        @inlinable init(_ first: First.Accumulator, _ second: Second.Accumulator) {
            self.first = first
            self.second = second
        }

        @inlinable public init(from state: inout StateDecoder) throws(StateError) {
            first = try First.Accumulator(from: &state)
            second = try Second.Accumulator(from: &state)
        }

        @inlinable public func encode(into state: inout StateEncoder) {
            first.encode(into: &state)
            second.encode(into: &state)
        }
    }

    @frozen public struct Stacked {
        @usableFromInline var first: First.Stacked
        @usableFromInline var second: Second.Stacked

        @inlinable init(_ first: First.Stacked, _ second: Second.Stacked) {
            self.first = first
            self.second = second
        }
    }

    @usableFromInline let first: First
    @usableFromInline let second: Second

    @inlinable public init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    @inlinable @inline(__always)
    public func makeAccumulator() -> Accumulator { Accumulator(first.makeAccumulator(), second.makeAccumulator()) }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout Accumulator) {
        first.add(input, to: &accumulator.first)
        second.add(input, to: &accumulator.second)
    }
    @inlinable @inline(__always)
    public func merge(_ later: Accumulator, into accumulator: inout Accumulator) {
        first.merge(later.first, into: &accumulator.first)
        second.merge(later.second, into: &accumulator.second)
    }
    @inlinable @inline(__always)
    public func result(of accumulator: Accumulator) -> (First.Result, Second.Result) {
        (first.result(of: accumulator.first), second.result(of: accumulator.second))
    }
    @inlinable @inline(__always)
    public func reset(_ accumulator: inout Accumulator) {
        first.reset(&accumulator.first)
        second.reset(&accumulator.second)
    }

    @inlinable public static var needsStacks: Bool { First.needsStacks || Second.needsStacks }
    @inlinable @inline(__always)
    public func subtract(_ earlier: inout Accumulator, from accumulator: inout Accumulator) {
        first.subtract(&earlier.first, from: &accumulator.first)
        second.subtract(&earlier.second, from: &accumulator.second)
    }
    @inlinable @inline(__always)
    public func stacked(_ fold: inout Accumulator) -> Stacked {
        Stacked(first.stacked(&fold.first), second.stacked(&fold.second))
    }
    @inlinable @inline(__always)
    public func mergeStacked(_ later: inout Stacked, into earlier: inout Stacked) {
        first.mergeStacked(&later.first, into: &earlier.first)
        second.mergeStacked(&later.second, into: &earlier.second)
    }
    @inlinable @inline(__always)
    public func resetStacked(_ accumulator: inout Accumulator) {
        first.resetStacked(&accumulator.first)
        second.resetStacked(&accumulator.second)
    }
    @inlinable @inline(__always)
    public func result(of total: inout Accumulator, behind front: inout Stacked) -> (
        First.Result, Second.Result
    ) {
        (
            first.result(of: &total.first, behind: &front.first),
            second.result(of: &total.second, behind: &front.second)
        )
    }
    @inlinable @inline(__always)
    public func mergeInPlace(_ later: inout Accumulator, into accumulator: inout Accumulator) {
        first.mergeInPlace(&later.first, into: &accumulator.first)
        second.mergeInPlace(&later.second, into: &accumulator.second)
    }
    @inlinable @inline(__always)
    public func resultInPlace(of accumulator: inout Accumulator) -> (First.Result, Second.Result) {
        (first.resultInPlace(of: &accumulator.first), second.resultInPlace(of: &accumulator.second))
    }

    @inlinable @inline(__always)
    public var rows: Both<First.Rows, Second.Rows> { Both<First.Rows, Second.Rows>(first.rows, second.rows) }
    @inlinable @inline(__always)
    public func add(_ input: Input, to columns: Columns, row: Int) {
        first.add(input, to: columns.first, row: row)
        second.add(input, to: columns.second, row: row)
    }
    @inlinable @inline(__always)
    public func addLate(_ input: Input, to columns: Columns, row: Int, number: Int, in window: Columns.Window) {
        first.addLate(input, to: columns.first, row: row, number: number, in: window.first)
        second.addLate(input, to: columns.second, row: row, number: number, in: window.second)
    }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, in columns: Columns, row: Int) {
        first.prefetch(input, in: columns.first, row: row)
        second.prefetch(input, in: columns.second, row: row)
    }
    @inlinable @inline(__always)
    public func result(of row: inout Rows.Accumulator, number: Int, in window: Columns.Window) -> (
        First.Result, Second.Result
    ) {
        (
            first.result(of: &row.first, number: number, in: window.first),
            second.result(of: &row.second, number: number, in: window.second)
        )
    }
    @inlinable @inline(__always)
    public func result(
        of row: inout Rows.Accumulator, behind front: inout Rows.Stacked, number: Int, in window: Columns.Window
    ) -> (First.Result, Second.Result) {
        (
            first.result(of: &row.first, behind: &front.first, number: number, in: window.first),
            second.result(of: &row.second, behind: &front.second, number: number, in: window.second)
        )
    }
    @inlinable @inline(__always)
    public func fold(of row: Rows.Accumulator, number: Int, in columns: Columns) -> Accumulator {
        Accumulator(
            first.fold(of: row.first, number: number, in: columns.first),
            second.fold(of: row.second, number: number, in: columns.second))
    }
    @inlinable @inline(__always)
    public func row(of fold: Accumulator, number: Int, into columns: Columns) -> Rows.Accumulator {
        Rows.Accumulator(
            first.row(of: fold.first, number: number, into: columns.first),
            second.row(of: fold.second, number: number, into: columns.second))
    }

    @inlinable @inline(__always)
    public func add(_ input: Input, to fold: inout Columns.Memory.Fold, in memory: Columns.Memory) {
        first.add(input, to: &fold.first, in: memory.first)
        second.add(input, to: &fold.second, in: memory.second)
    }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, for fold: inout Columns.Memory.Fold) {
        first.prefetch(input, for: &fold.first)
        second.prefetch(input, for: &fold.second)
    }
    @inlinable @inline(__always)
    public func result(of row: inout Rows.Accumulator, beside fold: inout Columns.Memory.Fold) -> (
        First.Result, Second.Result
    ) {
        (
            first.result(of: &row.first, beside: &fold.first),
            second.result(of: &row.second, beside: &fold.second)
        )
    }
    @inlinable @inline(__always)
    public func result(
        of row: inout Rows.Accumulator, behind front: inout Rows.Stacked, beside fold: inout Columns.Memory.Fold
    ) -> (First.Result, Second.Result) {
        (
            first.result(of: &row.first, behind: &front.first, beside: &fold.first),
            second.result(of: &row.second, behind: &front.second, beside: &fold.second)
        )
    }
    @inlinable @inline(__always)
    public func fold(of row: Rows.Accumulator, beside fold: Columns.Memory.Fold) -> Accumulator {
        Accumulator(
            first.fold(of: row.first, beside: fold.first), second.fold(of: row.second, beside: fold.second))
    }
    @inlinable @inline(__always)
    public func row(
        of fold: Accumulator, beside rest: inout Columns.Memory.Fold, in memory: Columns.Memory
    ) -> Rows.Accumulator {
        Rows.Accumulator(
            first.row(of: fold.first, beside: &rest.first, in: memory.first),
            second.row(of: fold.second, beside: &rest.second, in: memory.second))
    }
}

extension Both.Accumulator: BitwiseCopyable
where First.Accumulator: BitwiseCopyable, Second.Accumulator: BitwiseCopyable {}
