/// A step of a stream: takes elements and the advance of time, and emits elements of its own.
///
/// Steps are composed by type, so that a chain compiles into one loop: `emit` is never stored, and no element is boxed.
/// Everything an operator does depends on what it is given, in the order it is given it, and on nothing else; what it
/// emits on an advance of time is ordered by (time, key), so that splitting keys over workers changes nothing.
public protocol StreamOperator<Input, Output>: ~Copyable {
    associatedtype Input
    associatedtype Output

    /// Takes the next element. Elements come before the watermark they cause, never after a watermark they are held
    /// back by.
    mutating func process(_ element: Timed<Input>, emit: (Timed<Output>) -> Void)

    /// Event time has come to `watermark`: no element at or before it is still to come but late ones. Called with
    /// rising values; `Nanoseconds.max` is the end of the input.
    mutating func advance(to watermark: Nanoseconds, emit: (Timed<Output>) -> Void)

    /// Processing time has come to `now`, in ns since the epoch: as the driver's clock says, which tests drive by hand.
    mutating func advanceProcessingTime(to now: Nanoseconds, emit: (Timed<Output>) -> Void)

    /// Writes all state, for a checkpoint; called between elements.
    func snapshot(into state: inout StateEncoder)

    /// Takes over the state that ``snapshot(into:)`` of an operator with the same declaration wrote. Throws
    /// ``StateError`` where it is not that; the operator is then not to be used.
    mutating func restore(from state: inout StateDecoder) throws(StateError)
}

extension StreamOperator where Self: ~Copyable {
    @inlinable @inline(__always)
    public mutating func advance(to watermark: Nanoseconds, emit: (Timed<Output>) -> Void) {}
    @inlinable @inline(__always)
    public mutating func advanceProcessingTime(to now: Nanoseconds, emit: (Timed<Output>) -> Void) {}
    @inlinable public func snapshot(into state: inout StateEncoder) {}
    @inlinable public mutating func restore(from state: inout StateDecoder) throws(StateError) {}
}
