/// Lets keyed elements pass as they are: the chain of a keyed stream begins with it.
public struct KeyedIdentity<Key: StreamKey, Value>: KeyedOperator {
    public typealias Result = Value

    @inlinable public init() {}

    @inlinable @inline(__always)
    public mutating func process(_ element: Timed<Keyed<Key, Value>>, emit: (Timed<Keyed<Key, Value>>) -> Void) {
        emit(element)
    }

    @inlinable public mutating func restore(from state: inout StateDecoder, keeping: KeyGroups) throws(StateError) {
    }
}

/// Makes each value into any number of others under the same key.
public struct KeyedFlatMap<Key: StreamKey, Value, Results: Sequence>: KeyedOperator {
    public typealias Result = Results.Element

    @usableFromInline let transform: @Sendable (Key, Value) -> Results

    @inlinable public init(_ transform: @escaping @Sendable (Key, Value) -> Results) { self.transform = transform }

    @inlinable @inline(__always)
    public mutating func process(_ element: Timed<Keyed<Key, Value>>, emit: (Timed<Keyed<Key, Result>>) -> Void) {
        let key = element.value.key
        for value in transform(key, element.value.value) { emit(Timed(Keyed(key, value), at: element.time)) }
    }

    @inlinable public mutating func restore(from state: inout StateDecoder, keeping: KeyGroups) throws(StateError) {
    }
}

/// Makes each value into another, or none, under the same key.
public struct KeyedCompactMap<Key: StreamKey, Value, Result>: KeyedOperator {
    @usableFromInline let transform: @Sendable (Key, Value) -> Result?

    @inlinable public init(_ transform: @escaping @Sendable (Key, Value) -> Result?) { self.transform = transform }

    @inlinable @inline(__always)
    public mutating func process(_ element: Timed<Keyed<Key, Value>>, emit: (Timed<Keyed<Key, Result>>) -> Void) {
        let key = element.value.key
        if let value = transform(key, element.value.value) { emit(Timed(Keyed(key, value), at: element.time)) }
    }

    @inlinable public mutating func restore(from state: inout StateDecoder, keeping: KeyGroups) throws(StateError) {
    }
}

/// Folds the values of each key into one and emits it after each of them.
public struct RollingFold<Key: StreamKey, Value, Folded: StateValue>: KeyedOperator {
    public typealias Result = Folded

    @usableFromInline let fold: @Sendable (Folded?, Value) -> Folded
    @usableFromInline var folds: [Key: Folded] = [:]

    @inlinable public init(_ fold: @escaping @Sendable (Folded?, Value) -> Folded) { self.fold = fold }

    @inlinable
    public mutating func process(_ element: Timed<Keyed<Key, Value>>, emit: (Timed<Keyed<Key, Folded>>) -> Void) {
        let key = element.value.key
        let folded = fold(folds[key], element.value.value)
        folds[key] = folded
        emit(Timed(Keyed(key, folded), at: element.time))
    }

    @inlinable public func snapshot(into state: inout StateEncoder) {
        state.encode(UInt64(folds.count))
        for (key, value) in folds.sorted(by: { $0.key < $1.key }) {
            key.encode(into: &state)
            value.encode(into: &state)
        }
    }

    @inlinable
    public mutating func restore(from state: inout StateDecoder, keeping groups: KeyGroups) throws(StateError) {
        for _ in 0..<(try state.decodeCount(elementSize: 1)) {
            let key = try Key(from: &state)
            let value = try Folded(from: &state)
            guard groups.contains(key) else { continue }
            guard folds.updateValue(value, forKey: key) == nil else {
                throw state.invalid("a key stands there twice")
            }
        }
    }
}
