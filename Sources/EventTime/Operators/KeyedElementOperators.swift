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

/// Folds the values of each key as they come, and says after each what they come to. It keeps a fold for each key that
/// ever came: where keys come and go, ``RollingFunction`` forgets them.
public struct RollingAggregate<Key: StreamKey, Function: Aggregate>: KeyedOperator {
    public typealias Value = Function.Input
    public typealias Result = Function.Result

    @usableFromInline let function: Function
    @usableFromInline var folds: [Key: Function.Accumulator] = [:]

    @inlinable public init(_ function: Function) { self.function = function }

    @inlinable
    public mutating func process(_ element: Timed<Keyed<Key, Value>>, emit: (Timed<Keyed<Key, Result>>) -> Void) {
        let key = element.value.key
        let function = function
        let result = Self.add(element.value.value, to: &folds[key, default: function.makeAccumulator()], function)
        emit(Timed(Keyed(key, result), at: element.time))
    }

    @inlinable static func add(
        _ value: Value, to fold: inout Function.Accumulator, _ function: Function
    ) -> Result {
        function.add(value, to: &fold)
        return function.result(of: fold)
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
            let value = try Function.Accumulator(from: &state)
            guard groups.contains(key) else { continue }
            guard folds.updateValue(value, forKey: key) == nil else {
                throw state.invalid("a key stands there twice")
            }
        }
    }
}
