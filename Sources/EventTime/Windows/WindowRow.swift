/// A key's fold over a window.
@frozen public struct WindowRow<Key: WindowKey, Accumulator: SliceAccumulator>: BitwiseCopyable, Sendable {
    public var key: Key
    public var value: Accumulator

    @inlinable public init(key: Key, value: Accumulator) {
        self.key = key
        self.value = value
    }
}
