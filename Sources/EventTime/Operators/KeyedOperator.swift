/// A value and the key it belongs to.
@frozen public struct Keyed<Key: StreamKey, Value> {
    public var key: Key
    public var value: Value

    @inlinable public init(_ key: Key, _ value: Value) {
        self.key = key
        self.value = value
    }
}

extension Keyed: Sendable where Value: Sendable {}
extension Keyed: Equatable where Value: Equatable {}
extension Keyed: Hashable where Value: Hashable {}

/// The steps in which the memory of a key that comes soon is asked for, so that the processor need not wait for it: first
/// where the key is looked up, and, some elements later, what is found there.
@frozen public enum PrefetchStep: Sendable {
    case place, state

    /// Elements before the key's own at which this step is done.
    @inlinable public var distance: Int { self == .place ? 16 : 8 }
}

/// A step of a keyed stream: its state belongs to keys, so that a worker can run it for some of them.
///
/// What an advance of time emits stands under the key it was emitted for; the runtime puts it in the order of
/// (time, key), and leaves the outputs of one key and time in the order in which they came.
public protocol KeyedOperator<Key, Value, Result>: StreamOperator, SendableMetatype, ~Copyable
where Input == Keyed<Key, Value>, Output == Keyed<Key, Result> {
    associatedtype Key: StreamKey
    associatedtype Value
    associatedtype Result

    /// Takes over what ``StreamOperator/snapshot(into:)`` wrote of the keys in `groups`, and skips the other keys (but
    /// reads and checks them). Called once for each worker that saved: keys are added to those already there; what
    /// belongs to no key, as a watermark, is the same each time. Throws ``StateError`` as
    /// ``StreamOperator/restore(from:)`` does.
    mutating func restore(from state: inout StateDecoder, keeping groups: KeyGroups) throws(StateError)

    /// An element of this key comes, after some others: see ``WindowOperation/prefetch(_:_:)``.
    func prefetch(_ key: Key, _ step: PrefetchStep)
}

extension KeyedOperator where Self: ~Copyable {
    @inlinable @inline(__always)
    public func prefetch(_ key: Key, _ step: PrefetchStep) {}
    @inlinable public mutating func restore(from state: inout StateDecoder) throws(StateError) {
        try restore(from: &state, keeping: .all())
    }
}
