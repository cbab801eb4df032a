/// An element of a stream and its event time, in ns since the epoch.
@frozen public struct Timed<Value> {
    public var value: Value
    public var time: Nanoseconds

    @inlinable public init(_ value: Value, at time: Nanoseconds) {
        self.value = value
        self.time = time
    }
}

extension Timed: BitwiseCopyable where Value: BitwiseCopyable {}
extension Timed: Sendable where Value: Sendable {}
extension Timed: Equatable where Value: Equatable {}
extension Timed: Hashable where Value: Hashable {}
