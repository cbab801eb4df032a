/// How windows are made of slices that they share: an element is folded into one slice, whatever the overlap.
///
/// A window is a stretch of slices and has a number; numbers rise with the windows' ends, one window after the other
/// `windowStep` apart.
public protocol SliceLayout: Sendable {
    /// The slice that holds `time`.
    func slice(containing time: Nanoseconds) -> Int64
    /// The first nanosecond of a slice.
    func start(ofSlice slice: Int64) -> Nanoseconds
    /// The window that ends first, and the one that ends last, of those that hold `slice`; `nil` between windows.
    func firstWindow(containing slice: Int64) -> Int64?
    func lastWindow(containing slice: Int64) -> Int64?
    var windowStep: Int64 { get }
    /// The first slice of a window, and the first one behind it.
    func firstSlice(ofWindow window: Int64) -> Int64
    func endSlice(ofWindow window: Int64) -> Int64
    /// The first window that `watermark` has not completed.
    func firstOpenWindow(watermark: Nanoseconds) -> Int64
    /// Whether slices may be in several windows.
    var sharesSlices: Bool { get }
    /// Between a window's first slice and its end: the same slice for as many successive windows as possible.
    func stackBoundary(ofWindow window: Int64) -> Int64
}

extension SliceLayout {
    @inlinable @inline(__always)
    func bounds(ofWindow window: Int64) -> TimeWindow {
        TimeWindow(
            start: start(ofSlice: firstSlice(ofWindow: window)), end: start(ofSlice: endSlice(ofWindow: window)))
    }
}

extension SlidingWindows: SliceLayout {
    @inlinable public var windowStep: Int64 { slicesPerSlide }
    @inlinable public func firstSlice(ofWindow window: Int64) -> Int64 { window }
    @inlinable public func endSlice(ofWindow window: Int64) -> Int64 { window.saturatingAdd(slicesPerWindow) }
    @inlinable public var sharesSlices: Bool { slicesPerWindow > 1 }

    /// The one multiple of a window's slices that lies behind the first slice and not behind the end.
    @inlinable public func stackBoundary(ofWindow window: Int64) -> Int64 {
        window.roundedDown(toMultipleOf: slicesPerWindow).saturatingAdd(slicesPerWindow)
    }
}

extension CumulatingWindows {
    /// The slices of the windows: one for each step.
    @inlinable public var layout: CumulatingLayout { CumulatingLayout(size: size, step: step, offset: offset) }
}

/// Cumulating windows as slices: a window has the number of its last slice.
@frozen public struct CumulatingLayout: SliceLayout, Hashable {
    /// The steps as windows of their own.
    @usableFromInline let steps: SlidingWindows
    @usableFromInline let stepsPerWindow: Int64
    /// Number of a slice with which windows begin.
    @usableFromInline let origin: Int64

    @inlinable init(size: Nanoseconds, step: Nanoseconds, offset: Nanoseconds) {
        steps = .tumbling(step, offset: offset)
        stepsPerWindow = size / step
        // Slices are numbered from the offset's remainder.
        origin = offset / step
    }

    @inlinable public func slice(containing time: Nanoseconds) -> Int64 { steps.slice(containing: time) }
    @inlinable public func start(ofSlice slice: Int64) -> Nanoseconds { steps.start(ofSlice: slice) }
    @inlinable public func firstWindow(containing slice: Int64) -> Int64? { slice }
    @inlinable public func lastWindow(containing slice: Int64) -> Int64? {
        firstSlice(ofWindow: slice).saturatingAdd(stepsPerWindow - 1)
    }
    @inlinable public var windowStep: Int64 { 1 }
    @inlinable public func firstSlice(ofWindow window: Int64) -> Int64 {
        window.saturatingSubtract(
            window.saturatingSubtract(origin).flooredRemainder(dividingBy: stepsPerWindow))
    }
    @inlinable public func endSlice(ofWindow window: Int64) -> Int64 { window.saturatingAdd(1) }
    @inlinable public func firstOpenWindow(watermark: Nanoseconds) -> Int64 {
        steps.firstOpenWindow(watermark: watermark)
    }
    @inlinable public var sharesSlices: Bool { stepsPerWindow > 1 }
    /// Nothing ever leaves these windows but all at once.
    @inlinable public func stackBoundary(ofWindow window: Int64) -> Int64 { firstSlice(ofWindow: window) }
}
