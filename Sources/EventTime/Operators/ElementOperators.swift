/// Makes each element into another.
public struct MapOperator<Input, Output>: StreamOperator {
    @usableFromInline let transform: (Input) -> Output

    @inlinable public init(_ transform: @escaping (Input) -> Output) { self.transform = transform }

    @inlinable @inline(__always)
    public mutating func process(_ element: Timed<Input>, emit: (Timed<Output>) -> Void) {
        emit(Timed(transform(element.value), at: element.time))
    }
}

/// Lets elements pass, or not.
public struct FilterOperator<Input>: StreamOperator {
    public typealias Output = Input

    @usableFromInline let isIncluded: (Input) -> Bool

    @inlinable public init(_ isIncluded: @escaping (Input) -> Bool) { self.isIncluded = isIncluded }

    @inlinable @inline(__always)
    public mutating func process(_ element: Timed<Input>, emit: (Timed<Input>) -> Void) {
        if isIncluded(element.value) { emit(element) }
    }
}

/// Makes each element into any number of others.
public struct FlatMapOperator<Input, Results: Sequence>: StreamOperator {
    public typealias Output = Results.Element

    @usableFromInline let transform: (Input) -> Results

    @inlinable public init(_ transform: @escaping (Input) -> Results) { self.transform = transform }

    @inlinable @inline(__always)
    public mutating func process(_ element: Timed<Input>, emit: (Timed<Output>) -> Void) {
        for value in transform(element.value) { emit(Timed(value, at: element.time)) }
    }
}

/// Makes each element into another, or none.
public struct CompactMapOperator<Input, Output>: StreamOperator {
    @usableFromInline let transform: (Input) -> Output?

    @inlinable public init(_ transform: @escaping (Input) -> Output?) { self.transform = transform }

    @inlinable @inline(__always)
    public mutating func process(_ element: Timed<Input>, emit: (Timed<Output>) -> Void) {
        if let value = transform(element.value) { emit(Timed(value, at: element.time)) }
    }
}

/// Two operators, one behind the other, as one.
public struct Chain<First: StreamOperator & ~Copyable, Second: StreamOperator & ~Copyable>: StreamOperator,
    ~Copyable
where First.Output == Second.Input {
    public typealias Input = First.Input
    public typealias Output = Second.Output

    @usableFromInline var first: First
    @usableFromInline var second: Second

    @inlinable public init(_ first: consuming First, _ second: consuming Second) {
        self.first = first
        self.second = second
    }

    @inlinable @inline(__always)
    public mutating func process(_ element: Timed<Input>, emit: (Timed<Output>) -> Void) {
        first.process(element) { second.process($0, emit: emit) }
    }

    @inlinable @inline(__always)
    public mutating func advance(to watermark: Nanoseconds, emit: (Timed<Output>) -> Void) {
        first.advance(to: watermark) { second.process($0, emit: emit) }
        second.advance(to: watermark, emit: emit)
    }

    @inlinable @inline(__always)
    public mutating func advanceProcessingTime(to now: Nanoseconds, emit: (Timed<Output>) -> Void) {
        first.advanceProcessingTime(to: now) { second.process($0, emit: emit) }
        second.advanceProcessingTime(to: now, emit: emit)
    }

    @inlinable public func snapshot(into state: inout StateEncoder) {
        first.snapshot(into: &state)
        second.snapshot(into: &state)
    }

    @inlinable public mutating func restore(from state: inout StateDecoder) throws(StateError) {
        try first.restore(from: &state)
        try second.restore(from: &state)
    }
}

extension Chain: KeyedOperator
where First: KeyedOperator & ~Copyable, Second: KeyedOperator & ~Copyable, First.Key == Second.Key {
    public typealias Key = First.Key
    public typealias Value = First.Value

    @inlinable @inline(__always)
    public func prefetch(_ key: Key, _ step: PrefetchStep) { first.prefetch(key, step) }

    public typealias Result = Second.Result

    @inlinable
    public mutating func restore(from state: inout StateDecoder, keeping groups: KeyGroups) throws(StateError) {
        try first.restore(from: &state, keeping: groups)
        try second.restore(from: &state, keeping: groups)
    }
}
