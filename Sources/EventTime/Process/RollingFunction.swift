/// Folds the values of each key as they come, says after each what they come to, and forgets a key that was not used for
/// some time: its next value is the first of a new fold.
public struct RollingFunction<Key: StreamKey, Function: Aggregate>: ProcessFunction {
    public typealias Input = Function.Input
    public typealias Output = Function.Result

    @usableFromInline let fold: AggregatingState<Function>

    @inlinable public init(_ function: Function, timeToLive: TimeToLive) {
        fold = AggregatingState("fold", function, timeToLive: timeToLive)
    }

    public var states: [any StateDeclaration] { [fold] }

    @inlinable public func process(_ element: Input, in context: inout ProcessContext<Key, Output>) {
        context.add(element, to: fold)
        if let result = context[fold] { context.emit(result) }
    }
}

extension KeyedStream where Upstream: ~Copyable, Inner: ~Copyable {
    /// After each value, what the values of its key come to since that was last forgotten: a fold lives for
    /// `timeToLive`, so that memory is bounded by the keys of that time.
    @inlinable public consuming func aggregate<Function: Aggregate>(
        _ function: Function, timeToLive: TimeToLive
    ) -> KeyedStream<Upstream, Chain<Inner, ProcessOperator<RollingFunction<Key, Function>>>>
    where Function.Input == Element, Function.Result: Sendable {
        process(RollingFunction<Key, Function>(function, timeToLive: timeToLive))
    }

    /// After each value, the values of its key reduced to one, since that was last forgotten: it lives for
    /// `timeToLive`.
    @inlinable public consuming func reduce(
        timeToLive: TimeToLive, _ combine: @escaping @Sendable (Element, Element) -> Element
    ) -> KeyedStream<
        Upstream,
        Chain<
            Chain<Inner, ProcessOperator<RollingFunction<Key, Reduce<Element>>>>,
            KeyedCompactMap<Key, Element?, Element>
        >
    > where Element: StateValue {
        aggregate(Reduce(combine), timeToLive: timeToLive).compactMap { $0 }
    }
}
