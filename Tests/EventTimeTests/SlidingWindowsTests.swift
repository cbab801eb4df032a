import EventTime
import TestSupport
import Testing

@Suite("Sliding windows")
struct SlidingWindowsTests {
    struct Shape: CustomStringConvertible, Sendable {
        var size: Nanoseconds
        var slide: Nanoseconds
        var offset: Nanoseconds = 0

        var windows: SlidingWindows { SlidingWindows(size: size, slide: slide, offset: offset) }
        var description: String { "size \(size), slide \(slide), offset \(offset)" }

        /// Starts of the windows that hold `time`, by the definition: start ≡ offset (mod slide), in 128 bits.
        func starts(holding time: Nanoseconds) -> [Int128] {
            let (wide, step) = (Int128(time), Int128(slide))
            let distance = wide - Int128(offset)
            var start = wide - ((distance % step) + step) % step
            var starts: [Int128] = []
            while start > wide - Int128(size) {
                starts.append(start)
                start -= step
            }
            return starts.reversed()
        }
    }

    static let shapes: [Shape] = [
        Shape(size: 10, slide: 10), Shape(size: 10, slide: 10, offset: 3), Shape(size: 10, slide: 10, offset: -27),
        Shape(size: 10, slide: 5), Shape(size: 10, slide: 4), Shape(size: 10, slide: 4, offset: 1),
        Shape(size: 7, slide: 3, offset: 5), Shape(size: 60, slide: 1), Shape(size: 3, slide: 10),
        Shape(size: 4, slide: 10, offset: -1), Shape(size: 6, slide: 15, offset: 100), Shape(size: 1, slide: 1),
        Shape(size: 1, slide: 7),
    ]

    /// The windows found through slices, as their starts.
    private func found(_ windows: SlidingWindows, holding time: Nanoseconds) -> [TimeWindow] {
        let slice = windows.slice(containing: time)
        guard let first = windows.firstWindow(containing: slice), let last = windows.lastWindow(containing: slice)
        else { return [] }
        return stride(from: first, through: last, by: Int(windows.slicesPerSlide)).map { windows.window($0) }
    }

    @Test(
        "hold each time that lies in [start, end), start being a multiple of the slide plus offset",
        arguments: shapes)
    func membership(shape: Shape) {
        for time in -130...130 as ClosedRange<Nanoseconds> {
            let expected = shape.starts(holding: time).map {
                TimeWindow(start: Nanoseconds($0), end: Nanoseconds($0) + shape.size)
            }
            #expect(found(shape.windows, holding: time) == expected, "time \(time)")
        }
    }

    @Test("are unions of slices, and slices do not overlap", arguments: shapes)
    func slices(shape: Shape) {
        let windows = shape.windows
        #expect(windows.size == windows.slicesPerWindow * windows.sliceLength)
        #expect(windows.slide == windows.slicesPerSlide * windows.sliceLength)
        for time in -130...130 as ClosedRange<Nanoseconds> {
            let slice = windows.slice(containing: time)
            #expect(windows.start(ofSlice: slice) <= time && time < windows.start(ofSlice: slice + 1))
            #expect(windows.start(ofSlice: slice + 1) - windows.start(ofSlice: slice) == windows.sliceLength)
        }
    }

    @Test("are complete from the watermark of their last nanosecond on, closed when the lateness is over too")
    func completion() {
        let windows = SlidingWindows(size: 10, slide: 4, offset: 1)
        // The window [1, 11) begins with slice 0; slices are 2 long.
        #expect(windows.window(0) == TimeWindow(start: 1, end: 11))
        #expect(!windows.isClosed(0, watermark: 9, allowedLateness: 0))
        #expect(windows.isClosed(0, watermark: 10, allowedLateness: 0))
        #expect(!windows.isClosed(0, watermark: 14, allowedLateness: 5))
        #expect(windows.isClosed(0, watermark: 15, allowedLateness: 5))
        #expect(
            !windows.isClosed(0, watermark: .max, allowedLateness: .max), "a deadline past all time never comes")
        // Slice 1, [3, 5), lies in [-3, 7) and [1, 11): late only when both are closed.
        #expect(!windows.isLate(slice: 1, watermark: 9, allowedLateness: 0))
        #expect(windows.isLate(slice: 1, watermark: 10, allowedLateness: 0))
    }

    @Test("have as first open one the earliest that ends after the watermark's next nanosecond", arguments: shapes)
    func firstOpen(shape: Shape) {
        let windows = shape.windows
        for watermark in -100...100 as ClosedRange<Nanoseconds> {
            let window = windows.firstOpenWindow(watermark: watermark)
            #expect(window % windows.slicesPerSlide == 0)
            #expect(windows.end(ofWindow: window) - 1 > watermark)
            #expect(windows.end(ofWindow: window - windows.slicesPerSlide) - 1 <= watermark)
        }
        #expect(windows.firstOpenWindow(watermark: .max) == .max)
    }

    static let wideShapes: [Shape] = [
        Shape(size: 10 * .second, slide: 10 * .second), Shape(size: 60 * .second, slide: .second, offset: 7),
        Shape(size: 70, slide: 30, offset: 20), Shape(size: 1, slide: 1), Shape(size: 3, slide: 1_000_000_007),
        Shape(size: 86_400 * .second, slide: 3600 * .second, offset: 1800 * .second),
        Shape(size: 1 << 62, slide: 1 << 60),
    ]

    @Test(
        "hold the first and the last nanoseconds that 64 bits have, their bounds cut off there",
        arguments: wideShapes)
    func extremes(shape: Shape) {
        let windows = shape.windows
        var times: [Nanoseconds] = []
        for distance in [0, 1, 2, 5, shape.slide / 2, shape.slide - 1] as [Int64] {
            times += [.min + distance, .max - distance]
        }
        for time in times {
            let expected = shape.starts(holding: time).map {
                TimeWindow(
                    start: Nanoseconds(clamping: $0), end: Nanoseconds(clamping: $0 + Int128(shape.size)))
            }
            #expect(found(windows, holding: time) == expected, "time \(time)")
            let slice = windows.slice(containing: time)
            #expect(windows.start(ofSlice: slice) <= time)
            let next = windows.start(ofSlice: slice.saturatingAdd(1))
            #expect(next > time || next == .max)
            _ = windows.firstOpenWindow(watermark: time)
            _ = windows.isLate(slice: slice, watermark: time, allowedLateness: 10)
        }
    }
}
