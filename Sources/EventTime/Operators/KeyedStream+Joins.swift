extension KeyedStream where Upstream: ~Copyable {
    /// Two streams that are keyed alike, as one: steps behind it see the elements of a key from both.
    @inlinable public consuming func connect<SharedKey: StreamKey, Other: EventStream & ~Copyable>(
        _ other: consuming KeyedStream<Other, KeyedIdentity<SharedKey, Other.Element>>
    ) -> KeyedStream<
        ConnectedStream<Upstream, Other>, KeyedIdentity<SharedKey, Either<Upstream.Element, Other.Element>>
    > where Inner == KeyedIdentity<SharedKey, Upstream.Element> {
        let (left, right) = (key, other.key)
        precondition(groupCount == other.groupCount, "connected streams have as many key groups")
        let groups = groupCount
        return upstream.connect(other.upstream).keyed(groups: groups) { element in
            switch element {
            case .left(let value): left(value)
            case .right(let value): right(value)
            }
        }
    }

    /// Pairs of elements of the same key whose times are near: `right.time - left.time` is from `earliest` to `latest`
    /// (both in ns, either may be negative). A pair comes when its later element does, at the later of its times.
    /// Elements behind the watermark are dropped. Flink's interval join.
    ///
    /// An element is kept until no partner can come any more; a new one looks at what is kept of the other stream for
    /// its key.
    @inlinable public consuming func join<SharedKey: StreamKey, Other: EventStream & ~Copyable, Output: Sendable>(
        _ other: consuming KeyedStream<Other, KeyedIdentity<SharedKey, Other.Element>>,
        from earliest: Nanoseconds, through latest: Nanoseconds,
        _ combine: @escaping @Sendable (Upstream.Element, Other.Element) -> Output
    ) -> KeyedStream<
        ConnectedStream<Upstream, Other>,
        Chain<
            KeyedIdentity<SharedKey, Either<Upstream.Element, Other.Element>>,
            ProcessOperator<
                ConnectedProcess<IntervalJoin<SharedKey, Upstream.Element, Other.Element, Output>>
            >
        >
    >
    where
        Inner == KeyedIdentity<SharedKey, Upstream.Element>, Upstream.Element: StateValue,
        Other.Element: StateValue
    {
        connect(other).process(IntervalJoin(from: earliest, through: latest, combine))
    }

    /// What both streams have of a key in each window: Flink's coGroup.
    @inlinable public consuming func coGroup<SharedKey: StreamKey, Other: EventStream & ~Copyable>(
        _ other: consuming KeyedStream<Other, KeyedIdentity<SharedKey, Other.Element>>, in windows: SlidingWindows,
        allowedLateness: Nanoseconds = 0
    )
        -> KeyedStream<
            ConnectedStream<Upstream, Other>, KeyedIdentity<SharedKey, Either<Upstream.Element, Other.Element>>
        >.Windowed<
            SlicedWindowOperator<SharedKey, SlidingWindows, GatherSides<Upstream.Element, Other.Element>>
        >
    where
        Inner == KeyedIdentity<SharedKey, Upstream.Element>, Upstream.Element: StateValue,
        Other.Element: StateValue
    {
        connect(other).window(windows, aggregate: GatherSides(), allowedLateness: allowedLateness)
    }
}

/// Pairs elements of two streams whose times are near.
public struct IntervalJoin<Key: StreamKey, Left: StateValue, Right: StateValue, Output: Sendable>:
    ConnectedProcessFunction
{
    @usableFromInline let earliest: Nanoseconds
    @usableFromInline let latest: Nanoseconds
    @usableFromInline let combine: @Sendable (Left, Right) -> Output
    /// What may still find a partner, by time.
    @usableFromInline let lefts = MapState<Nanoseconds, [Left]>("left")
    @usableFromInline let rights = MapState<Nanoseconds, [Right]>("right")

    /// A pair's right element is from `earliest` to `latest` ns behind its left one.
    @inlinable public init(
        from earliest: Nanoseconds, through latest: Nanoseconds,
        _ combine: @escaping @Sendable (Left, Right) -> Output
    ) {
        precondition(earliest <= latest)
        self.earliest = earliest
        self.latest = latest
        self.combine = combine
    }

    public var states: [any StateDeclaration] { [lefts, rights] }

    @inlinable public func process(left element: Left, in context: inout ProcessContext<Key, Output>) {
        let time = context.time
        guard time >= context.watermark else { return }
        context[lefts, time, default: []].append(element)
        let near = time.saturatingAdd(earliest)...time.saturatingAdd(latest)
        for (other, values) in context.entries(of: rights) where near ~= other {
            for value in values { context.emit(combine(element, value), at: max(time, other)) }
        }
        context.setTimer(at: time.saturatingAdd(max(latest, 0)))
    }

    @inlinable public func process(right element: Right, in context: inout ProcessContext<Key, Output>) {
        let time = context.time
        guard time >= context.watermark else { return }
        context[rights, time, default: []].append(element)
        let near = time.saturatingSubtract(latest)...time.saturatingSubtract(earliest)
        for (other, values) in context.entries(of: lefts) where near ~= other {
            for value in values { context.emit(combine(value, element), at: max(time, other)) }
        }
        context.setTimer(at: time.saturatingSubtract(min(earliest, 0)))
    }

    /// No partner can come any more for the elements that set the timer.
    @inlinable public func timer(_ timer: FiredTimer, in context: inout ProcessContext<Key, Output>) {
        context[lefts, timer.time.saturatingSubtract(max(latest, 0))] = nil
        context[rights, timer.time.saturatingAdd(min(earliest, 0))] = nil
    }
}

/// The elements of two streams, each in the order they came.
public struct Sides<Left: StateValue, Right: StateValue>: StateValue {
    public var left: [Left] = []
    public var right: [Right] = []

    @inlinable public init() {}

    public func encode(into state: inout StateEncoder) {
        left.encode(into: &state)
        right.encode(into: &state)
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        left = try [Left](from: &state)
        right = try [Right](from: &state)
    }

    /// Every pair of them: what a window join is made of.
    @inlinable public func pairs<Output>(_ combine: (Left, Right) -> Output) -> [Output] {
        left.flatMap { left in right.map { combine(left, $0) } }
    }
}

extension Sides: Sendable where Left: Sendable, Right: Sendable {}

/// Keeps the elements of two streams apart.
public struct GatherSides<Left: StateValue, Right: StateValue>: Aggregate {
    @inlinable public init() {}
    @inlinable public func makeAccumulator() -> Sides<Left, Right> { Sides() }
    @inlinable public func add(_ input: Either<Left, Right>, to sides: inout Sides<Left, Right>) {
        switch input {
        case .left(let value): sides.left.append(value)
        case .right(let value): sides.right.append(value)
        }
    }
    @inlinable public func merge(_ later: Sides<Left, Right>, into sides: inout Sides<Left, Right>) {
        sides.left += later.left
        sides.right += later.right
    }
    @inlinable public func result(of sides: Sides<Left, Right>) -> Sides<Left, Right> { sides }
}
