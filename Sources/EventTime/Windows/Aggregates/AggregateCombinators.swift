/// An aggregate over something of each element: `Sum<Int64>().of(\.bytes)`.
public struct Projected<Base: Aggregate, Input>: Aggregate {
    public typealias Accumulator = Base.Accumulator
    public typealias Stacked = Base.Stacked
    public typealias Rows = Projected<Base.Rows, Input>
    public typealias Columns = Base.Columns
    @usableFromInline let base: Base
    @usableFromInline let projection: @Sendable (Input) -> Base.Input

    @inlinable init(_ base: Base, _ projection: @escaping @Sendable (Input) -> Base.Input) {
        self.base = base
        self.projection = projection
    }

    @inlinable @inline(__always)
    public func makeAccumulator() -> Accumulator { base.makeAccumulator() }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout Accumulator) {
        base.add(projection(input), to: &accumulator)
    }
    @inlinable @inline(__always)
    public func merge(_ later: Accumulator, into accumulator: inout Accumulator) {
        base.merge(later, into: &accumulator)
    }
    @inlinable @inline(__always)
    public func result(of accumulator: Accumulator) -> Base.Result { base.result(of: accumulator) }
    @inlinable @inline(__always)
    public func reset(_ accumulator: inout Accumulator) { base.reset(&accumulator) }

    @inlinable public static var needsStacks: Bool { Base.needsStacks }
    @inlinable @inline(__always)
    public func subtract(_ earlier: inout Accumulator, from accumulator: inout Accumulator) {
        base.subtract(&earlier, from: &accumulator)
    }
    @inlinable @inline(__always)
    public func stacked(_ fold: inout Accumulator) -> Stacked { base.stacked(&fold) }
    @inlinable @inline(__always)
    public func mergeStacked(_ later: inout Stacked, into earlier: inout Stacked) {
        base.mergeStacked(&later, into: &earlier)
    }
    @inlinable @inline(__always)
    public func resetStacked(_ accumulator: inout Accumulator) { base.resetStacked(&accumulator) }
    @inlinable @inline(__always)
    public func result(of total: inout Accumulator, behind front: inout Stacked) -> Base.Result {
        base.result(of: &total, behind: &front)
    }
    @inlinable @inline(__always)
    public func mergeInPlace(_ later: inout Accumulator, into accumulator: inout Accumulator) {
        base.mergeInPlace(&later, into: &accumulator)
    }
    @inlinable @inline(__always)
    public func resultInPlace(of accumulator: inout Accumulator) -> Base.Result {
        base.resultInPlace(of: &accumulator)
    }

    @inlinable @inline(__always)
    public var rows: Projected<Base.Rows, Input> { Projected<Base.Rows, Input>(base.rows, projection) }
    @inlinable @inline(__always)
    public func add(_ input: Input, to columns: Base.Columns, row: Int) {
        if !Columns.isNothing { base.add(projection(input), to: columns, row: row) }
    }
    @inlinable @inline(__always)
    public func addLate(
        _ input: Input, to columns: Base.Columns, row: Int, number: Int, in window: Base.Columns.Window
    ) {
        if !Columns.isNothing {
            base.addLate(projection(input), to: columns, row: row, number: number, in: window)
        }
    }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, in columns: Base.Columns, row: Int) {
        if !Columns.isNothing { base.prefetch(projection(input), in: columns, row: row) }
    }
    @inlinable @inline(__always)
    public func result(
        of row: inout Base.Rows.Accumulator, number: Int, in window: Base.Columns.Window
    ) -> Base.Result { base.result(of: &row, number: number, in: window) }
    @inlinable @inline(__always)
    public func result(
        of row: inout Base.Rows.Accumulator, behind front: inout Base.Rows.Stacked, number: Int,
        in window: Base.Columns.Window
    ) -> Base.Result { base.result(of: &row, behind: &front, number: number, in: window) }
    @inlinable @inline(__always)
    public func fold(of row: Base.Rows.Accumulator, number: Int, in columns: Base.Columns) -> Accumulator {
        base.fold(of: row, number: number, in: columns)
    }
    @inlinable @inline(__always)
    public func row(of fold: Accumulator, number: Int, into columns: Base.Columns) -> Base.Rows.Accumulator {
        base.row(of: fold, number: number, into: columns)
    }

    @inlinable @inline(__always)
    public func add(_ input: Input, to fold: inout Columns.Memory.Fold, in memory: Columns.Memory) {
        if !Columns.isNothing { base.add(projection(input), to: &fold, in: memory) }
    }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, for fold: inout Columns.Memory.Fold) {
        if !Columns.isNothing { base.prefetch(projection(input), for: &fold) }
    }
    @inlinable @inline(__always)
    public func result(of row: inout Rows.Accumulator, beside fold: inout Columns.Memory.Fold) -> Base.Result {
        base.result(of: &row, beside: &fold)
    }
    @inlinable @inline(__always)
    public func result(
        of row: inout Rows.Accumulator, behind front: inout Rows.Stacked, beside fold: inout Columns.Memory.Fold
    ) -> Base.Result { base.result(of: &row, behind: &front, beside: &fold) }
    @inlinable @inline(__always)
    public func fold(of row: Rows.Accumulator, beside fold: Columns.Memory.Fold) -> Accumulator {
        base.fold(of: row, beside: fold)
    }
    @inlinable @inline(__always)
    public func row(
        of fold: Accumulator, beside rest: inout Columns.Memory.Fold, in memory: Columns.Memory
    ) -> Rows.Accumulator { base.row(of: fold, beside: &rest, in: memory) }
}

/// An aggregate whose result is made into something else when a window fires.
public struct Mapped<Base: Aggregate, Result>: Aggregate {
    public typealias Input = Base.Input
    public typealias Accumulator = Base.Accumulator
    public typealias Stacked = Base.Stacked
    public typealias Rows = Base.Rows
    public typealias Columns = Base.Columns
    @usableFromInline let base: Base
    @usableFromInline let transform: @Sendable (Base.Result) -> Result

    @inlinable init(_ base: Base, _ transform: @escaping @Sendable (Base.Result) -> Result) {
        self.base = base
        self.transform = transform
    }

    @inlinable @inline(__always)
    public func makeAccumulator() -> Accumulator { base.makeAccumulator() }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout Accumulator) { base.add(input, to: &accumulator) }
    @inlinable @inline(__always)
    public func merge(_ later: Accumulator, into accumulator: inout Accumulator) {
        base.merge(later, into: &accumulator)
    }
    @inlinable @inline(__always)
    public func result(of accumulator: Accumulator) -> Result { transform(base.result(of: accumulator)) }
    @inlinable @inline(__always)
    public func reset(_ accumulator: inout Accumulator) { base.reset(&accumulator) }

    @inlinable public static var needsStacks: Bool { Base.needsStacks }
    @inlinable @inline(__always)
    public func subtract(_ earlier: inout Accumulator, from accumulator: inout Accumulator) {
        base.subtract(&earlier, from: &accumulator)
    }
    @inlinable @inline(__always)
    public func stacked(_ fold: inout Accumulator) -> Stacked { base.stacked(&fold) }
    @inlinable @inline(__always)
    public func mergeStacked(_ later: inout Stacked, into earlier: inout Stacked) {
        base.mergeStacked(&later, into: &earlier)
    }
    @inlinable @inline(__always)
    public func resetStacked(_ accumulator: inout Accumulator) { base.resetStacked(&accumulator) }
    @inlinable @inline(__always)
    public func result(of total: inout Accumulator, behind front: inout Stacked) -> Result {
        transform(base.result(of: &total, behind: &front))
    }
    @inlinable @inline(__always)
    public func mergeInPlace(_ later: inout Accumulator, into accumulator: inout Accumulator) {
        base.mergeInPlace(&later, into: &accumulator)
    }
    @inlinable @inline(__always)
    public func resultInPlace(of accumulator: inout Accumulator) -> Result {
        transform(base.resultInPlace(of: &accumulator))
    }

    @inlinable @inline(__always)
    public var rows: Base.Rows { base.rows }
    @inlinable @inline(__always)
    public func add(_ input: Input, to columns: Base.Columns, row: Int) {
        base.add(input, to: columns, row: row)
    }
    @inlinable @inline(__always)
    public func addLate(
        _ input: Input, to columns: Base.Columns, row: Int, number: Int, in window: Base.Columns.Window
    ) { base.addLate(input, to: columns, row: row, number: number, in: window) }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, in columns: Base.Columns, row: Int) {
        base.prefetch(input, in: columns, row: row)
    }
    @inlinable @inline(__always)
    public func result(
        of row: inout Base.Rows.Accumulator, number: Int, in window: Base.Columns.Window
    ) -> Result { transform(base.result(of: &row, number: number, in: window)) }
    @inlinable @inline(__always)
    public func result(
        of row: inout Base.Rows.Accumulator, behind front: inout Base.Rows.Stacked, number: Int,
        in window: Base.Columns.Window
    ) -> Result { transform(base.result(of: &row, behind: &front, number: number, in: window)) }
    @inlinable @inline(__always)
    public func fold(of row: Base.Rows.Accumulator, number: Int, in columns: Base.Columns) -> Accumulator {
        base.fold(of: row, number: number, in: columns)
    }
    @inlinable @inline(__always)
    public func row(of fold: Accumulator, number: Int, into columns: Base.Columns) -> Base.Rows.Accumulator {
        base.row(of: fold, number: number, into: columns)
    }

    @inlinable @inline(__always)
    public func add(_ input: Input, to fold: inout Columns.Memory.Fold, in memory: Columns.Memory) {
        base.add(input, to: &fold, in: memory)
    }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, for fold: inout Columns.Memory.Fold) {
        base.prefetch(input, for: &fold)
    }
    @inlinable @inline(__always)
    public func result(of row: inout Rows.Accumulator, beside fold: inout Columns.Memory.Fold) -> Result {
        transform(base.result(of: &row, beside: &fold))
    }
    @inlinable @inline(__always)
    public func result(
        of row: inout Rows.Accumulator, behind front: inout Rows.Stacked, beside fold: inout Columns.Memory.Fold
    ) -> Result { transform(base.result(of: &row, behind: &front, beside: &fold)) }
    @inlinable @inline(__always)
    public func fold(of row: Rows.Accumulator, beside fold: Columns.Memory.Fold) -> Accumulator {
        base.fold(of: row, beside: fold)
    }
    @inlinable @inline(__always)
    public func row(
        of fold: Accumulator, beside rest: inout Columns.Memory.Fold, in memory: Columns.Memory
    ) -> Rows.Accumulator { base.row(of: fold, beside: &rest, in: memory) }
}

extension Aggregate {
    /// This aggregate over something of each element.
    @inlinable public func of<Element>(_ projection: @escaping @Sendable (Element) -> Input)
        -> Projected<Self, Element>
    { Projected(self, projection) }

    /// This aggregate with another result.
    @inlinable public func map<Other>(_ transform: @escaping @Sendable (Result) -> Other) -> Mapped<Self, Other> {
        Mapped(self, transform)
    }

    /// This aggregate and another one of the same elements, in one pass.
    @inlinable public func and<Other: Aggregate>(_ other: Other) -> Both<Self, Other> where Other.Input == Input {
        Both(self, other)
    }
}

/// Three aggregates of the same elements in one pass.
@inlinable public func combine<A: Aggregate, B: Aggregate, C: Aggregate>(_ a: A, _ b: B, _ c: C)
    -> Mapped<Both<Both<A, B>, C>, (A.Result, B.Result, C.Result)> where B.Input == A.Input, C.Input == A.Input
{ Both(Both(a, b), c).map { ($0.0.0, $0.0.1, $0.1) } }

/// Four aggregates of the same elements in one pass.
@inlinable public func combine<A: Aggregate, B: Aggregate, C: Aggregate, D: Aggregate>(
    _ a: A, _ b: B, _ c: C, _ d: D
) -> Mapped<Both<Both<A, B>, Both<C, D>>, (A.Result, B.Result, C.Result, D.Result)>
where B.Input == A.Input, C.Input == A.Input, D.Input == A.Input {
    Both(Both(a, b), Both(c, d)).map { ($0.0.0, $0.0.1, $0.1.0, $0.1.1) }
}

/// Five aggregates of the same elements in one pass.
@inlinable public func combine<A: Aggregate, B: Aggregate, C: Aggregate, D: Aggregate, E: Aggregate>(
    _ a: A, _ b: B, _ c: C, _ d: D, _ e: E
) -> Mapped<Both<Both<Both<A, B>, Both<C, D>>, E>, (A.Result, B.Result, C.Result, D.Result, E.Result)>
where B.Input == A.Input, C.Input == A.Input, D.Input == A.Input, E.Input == A.Input {
    Both(Both(Both(a, b), Both(c, d)), e).map { ($0.0.0.0, $0.0.0.1, $0.0.1.0, $0.0.1.1, $0.1) }
}

/// An aggregate built from closures.
public struct Fold<Input, Accumulator: StateValue & Sendable, Result>: Aggregate {
    @usableFromInline let initial: Accumulator
    @usableFromInline let adding: @Sendable (inout Accumulator, Input) -> Void
    @usableFromInline let merging: @Sendable (inout Accumulator, Accumulator) -> Void
    @usableFromInline let finishing: @Sendable (Accumulator) -> Result

    /// `merging` is associative, and takes the fold of later elements into that of earlier ones.
    @inlinable public init(
        _ initial: Accumulator, adding: @escaping @Sendable (inout Accumulator, Input) -> Void,
        merging: @escaping @Sendable (inout Accumulator, Accumulator) -> Void,
        result: @escaping @Sendable (Accumulator) -> Result
    ) {
        self.initial = initial
        self.adding = adding
        self.merging = merging
        finishing = result
    }

    @inlinable public func makeAccumulator() -> Accumulator { initial }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout Accumulator) { adding(&accumulator, input) }
    @inlinable @inline(__always)
    public func merge(_ later: Accumulator, into accumulator: inout Accumulator) { merging(&accumulator, later) }
    @inlinable @inline(__always)
    public func result(of accumulator: Accumulator) -> Result { finishing(accumulator) }
}

/// The elements of a window reduced to one by an associative function; `nil` without any. Flink's ReduceFunction.
public struct Reduce<Input: StateValue & Sendable>: Aggregate {
    @usableFromInline let combine: @Sendable (Input, Input) -> Input

    /// `combine` takes the earlier element first.
    @inlinable public init(_ combine: @escaping @Sendable (Input, Input) -> Input) { self.combine = combine }

    @inlinable public func makeAccumulator() -> Input? { nil }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout Input?) {
        accumulator = accumulator.map { combine($0, input) } ?? input
    }
    @inlinable @inline(__always)
    public func merge(_ later: Input?, into accumulator: inout Input?) {
        if let later { add(later, to: &accumulator) }
    }
    @inlinable public func result(of accumulator: Input?) -> Input? { accumulator }
}

/// A summary of many items in little memory, of which two make the summary of all their items.
public protocol MergeableSketch: StateValue, Sendable {
    associatedtype Item
    mutating func insert(_ item: Item)
    mutating func merge(_ other: Self)
}

/// A window's elements in a sketch.
public struct SketchAggregate<Sketch: MergeableSketch, Result>: Aggregate {
    public typealias Input = Sketch.Item
    public typealias Accumulator = Sketch
    @usableFromInline let empty: Sketch
    @usableFromInline let answer: @Sendable (Sketch) -> Result

    /// `answer` is what the window says of its sketch when it fires.
    @inlinable public init(_ empty: Sketch, answer: @escaping @Sendable (Sketch) -> Result) {
        self.empty = empty
        self.answer = answer
    }

    @inlinable public func makeAccumulator() -> Sketch { empty }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout Sketch) { accumulator.insert(input) }
    @inlinable public func merge(_ later: Sketch, into accumulator: inout Sketch) { accumulator.merge(later) }
    @inlinable public func result(of accumulator: Sketch) -> Result { answer(accumulator) }
}
