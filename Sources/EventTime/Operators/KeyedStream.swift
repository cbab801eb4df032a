/// A stream divided by key, and the operators that run on it: what they keep belongs to a key.
///
/// Its elements are the operators' results. Once they leave the keyed part, as other steps than those below are added,
/// they are in one order whatever the number of workers: that of the elements that caused them; and what an advance of
/// time made them emit, by (time, key).
public struct KeyedStream<Upstream: EventStream & ~Copyable, Inner: KeyedOperator & ~Copyable>: EventStream,
    ~Copyable
where Upstream.Element == Inner.Value, Inner.Value: Sendable, Inner.Result: Sendable {
    public typealias Element = Inner.Result
    public typealias Key = Inner.Key

    @usableFromInline var upstream: Upstream
    @usableFromInline let key: (Inner.Value) -> Inner.Key
    @usableFromInline let makeInner: @Sendable () -> Inner
    @usableFromInline let groupCount: Int
    @usableFromInline var state = StreamNode()
    /// Runs on this thread, where there is one worker.
    @usableFromInline var inner: Inner
    /// What the advance of time made it emit.
    @usableFromInline var fired: [Timed<Keyed<Key, Element>>] = []
    /// Where there are several.
    @usableFromInline var workers: KeyedWorkers<Inner>?

    @inlinable init(
        _ upstream: consuming Upstream, groupCount: Int, key: @escaping (Inner.Value) -> Inner.Key,
        _ makeInner: @escaping @Sendable () -> Inner
    ) {
        self.upstream = upstream
        self.groupCount = groupCount
        self.key = key
        self.makeInner = makeInner
        inner = makeInner()
    }

    @inlinable public mutating func open(_ run: StreamRun) throws {
        try upstream.open(run)
        state = StreamNode(run, "keyed")
        let shares = run.isRestoring ? try KeyedShare.all(run.takeParts(state.name), groupCount: groupCount) : []
        let count = min(run.options.workers, groupCount)
        if count > 1 {
            workers = try KeyedWorkers(
                count: count, groupCount: groupCount, restoring: shares, scheduler: run.options.scheduler, makeInner
            )
        } else {
            for share in shares { try share.restore(&inner, keeping: .all(of: groupCount)) }
        }
    }

    @inlinable public mutating func poll(emit: (StreamEvent<Element>) -> Void) throws {
        if let workers {
            try pollWorkers(workers, emit)
        } else {
            try pollHere(emit)
        }
    }

    @inlinable mutating func pollHere(_ emit: (StreamEvent<Element>) -> Void) throws {
        if let now = state.passedTime() {
            inner.advanceProcessingTime(to: now) { fired.append($0) }
            drainFirings(&fired, emit)
        }
        try upstream.poll { event in
            switch event {
            case .element(let element):
                inner.process(Timed(Keyed(key(element.value), element.value), at: element.time)) {
                    emit(.element(Timed($0.value.value, at: $0.time)))
                }
            case .watermark(let time):
                inner.advance(to: time) { fired.append($0) }
                drainFirings(&fired, emit)
                emit(.watermark(time))
            case .barrier(let checkpoint):
                state.save(checkpoint, share: 0, KeyedShare(of: inner, groups: .all(of: groupCount)).bytes)
                emit(.barrier(checkpoint))
            case .idle: emit(.idle)
            case .active: emit(.active)
            case .end: emit(.end)
            case .turn: emit(.turn)
            }
        }
    }

    @inlinable mutating func pollWorkers(
        _ workers: KeyedWorkers<Inner>, _ emit: (StreamEvent<Element>) -> Void
    ) throws {
        if let now = state.passedTime() { workers.add(.processingTime(now)) }
        try upstream.poll { event in
            switch event {
            case .element(let element):
                workers.add(Timed(Keyed(key(element.value), element.value), at: element.time))
            case .watermark(let time): workers.add(.watermark(time))
            case .barrier(let checkpoint): workers.add(.barrier(checkpoint))
            case .idle: workers.add(.idle)
            case .active: workers.add(.active)
            case .end: workers.add(.end)
            case .turn: workers.endTurn()
            }
        }
        while workers.mustGive {
            workers.give(state, emit)
        }
    }

    @inlinable public mutating func commit(_ checkpoint: UInt64) throws { try upstream.commit(checkpoint) }
    @inlinable public mutating func finish() throws { try upstream.finish() }
}

/// Emits what one advance of time made operators emit, in the order of (time, key); what has both alike stays in order.
@inlinable func drainFirings<Key: StreamKey, Value>(
    _ fired: inout [Timed<Keyed<Key, Value>>], _ emit: (StreamEvent<Value>) -> Void
) {
    guard !fired.isEmpty else { return }
    func precedes(_ a: Timed<Keyed<Key, Value>>, _ b: Timed<Keyed<Key, Value>>) -> Bool {
        a.time != b.time ? a.time < b.time : a.value.key < b.value.key
    }
    // The standard library's sort is stable.
    if fired.indices.dropFirst().contains(where: { precedes(fired[$0], fired[$0 - 1]) }) {
        fired.sort(by: precedes)
    }
    for result in fired { emit(.element(Timed(result.value.value, at: result.time))) }
    fired.removeAll(keepingCapacity: true)
}

extension EventStream where Self: ~Copyable, Element: Sendable {
    /// The stream divided by key. Operators behind it keep state for each key, and run on as many workers as the
    /// pipeline is given; each has some of `groups` key groups.
    @inlinable public consuming func keyed<Key: StreamKey>(
        groups: Int = KeyGroups.defaultCount, by key: @escaping (Element) -> Key
    ) -> KeyedStream<Self, KeyedIdentity<Key, Element>> {
        KeyedStream(self, groupCount: groups, key: key) { KeyedIdentity() }
    }
}

extension KeyedStream where Upstream: ~Copyable, Inner: ~Copyable {
    /// The stream behind one more keyed operator; `makeOperator` is called once for each worker, on its thread.
    @inlinable public consuming func process<Operator: KeyedOperator & ~Copyable>(
        _ makeOperator: @escaping @Sendable @autoclosure () -> Operator
    ) -> KeyedStream<Upstream, Chain<Inner, Operator>>
    where Operator.Key == Inner.Key, Operator.Value == Inner.Result, Operator.Result: Sendable {
        let makeInner = makeInner
        return KeyedStream<Upstream, Chain<Inner, Operator>>(upstream, groupCount: groupCount, key: key) {
            Chain(makeInner(), makeOperator())
        }
    }

    /// Each value made into another, under the same key and at the same time.
    @inlinable public consuming func map<Output: Sendable>(
        _ transform: @escaping @Sendable (Element) -> Output
    ) -> KeyedStream<Upstream, Chain<Inner, KeyedCompactMap<Key, Element, Output>>> {
        process(KeyedCompactMap { _, value in transform(value) })
    }

    /// Each value and its key made into another value.
    @inlinable public consuming func mapWithKey<Output: Sendable>(
        _ transform: @escaping @Sendable (Key, Element) -> Output
    ) -> KeyedStream<Upstream, Chain<Inner, KeyedCompactMap<Key, Element, Output>>> {
        process(KeyedCompactMap { key, value in transform(key, value) })
    }

    /// Each value made into another, or none, under the same key and at the same time.
    @inlinable public consuming func compactMap<Output: Sendable>(
        _ transform: @escaping @Sendable (Element) -> Output?
    ) -> KeyedStream<Upstream, Chain<Inner, KeyedCompactMap<Key, Element, Output>>> {
        process(KeyedCompactMap { _, value in transform(value) })
    }

    /// The values for which `isIncluded` holds.
    @inlinable public consuming func filter(
        _ isIncluded: @escaping @Sendable (Element) -> Bool
    ) -> KeyedStream<Upstream, Chain<Inner, KeyedCompactMap<Key, Element, Element>>> {
        process(KeyedCompactMap { _, value in isIncluded(value) ? value : nil })
    }

    /// Each value made into any number of others, under the same key and at the same time.
    @inlinable public consuming func flatMap<Output: Sequence & SendableMetatype>(
        _ transform: @escaping @Sendable (Element) -> Output
    ) -> KeyedStream<Upstream, Chain<Inner, KeyedFlatMap<Key, Element, Output>>> where Output.Element: Sendable {
        process(KeyedFlatMap { _, value in transform(value) })
    }

    /// After each value, what all values of its key so far come to. Each key that ever came is kept: where keys come
    /// and go, give a time to live.
    @inlinable public consuming func aggregate<Function: Aggregate>(
        _ function: Function
    ) -> KeyedStream<Upstream, Chain<Inner, RollingAggregate<Key, Function>>>
    where Function.Input == Element, Function.Result: Sendable {
        process(RollingAggregate(function))
    }

    /// After each value, all values of its key so far, reduced to one. Each key that ever came is kept: where keys come
    /// and go, give a time to live.
    @inlinable public consuming func reduce(
        _ combine: @escaping @Sendable (Element, Element) -> Element
    ) -> KeyedStream<
        Upstream,
        Chain<
            Chain<Inner, RollingAggregate<Key, Reduce<Element>>>, KeyedCompactMap<Key, Element?, Element>
        >
    > where Element: StateValue {
        aggregate(Reduce(combine)).compactMap { $0 }
    }
}
