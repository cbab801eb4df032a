import EventTime
import Testing

/// A key whose hash collides often.
struct TestKey: WindowKey, Hashable, CustomStringConvertible {
    var name: Int32

    static func < (a: TestKey, b: TestKey) -> Bool { a.name < b.name }
    var tableHash: UInt32 { UInt32(bitPattern: name) % 3 }
    // Coarse: the order within a prefix is left to `<`.
    var sortPrefix: UInt64 { UInt64(name / 4) }
    var description: String { "key \(name)" }
}

/// A sum and a number of distinct things, each of them seen in all slices from the one where it came into sight to
/// the one where it went out of sight.
struct TestFold: SliceAccumulator, Equatable {
    var count: Int64 = 0
    var sum: Int64 = 0
    /// In a slice: things that came there, and went there. In a window: `came` is the number of things in sight.
    var came: Int64 = 0
    var went: Int64 = 0

    mutating func enter(_ slice: TestFold) {
        count &+= slice.count
        sum &+= slice.sum
        came &+= slice.came
    }

    mutating func leave(_ slice: TestFold) {
        count &-= slice.count
        sum &-= slice.sum
        came &-= slice.went
    }

    var isEmpty: Bool { count == 0 }
    var isZero: Bool { count | sum | came == 0 }
}

/// A thing of one key: `value` in each slice of a range.
struct TestThing {
    var key: TestKey
    var slices: ClosedRange<Int64>
    var value: Int64
}

/// What a window says when it fires.
struct TestFiring: Equatable, CustomStringConvertible {
    struct Row: Equatable {
        var key: TestKey
        var count: Int64
        var sum: Int64
        var things: Int64
    }

    var window: TimeWindow
    var rows: [Row]
    /// The keys that late elements changed; `nil` where the window fires on time.
    var changed: Set<TestKey>?

    var description: String {
        let rows = rows.map { "\($0.key.name): \($0.count) \($0.sum) \($0.things)" }.joined(separator: ", ")
        return
            "[\(window.start), \(window.end)) {\(rows)} \(changed.map { "changed \($0.map(\.name).sorted())" } ?? "")"
    }
}

/// The rules of windows by brute force: every element is kept and every window recomputed from all of them. A window
/// is named by its first slice here too, but found by its bounds.
struct WindowModel {
    let windows: SlidingWindows
    let allowedLateness: Nanoseconds
    private(set) var watermark = Nanoseconds.min
    private var things: [TestThing] = []
    private var dirty: [Int64: Set<TestKey>] = [:]

    init(_ windows: SlidingWindows, allowedLateness: Nanoseconds) {
        self.windows = windows
        self.allowedLateness = allowedLateness
    }

    /// Every window that has a slice of the range: those whose start is a multiple of the slide.
    private func windows(touching slices: ClosedRange<Int64>) -> [Int64] {
        ((slices.lowerBound - windows.slicesPerWindow + 1)...slices.upperBound).filter {
            $0 % windows.slicesPerSlide == 0
        }
    }

    private func lastNanosecond(_ window: Int64) -> Nanoseconds {
        (window + windows.slicesPerWindow) * windows.sliceLength + windows.offset - 1
    }

    /// Whether some window still takes an element of this slice.
    func takes(_ slice: Int64) -> Bool {
        windows(touching: slice...slice).contains { lastNanosecond($0).saturatingAdd(allowedLateness) > watermark }
    }

    /// The fired windows that hold the slice and still accept changes.
    func revisable(_ slice: Int64) -> [Int64] {
        windows(touching: slice...slice).filter {
            lastNanosecond($0) <= watermark && lastNanosecond($0).saturatingAdd(allowedLateness) > watermark
        }
    }

    mutating func add(_ thing: TestThing) {
        things.append(thing)
        for slice in thing.slices {
            for window in revisable(slice) { dirty[window, default: []].insert(thing.key) }
        }
    }

    /// The windows to be fired again.
    var dirtyWindows: [Int64] { dirty.keys.sorted() }

    /// Event time comes to `time`: what fires, in order.
    mutating func advance(to time: Nanoseconds) -> [TestFiring] {
        var firings = dirty.sorted { $0.key < $1.key }.map { firing($0.key, changed: $0.value) }
        dirty = [:]
        let due = Set(things.flatMap { windows(touching: $0.slices) })
            .filter { lastNanosecond($0) > watermark && lastNanosecond($0) < time }
        firings += due.sorted().map { firing($0, changed: nil) }
        watermark = time == .max ? .max : time - 1
        return firings
    }

    private func firing(_ window: Int64, changed: Set<TestKey>?) -> TestFiring {
        let slices = window..<(window + windows.slicesPerWindow)
        var rows: [TestKey: TestFiring.Row] = [:]
        for thing in things where slices.overlaps(Range(thing.slices)) {
            let count = Int64(slices.clamped(to: Range(thing.slices)).count)
            var row = rows[thing.key] ?? .init(key: thing.key, count: 0, sum: 0, things: 0)
            row.count += count
            row.sum += count * thing.value
            row.things += 1
            rows[thing.key] = row
        }
        return TestFiring(
            window: windows.window(window), rows: rows.values.sorted { $0.key < $1.key }, changed: changed)
    }
}

/// The operator under test, driven as the host statistics drive it.
struct WindowDriver: ~Copyable {
    var operation: SlicedWindows<TestKey, TestFold>
    /// What is said of a key's number, which may be wrong; `nil` where nothing is said.
    var guess: ((TestKey) -> Int32)?

    init(_ windows: SlidingWindows, allowedLateness: Nanoseconds) {
        operation = SlicedWindows(windows, allowedLateness: allowedLateness)
    }

    mutating func add(_ thing: TestThing, isLate: (Int64) -> Bool) {
        // In windows of one slice nothing stays in sight from slice to slice.
        let overlap = operation.windows.slicesPerWindow > 1
        for slice in thing.slices {
            let count: (inout TestFold) -> Void = {
                $0.count += 1
                $0.sum += thing.value
                if slice == thing.slices.lowerBound || !overlap { $0.came += 1 }
                if slice == thing.slices.upperBound { $0.went += 1 }
            }
            if let guess {
                operation.update(slice: slice, key: thing.key, number: guess(thing.key), count)
            } else {
                operation.update(slice: slice, key: thing.key, count)
            }
            if isLate(slice) { operation.noteLate(slice: slice, key: thing.key) }
        }
    }

    mutating func advance(to time: Nanoseconds, dirty: [Int64]) -> [TestFiring] {
        var firings = refire(dirty)
        while let window = operation.nextFiring(through: time) {
            let rows = operation.takeRows()
            #expect(operation.rowCount == rows.count)
            firings.append(
                TestFiring(
                    window: operation.windows.window(window), rows: rows.map(TestFiring.Row.init), changed: nil))
            operation.pass(to: operation.window(after: window))
        }
        operation.pass(to: operation.firstWindow(openAt: time))
        operation.close(watermark: time == .max ? .max : time - 1)
        return firings
    }

    mutating func refire(_ dirty: [Int64]) -> [TestFiring] {
        let windows = operation.windows
        var firings: [TestFiring] = []
        operation.refire(dirty) { window, rows, isChanged in
            firings.append(
                TestFiring(
                    window: windows.window(window), rows: rows.map(TestFiring.Row.init),
                    changed: Set(rows.map(\.key).filter(isChanged))))
        }
        return firings
    }
}

extension TestFiring.Row {
    init(_ row: WindowRow<TestKey, TestFold>) {
        self.init(key: row.key, count: row.value.count, sum: row.value.sum, things: row.value.came)
    }
}
