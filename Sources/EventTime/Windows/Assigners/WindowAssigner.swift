/// Says which windows an element belongs to. Flink's WindowAssigner.
public protocol WindowAssigner<Key, Element>: Sendable {
    associatedtype Key
    associatedtype Element

    /// Whether windows of a key that overlap or touch become one: sessions.
    static var merges: Bool { get }
    /// Whether windows have no bounds in time.
    static var isGlobal: Bool { get }

    /// Calls `body` with the windows of an element, newest first; with exactly one where windows merge. Windows have
    /// `start < end`.
    func assign(_ element: Element, key: Key, at time: Nanoseconds, _ body: (TimeWindow) -> Void)
}

extension WindowAssigner {
    @inlinable public static var merges: Bool { false }
    @inlinable public static var isGlobal: Bool { false }
}

/// Tumbling and sliding windows in event time, the same for all keys.
@frozen public struct EventTimeWindows<Key, Element>: WindowAssigner {
    public let windows: SlidingWindows

    @inlinable public init(_ windows: SlidingWindows) { self.windows = windows }

    /// Windows that do not overlap: size and offset in nanoseconds, the size positive.
    @inlinable public static func tumbling(_ size: Nanoseconds, offset: Nanoseconds = 0) -> Self {
        Self(.tumbling(size, offset: offset))
    }

    /// A window of `size` every `slide` nanoseconds, both positive.
    @inlinable public static func sliding(_ size: Nanoseconds, every slide: Nanoseconds, offset: Nanoseconds = 0)
        -> Self
    {
        Self(SlidingWindows(size: size, slide: slide, offset: offset))
    }

    @inlinable @inline(__always)
    public func assign(_ element: Element, key: Key, at time: Nanoseconds, _ body: (TimeWindow) -> Void) {
        windows.forEachWindow(containing: time, body)
    }
}

extension SlidingWindows {
    /// Calls `body` with each window that holds `time`, newest first. O(windows).
    @inlinable @inline(__always)
    public func forEachWindow(containing time: Nanoseconds, _ body: (TimeWindow) -> Void) {
        let slice = slice(containing: time)
        guard var window = lastWindow(containing: slice), let first = firstWindow(containing: slice) else { return }
        while true {
            body(self.window(window))
            guard window > first else { return }
            window = window.saturatingAdd(-slicesPerSlide)
        }
    }
}

/// Tumbling or sliding windows whose size, slide and offset depend on the key: shifts of a plant, days of a time zone.
/// Equal keys must be given equal windows.
public struct PerKeyWindows<Key, Element>: WindowAssigner {
    public let windows: @Sendable (Key) -> SlidingWindows

    @inlinable public init(_ windows: @escaping @Sendable (Key) -> SlidingWindows) { self.windows = windows }

    @inlinable @inline(__always)
    public func assign(_ element: Element, key: Key, at time: Nanoseconds, _ body: (TimeWindow) -> Void) {
        windows(key).forEachWindow(containing: time, body)
    }
}

/// Windows that begin together every `size` and end a `step` later each: the first `step`, the first two, …, all of it.
/// Flink SQL's CUMULATE.
@frozen public struct CumulatingWindows<Key, Element>: WindowAssigner {
    public let size: Nanoseconds
    public let step: Nanoseconds
    /// Where the windows begin: multiples of `size` from here.
    public let offset: Nanoseconds

    /// `size` is a multiple of `step`, which is positive.
    @inlinable public init(size: Nanoseconds, step: Nanoseconds, offset: Nanoseconds = 0) {
        precondition(step > 0 && size >= step && size % step == 0)
        self.size = size
        self.step = step
        self.offset = offset.flooredRemainder(dividingBy: size)
    }

    @inlinable @inline(__always)
    public func assign(_ element: Element, key: Key, at time: Nanoseconds, _ body: (TimeWindow) -> Void) {
        // In twice the width: windows may reach over the ends of time.
        let position = (Int128(time) - Int128(offset)) % Int128(size)
        let distance = Int64(position < 0 ? position + Int128(size) : position)
        let start = Int128(time) - Int128(distance)
        var length = size
        // Of the windows that end behind all time there is one: they cannot be told apart.
        while length - step > distance, start + Int128(length - step) >= Int128(Int64.max) { length -= step }
        while length > distance {
            body(TimeWindow(start: Int64(clamping: start), end: Int64(clamping: start + Int128(length))))
            length -= step
        }
    }
}

/// Sessions: a stretch in which no two neighbouring elements of a key are more than a gap apart. Elements exactly a
/// gap apart are in one session.
@frozen public struct SessionWindows<Key, Element>: WindowAssigner {
    public let gap: Nanoseconds

    /// `gap` is positive, in nanoseconds.
    @inlinable public init(gap: Nanoseconds) {
        precondition(gap > 0)
        self.gap = gap
    }

    @inlinable public static var merges: Bool { true }

    @inlinable @inline(__always)
    public func assign(_ element: Element, key: Key, at time: Nanoseconds, _ body: (TimeWindow) -> Void) {
        body(TimeWindow(start: time, end: time.saturatingAdd(gap)))
    }
}

/// Sessions whose gap depends on the element or its key: an element keeps its session open as long as it says.
public struct DynamicSessionWindows<Key, Element>: WindowAssigner {
    public let gap: @Sendable (Key, Element) -> Nanoseconds

    /// `gap` answers positive numbers of nanoseconds.
    @inlinable public init(gap: @escaping @Sendable (Key, Element) -> Nanoseconds) { self.gap = gap }

    @inlinable public static var merges: Bool { true }

    @inlinable @inline(__always)
    public func assign(_ element: Element, key: Key, at time: Nanoseconds, _ body: (TimeWindow) -> Void) {
        let gap = gap(key, element)
        precondition(gap > 0, "a session's gap is positive")
        body(TimeWindow(start: time, end: time.saturatingAdd(gap)))
    }
}

/// One window for all elements of a key. It never is complete: a trigger of counts or of processing time makes it fire.
@frozen public struct GlobalWindows<Key, Element>: WindowAssigner {
    @inlinable public init() {}

    @inlinable public static var isGlobal: Bool { true }

    @inlinable @inline(__always)
    public func assign(_ element: Element, key: Key, at time: Nanoseconds, _ body: (TimeWindow) -> Void) {
        body(.always)
    }
}
