/// Windows of `size`, one starting every `slide`, aligned to the epoch plus `offset`; tumbling where `slide` equals
/// `size`, with gaps between them where it is larger.
///
/// Each window is a union of *slices* (panes) of length gcd(size, slide), so that traffic is added to one slice and
/// never to each of the windows that overlap there (Li et al., "No pane, no gain", SIGMOD Record 2005; Traub et al.,
/// Scotty, ICDE 2018). Slices are numbered from the epoch: slice `i` is
/// `[offset + i * sliceLength, offset + (i + 1) * sliceLength)`, and a window is named by its first slice.
///
///     size 6, slide 4, slices of 2      |  0  |  1  |  2  |  3  |  4  |
///     window 0                          [----- ----- -----)
///     window 2                                      [----- ----- -----)
public struct SlidingWindows: Hashable, Sendable {
    public let size: Nanoseconds
    public let slide: Nanoseconds
    public let offset: Nanoseconds
    /// gcd(size, slide).
    public let sliceLength: Nanoseconds
    /// Slices in a window.
    public let slicesPerWindow: Int64
    /// Slices between the starts of two neighbouring windows.
    public let slicesPerSlide: Int64

    /// `size` and `slide` are positive; `offset` may be negative or longer than a slide.
    public init(size: Nanoseconds, slide: Nanoseconds, offset: Nanoseconds = 0) {
        precondition(size > 0 && slide > 0)
        self.size = size
        self.slide = slide
        self.offset = offset.flooredRemainder(dividingBy: slide)
        var (a, b) = (size, slide)
        while b != 0 { (a, b) = (b, a % b) }
        sliceLength = a
        slicesPerWindow = size / a
        slicesPerSlide = slide / a
    }

    /// Windows that do not overlap.
    public static func tumbling(_ size: Nanoseconds, offset: Nanoseconds = 0) -> Self {
        Self(size: size, slide: size, offset: offset)
    }

    public var isTumbling: Bool { slicesPerWindow == 1 && slicesPerSlide == 1 }

    /// The slice that holds `time`: floor division, also before 1970. Near the ends of the representable time the
    /// slice may begin or end outside it; the bounds below saturate.
    @inlinable public func slice(containing time: Nanoseconds) -> Int64 {
        let (distance, overflow) = time.subtractingReportingOverflow(offset)
        guard overflow else { return distance.floored(dividingBy: sliceLength) }
        // Near the beginning of time, `offset` being above zero: seen from one slide later, which is whole slices.
        return (time - (offset - slide)).floored(dividingBy: sliceLength).saturatingAdd(-slicesPerSlide)
    }

    /// The first nanosecond of a slice, or the nearest that 64 bits hold.
    @inlinable public func start(ofSlice slice: Int64) -> Nanoseconds {
        let (product, overflow) = slice.multipliedReportingOverflow(by: sliceLength)
        // The product may lie outside where the sum does not: then once more in twice the width.
        return overflow
            ? Int64(clamping: Int128(slice) * Int128(sliceLength) + Int128(offset)) : product.saturatingAdd(offset)
    }

    /// The bounds of the window that begins with `slice`.
    @inlinable public func window(_ slice: Int64) -> TimeWindow {
        TimeWindow(start: start(ofSlice: slice), end: end(ofWindow: slice))
    }

    /// The end of the window that begins with `slice`: that of its last slice.
    @inlinable public func end(ofWindow slice: Int64) -> Nanoseconds {
        start(ofSlice: slice.saturatingAdd(slicesPerWindow))
    }

    /// The last window that holds `slice`; `nil` where it lies between two windows.
    @inlinable public func lastWindow(containing slice: Int64) -> Int64? {
        let window = slice.roundedDown(toMultipleOf: slicesPerSlide)
        return slice - window < slicesPerWindow ? window : nil
    }

    /// The first window that holds `slice`; `nil` where it lies between two windows.
    @inlinable public func firstWindow(containing slice: Int64) -> Int64? {
        let window = firstWindow(endingAfter: slice)
        return window <= slice ? window : nil
    }

    /// Whether every window that holds `slice` has been closed by `watermark`: late data for it is dropped. A slice
    /// between two windows is not late.
    @inlinable public func isLate(slice: Int64, watermark: Nanoseconds, allowedLateness: Nanoseconds) -> Bool {
        guard let window = lastWindow(containing: slice) else { return false }
        return isClosed(window, watermark: watermark, allowedLateness: allowedLateness)
    }

    /// Whether `watermark` has passed the window's last nanosecond by the allowed lateness.
    @inlinable public func isClosed(
        _ window: Int64, watermark: Nanoseconds, allowedLateness: Nanoseconds
    ) -> Bool {
        let (deadline, overflow) = (end(ofWindow: window) - 1).addingReportingOverflow(allowedLateness)
        return !overflow && deadline <= watermark
    }

    /// The earliest window that `watermark` has not completed.
    @inlinable public func firstOpenWindow(watermark: Nanoseconds) -> Int64 {
        guard watermark < .max else { return .max }
        // A window is complete where its last nanosecond is not above the watermark.
        return firstWindow(endingAfter: slice(containing: watermark.saturatingAdd(1)))
    }

    /// The earliest window whose last slice is not before `slice`.
    @inlinable func firstWindow(endingAfter slice: Int64) -> Int64 {
        let earliest = slice.saturatingAdd(1 - slicesPerWindow)
        // Rounded up. The remainder cannot overflow where the negated number would.
        let remainder = earliest.flooredRemainder(dividingBy: slicesPerSlide)
        return remainder == 0 ? earliest : earliest.saturatingAdd(slicesPerSlide - remainder)
    }
}
