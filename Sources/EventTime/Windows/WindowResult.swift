/// What a window says of a key when it fires.
@frozen public struct WindowResult<Key, Result> {
    public var key: Key
    /// `nil` for windows without bounds in time: global ones and those that count elements.
    public var window: TimeWindow?
    public var result: Result
    public var firing: WindowFiring

    @inlinable public init(key: Key, window: TimeWindow?, result: Result, firing: WindowFiring) {
        self.key = key
        self.window = window
        self.result = result
        self.firing = firing
    }

    /// The event time of the result as an element of a stream: the window's last nanosecond, `Int64.max` without one.
    @inlinable public var time: Nanoseconds { window?.lastNanosecond ?? .max }
}

extension WindowResult: Sendable where Key: Sendable, Result: Sendable {}
extension WindowResult: Equatable where Key: Equatable, Result: Equatable {}

/// When and why a window fired.
@frozen public struct WindowFiring: Hashable, BitwiseCopyable, Sendable {
    /// What a firing is in the life of its window.
    @frozen public enum Cause: UInt8, Hashable, BitwiseCopyable, Sendable {
        /// The window was not complete yet. Windows without bounds in time fire early always.
        case early
        /// The watermark came to the window's last nanosecond, or to a later alarm of the trigger.
        case onTime
        /// An element came when the window was complete.
        case late
    }

    /// How often the window, with these bounds, had fired for the key before.
    public var revision: UInt32
    public var cause: Cause
    /// The operator's watermark at the firing; `Int64.min` where there was none yet.
    public var watermark: Nanoseconds
    /// What the firings of one advance are ordered by, before the key: the time of the alarm that went off, or of the
    /// element that made the window fire.
    public var time: Nanoseconds

    @inlinable public init(revision: UInt32, cause: Cause, watermark: Nanoseconds, time: Nanoseconds) {
        self.revision = revision
        self.cause = cause
        self.watermark = watermark
        self.time = time
    }
}

/// What became of an element that was given to windows.
@frozen public enum ElementFate: UInt8, Hashable, BitwiseCopyable, Sendable {
    /// Some window took it.
    case taken
    /// No window took it, and it is late itself: `time + allowed lateness <= watermark`. It belongs into the late
    /// output.
    case late
    /// No window took it though it is not late: it lies between two windows.
    case betweenWindows
}

/// Windows of a keyed stream: takes elements and the advance of time, and fires.
///
/// Flink's semantics throughout: an element first, then the watermark it causes; watermarks that do not rise are
/// ignored; `Int64.max` is the end of the input. What one advance emits is ordered by (time of the alarm, key, start,
/// end); what one element emits has its windows newest first.
public protocol WindowOperation<Key, Element, Result>: ~Copyable {
    associatedtype Key: StreamKey
    associatedtype Element
    associatedtype Result

    /// The event time reached; `Int64.min` before the first watermark.
    var watermark: Nanoseconds { get }

    /// Takes an element into its windows and emits what that makes fire.
    mutating func process(
        key: Key, element: Element, at time: Nanoseconds, emit: (WindowResult<Key, Result>) -> Void
    ) -> ElementFate

    /// An element of this key comes, after some others: asks for the memory that it will need, in two steps, of which the
    /// second looks at what the first asked for. Advice: nothing changes by it.
    func prefetch(_ key: Key, _ step: PrefetchStep)

    /// Event time comes to `watermark`.
    mutating func advance(to watermark: Nanoseconds, emit: (WindowResult<Key, Result>) -> Void)

    /// Processing time comes to `now`.
    mutating func advanceProcessingTime(to now: Nanoseconds, emit: (WindowResult<Key, Result>) -> Void)

    /// Writes the state of the keys for which `includes` holds, in the order of the keys.
    func snapshot(into state: inout StateEncoder, where includes: (Key) -> Bool)

    /// Adds the state that ``snapshot(into:where:)`` of an operation with the same declaration wrote; of several such,
    /// one after the other, where their keys are different.
    mutating func restore(from state: inout StateDecoder) throws(StateError)
}

extension WindowOperation where Self: ~Copyable {
    @inlinable @inline(__always)
    public func prefetch(_ key: Key, _ step: PrefetchStep) {}
    @inlinable public func snapshot(into state: inout StateEncoder) { snapshot(into: &state) { _ in true } }
}
