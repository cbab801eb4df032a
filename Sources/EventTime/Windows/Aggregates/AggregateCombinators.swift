/// An aggregate over something of each element: `Sum<Int64>().of(\.bytes)`.
public struct Projected<Base: Aggregate, Input>: Aggregate {
    public typealias Accumulator = Base.Accumulator
    public typealias Stacked = Base.Stacked
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
    @inlinable public static var refersToMemory: Bool { Base.refersToMemory }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, in accumulator: inout Accumulator) {
        if Base.refersToMemory { base.prefetch(projection(input), in: &accumulator) }
    }
    @inlinable @inline(__always)
    public func prefetch(_ fold: inout Accumulator) { base.prefetch(&fold) }
    @inlinable @inline(__always)
    public func prefetchMerge(of later: inout Accumulator, into accumulator: inout Accumulator) {
        base.prefetchMerge(of: &later, into: &accumulator)
    }
}

/// An aggregate whose result is made into something else when a window fires.
public struct Mapped<Base: Aggregate, Result>: Aggregate {
    public typealias Input = Base.Input
    public typealias Accumulator = Base.Accumulator
    public typealias Stacked = Base.Stacked
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
    @inlinable public static var refersToMemory: Bool { Base.refersToMemory }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, in accumulator: inout Accumulator) {
        base.prefetch(input, in: &accumulator)
    }
    @inlinable @inline(__always)
    public func prefetch(_ fold: inout Accumulator) { base.prefetch(&fold) }
    @inlinable @inline(__always)
    public func prefetchMerge(of later: inout Accumulator, into accumulator: inout Accumulator) {
        base.prefetchMerge(of: &later, into: &accumulator)
    }
}

/// Two aggregates of the same elements in one pass.
///
/// Sliding windows take apart what each part lets them, and keep stacks of the rest.
@frozen public struct Both<First: Aggregate, Second: Aggregate>: Aggregate where First.Input == Second.Input {
    public typealias Input = First.Input

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
    @inlinable public static var refersToMemory: Bool { First.refersToMemory || Second.refersToMemory }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, in accumulator: inout Accumulator) {
        first.prefetch(input, in: &accumulator.first)
        second.prefetch(input, in: &accumulator.second)
    }
    @inlinable @inline(__always)
    public func prefetch(_ fold: inout Accumulator) {
        first.prefetch(&fold.first)
        second.prefetch(&fold.second)
    }
    @inlinable @inline(__always)
    public func prefetchMerge(of later: inout Accumulator, into accumulator: inout Accumulator) {
        first.prefetchMerge(of: &later.first, into: &accumulator.first)
        second.prefetchMerge(of: &later.second, into: &accumulator.second)
    }
}

extension Both.Accumulator: BitwiseCopyable
where First.Accumulator: BitwiseCopyable, Second.Accumulator: BitwiseCopyable {}

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
