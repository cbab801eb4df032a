import EventTime
import Foundation
import Testing

extension RecordedWindowCase {
    /// The windows of the case; `nil` where it is about something other than event-time windows of one input that
    /// fire by their own trigger.
    fileprivate var windows: SlidingWindows? {
        guard spec.inputs == 1, spec.trigger == nil, let window = spec.window, let size = window.sizeMs,
            window.type == "tumbling" || window.type == "sliding"
        else { return nil }
        return SlidingWindows(size: size, slide: window.slideMs ?? size, offset: window.offsetMs ?? 0)
    }
}

@Suite("Windows against recorded cases")
struct FlinkVectorTests {
    @Test("our own cases, written from the rules, hold", arguments: RecordedWindowCase.own)
    func ownCase(file: URL) throws {
        // Windows of counts are run by other operators.
        #expect(try check(file) != file.lastPathComponent.hasPrefix("count"), "\(file)")
    }

    @Test("there are cases of our own")
    func ownCasesExist() { #expect(RecordedWindowCase.own.count >= 4) }

    @Test("what Flink does with tumbling and sliding windows, these do")
    func keptCases() throws {
        let checked = try RecordedWindowCase.kept.count { try check($0) }
        #expect(checked == 6)
    }

    @Test(
        "and in the cases beside this clone",
        .enabled(if: !RecordedWindowCase.beside.isEmpty, "the recorded cases are not beside this clone"))
    func casesBeside() throws {
        let checked = try RecordedWindowCase.beside.count { try check($0) }
        #expect(checked >= 15)
    }

    /// Runs a case and compares firings, late elements and watermarks; false where it is not about such windows.
    private func check(_ file: URL) throws -> Bool {
        guard let vector = try RecordedWindowCase.read(file), let windows = vector.windows else { return false }
        var run = VectorRun(windows, vector.spec)
        for (number, step) in vector.steps.enumerated() { run.take(step, number: number) }
        if vector.spec.flushAtEnd == true { run.finish(step: vector.steps.count) }
        // Inside a step the order is not promised.
        #expect(
            run.firings.sorted(by: Self.precedes)
                == vector.expected.windows?.map(Self.counted).sorted(by: Self.precedes),
            "\(vector.name)")
        #expect(run.late == vector.expected.lateSeqs, "\(vector.name)")
        #expect(run.watermarks == vector.expected.watermarkAfterStep, "\(vector.name)")
        return true
    }

    /// What these windows say of a firing: count and sum.
    private static func counted(_ firing: RecordedWindowCase.Firing) -> RecordedWindowCase.Firing {
        .init(
            step: firing.step, key: firing.key, start: firing.start, end: firing.end, count: firing.count,
            sum: firing.sum)
    }

    private static func precedes(_ a: RecordedWindowCase.Firing, _ b: RecordedWindowCase.Firing) -> Bool {
        (a.step, a.end ?? 0, a.start ?? 0, a.key, a.count) < (b.step, b.end ?? 0, b.start ?? 0, b.key, b.count)
    }
}

/// Runs the steps of a case. Late changes are fired again at once, as Flink does, and not with the next advance.
private struct VectorRun: ~Copyable {
    private let windows: SlidingWindows
    private let lateness: Nanoseconds
    private var driver: WindowDriver
    private var strategy: BoundedOutOfOrderness?
    private var watermark = Nanoseconds.min
    private var names: [String] = []
    private(set) var firings: [RecordedWindowCase.Firing] = []
    private(set) var late: [Int] = []
    private(set) var watermarks: [Int64?] = []

    init(_ windows: SlidingWindows, _ specification: RecordedWindowCase.Specification) {
        self.windows = windows
        lateness = specification.allowedLatenessMs ?? 0
        driver = WindowDriver(windows, allowedLateness: lateness)
        strategy = specification.watermark.delayMs.map { BoundedOutOfOrderness(delay: $0) }
    }

    mutating func take(_ step: RecordedWindowCase.Step, number: Int) {
        let time = step.ts ?? 0
        if step.op == "watermark" {
            advance(to: time, step: number)
        } else {
            add(step, time, number: number)
            if strategy?.observe(time) == true, let reached = strategy?.watermark {
                advance(to: reached, step: number)
            }
        }
        watermarks.append(watermark == .min ? nil : watermark)
    }

    mutating func finish(step: Int) { advance(to: .max, step: step) }

    private mutating func add(_ step: RecordedWindowCase.Step, _ time: Nanoseconds, number: Int) {
        let slice = windows.slice(containing: time)
        let isLate = windows.isLate(slice: slice, watermark: watermark, allowedLateness: lateness)
        guard !isLate, let first = windows.firstWindow(containing: slice),
            let last = windows.lastWindow(containing: slice)
        else {
            // Into the late output go elements that no window took, if they are late themselves.
            if time.saturatingAdd(lateness) <= watermark { late.append(number) }
            return
        }
        let dirty = stride(from: first, through: last, by: Int(windows.slicesPerSlide)).filter {
            windows.end(ofWindow: $0) - 1 <= watermark
                && !windows.isClosed($0, watermark: watermark, allowedLateness: lateness)
        }
        let key = TestKey(name: name(step.key ?? ""))
        driver.add(TestThing(key: key, slices: slice...slice, value: step.value ?? 0)) { _ in !dirty.isEmpty }
        for firing in driver.refire(dirty) {
            note(firing, step: number, only: firing.changed)
        }
    }

    private mutating func advance(to time: Nanoseconds, step: Int) {
        guard time > watermark else { return }
        watermark = time
        for firing in driver.advance(to: time.saturatingAdd(1), dirty: []) { note(firing, step: step, only: nil) }
    }

    private mutating func note(_ firing: TestFiring, step: Int, only keys: Set<TestKey>?) {
        for row in firing.rows where keys?.contains(row.key) ?? true {
            firings.append(
                .init(
                    step: step, key: names[Int(row.key.name)], start: firing.window.start, end: firing.window.end,
                    count: row.count, sum: row.sum))
        }
    }

    private mutating func name(_ key: String) -> Int32 {
        if let place = names.firstIndex(of: key) { return Int32(place) }
        names.append(key)
        return Int32(names.count - 1)
    }
}
