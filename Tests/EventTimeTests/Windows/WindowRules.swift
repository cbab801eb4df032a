import EventTime

/// An element of the random streams.
struct TestElement: Sendable, Equatable {
    var number: Int
    var value: Int64
    var gap: Int64
}

/// A kind of windows, as the model sees it.
enum TestWindows: Sendable, CustomStringConvertible {
    case sliding(SlidingWindows)
    /// Offset by the key.
    case perKey(SlidingWindows)
    case cumulating(size: Int64, step: Int64, offset: Int64)
    case session(Int64)
    case dynamicSession
    case global

    var merges: Bool {
        switch self {
        case .session, .dynamicSession: true
        default: false
        }
    }

    var description: String {
        switch self {
        case .sliding(let windows): "size \(windows.size) slide \(windows.slide) offset \(windows.offset)"
        case .perKey(let windows): "size \(windows.size) slide \(windows.slide) offset by key"
        case .cumulating(let size, let step, let offset): "up to \(size) by \(step) offset \(offset)"
        case .session(let gap): "session \(gap)"
        case .dynamicSession: "session of dynamic gap"
        case .global: "global"
        }
    }

    /// The windows of an element, newest first, found by trying every start.
    func windows(key: Int, _ element: TestElement, at time: Int64) -> [TimeWindow] {
        func aligned(_ size: Int64, _ slide: Int64, _ offset: Int64) -> [TimeWindow] {
            ((time - size + 1)...time).reversed().filter { ($0 - offset) % slide == 0 }
                .map { TimeWindow(start: $0, end: $0 + size) }
        }
        switch self {
        case .sliding(let windows): return aligned(windows.size, windows.slide, windows.offset)
        case .perKey(let windows): return aligned(windows.size, windows.slide, windows.offset + Int64(key))
        case .cumulating(let size, let step, let offset):
            return aligned(size, size, offset).flatMap { whole in
                stride(from: whole.end, to: whole.start, by: -Int(step))
                    .map { TimeWindow(start: whole.start, end: $0) }
                    .filter { time < $0.end }
            }
        case .session(let gap): return [TimeWindow(start: time, end: time + gap)]
        case .dynamicSession: return [TimeWindow(start: time, end: time + element.gap)]
        case .global: return [.always]
        }
    }
}

/// A kind of trigger, as the model sees it.
indirect enum TestTrigger: Sendable {
    case eventTime
    case continuous(Int64)
    case count(Int)
    case earlyCount(Int)
    case earlyProcessing(Int64)
    case purging(TestTrigger)

    var inner: TestTrigger {
        if case .purging(let inner) = self { inner } else { self }
    }
    var purges: Bool {
        if case .purging = self { true } else { false }
    }
}

/// What a firing says: the numbers of the window's elements.
struct TestWindowFiring: Equatable, CustomStringConvertible {
    var key: Int
    var window: TimeWindow?
    var content: [Int]
    var firing: WindowFiring

    var description: String {
        let bounds = window.map { "[\($0.start), \($0.end))" } ?? "always"
        return "key \(key) \(bounds) \(content) #\(firing.revision) \(firing.cause) at \(firing.time)"
    }
}

extension TestWindowFiring {
    init(_ result: WindowResult<Int, [Int]>) {
        self.init(key: result.key, window: result.window, content: result.result, firing: result.firing)
    }
}

/// Flink's rules, written plainly: each window is a list of all its elements, timers are sets, and everything is found
/// by looking at everything.
struct WindowRules {
    struct Window {
        var key: Int
        var bounds: TimeWindow
        var content: [Int] = []
        var firings: UInt32 = 0
        var eventTimers: Set<Int64> = []
        var processingTimers: Set<Int64> = []
        var count = 0
        var fireTime: Int64?
    }

    let kind: TestWindows
    let trigger: TestTrigger
    let lateness: Int64
    private(set) var watermark = Int64.min
    private(set) var clock = Int64.min
    private(set) var windows: [Window] = []
    private var output: [TestWindowFiring] = []

    init(_ kind: TestWindows, _ trigger: TestTrigger, lateness: Int64) {
        self.kind = kind
        self.trigger = trigger
        self.lateness = lateness
    }

    private func last(_ bounds: TimeWindow) -> Int64 { bounds == .always ? .max : bounds.end - 1 }

    /// When a window is forgotten; `nil`: never.
    private func cleanup(_ bounds: TimeWindow) -> Int64? {
        let (time, overflow) = last(bounds).addingReportingOverflow(lateness)
        return overflow || time == .max ? nil : time
    }

    private func isLate(_ bounds: TimeWindow) -> Bool { cleanup(bounds).map { $0 <= watermark } ?? false }

    // MARK: Elements

    mutating func process(key: Int, _ element: TestElement, at time: Int64) -> (ElementFate, [TestWindowFiring]) {
        output = []
        var taken = false
        for bounds in kind.windows(key: key, element, at: time) {
            let bounds = kind.merges ? merge(key, bounds) : bounds
            guard !isLate(bounds) else { continue }
            taken = true
            if place(key, bounds) == nil { windows.append(Window(key: key, bounds: bounds)) }
            guard let place = place(key, bounds) else { continue }
            windows[place].content.append(element.number)
            if onElement(place, at: time) { fire(place, at: time, onTimer: false) }
        }
        forgetEmpty()
        if taken { return (.taken, output) }
        return (time.saturatingAdd(lateness) <= watermark ? .late : .betweenWindows, output)
    }

    private func place(_ key: Int, _ bounds: TimeWindow) -> Int? {
        windows.firstIndex { $0.key == key && $0.bounds == bounds }
    }

    /// The bounds of what a session of one element becomes together with the key's others.
    private mutating func merge(_ key: Int, _ bounds: TimeWindow) -> TimeWindow {
        var all = bounds
        var touched: [Int] = []
        // Again, until nothing more is reached.
        while true {
            let reached = windows.indices.filter {
                windows[$0].key == key && windows[$0].bounds.start <= all.end && windows[$0].bounds.end >= all.start
            }
            for place in reached {
                all.start = min(all.start, windows[place].bounds.start)
                all.end = max(all.end, windows[place].bounds.end)
            }
            if reached == touched { break }
            touched = reached
        }
        guard !touched.isEmpty, !(touched.count == 1 && windows[touched[0]].bounds == all) else { return all }
        let parts = touched.map { windows[$0] }.sorted { $0.bounds.start < $1.bounds.start }
        for place in touched.reversed() { windows.remove(at: place) }
        var merged = Window(key: key, bounds: all)
        merged.content = parts.flatMap(\.content)
        merged.count = parts.map(\.count).reduce(0, +)
        merged.fireTime = parts.compactMap(\.fireTime).min()
        switch trigger.inner {
        case .eventTime, .earlyCount, .earlyProcessing:
            if last(all) > watermark { merged.eventTimers = [last(all)] }
        case .continuous: merged.eventTimers = merged.fireTime.map { [$0] } ?? []
        default: break
        }
        if let timer = parts.flatMap(\.processingTimers).min() { merged.processingTimers = [timer] }
        windows.append(merged)
        return all
    }

    // MARK: Triggers

    private mutating func onElement(_ place: Int, at time: Int64) -> Bool {
        let last = last(windows[place].bounds)
        let isComplete = last <= watermark
        switch trigger.inner {
        case .eventTime:
            if !isComplete { windows[place].eventTimers.insert(last) }
            return isComplete
        case .continuous(let interval):
            if isComplete { return true }
            windows[place].eventTimers.insert(last)
            if windows[place].fireTime == nil { setFireTime(place, after: time - time % interval, interval) }
            return false
        case .count(let count):
            windows[place].count += 1
            guard windows[place].count >= count else { return false }
            windows[place].count = 0
            return true
        case .earlyCount(let count):
            if isComplete { return true }
            windows[place].eventTimers.insert(last)
            windows[place].count += 1
            guard windows[place].count >= count else { return false }
            windows[place].count = 0
            return true
        case .earlyProcessing(let interval):
            if isComplete { return true }
            windows[place].eventTimers.insert(last)
            if windows[place].processingTimers.isEmpty {
                windows[place].processingTimers = [clock.saturatingAdd(interval)]
            }
            return false
        case .purging: return false
        }
    }

    private mutating func setFireTime(_ place: Int, after time: Int64, _ interval: Int64) {
        let next = min(time + interval, last(windows[place].bounds))
        windows[place].fireTime = next
        windows[place].eventTimers.insert(next)
    }

    private mutating func onEventTime(_ place: Int, _ time: Int64) -> Bool {
        let last = last(windows[place].bounds)
        switch trigger.inner {
        case .eventTime: return time == last
        case .continuous(let interval):
            if time == last { return true }
            guard windows[place].fireTime == time else { return false }
            // Without end there would be no end to the firings at the end of the input.
            if windows[place].bounds == .always, watermark == .max {
                windows[place].fireTime = nil
                return true
            }
            setFireTime(place, after: time, interval)
            return true
        case .earlyCount, .earlyProcessing:
            windows[place].count = 0
            windows[place].processingTimers = []
            return time == last
        default: return false
        }
    }

    private mutating func fire(_ place: Int, at time: Int64, onTimer: Bool) {
        let window = windows[place]
        if !window.content.isEmpty {
            let isComplete = last(window.bounds) <= watermark
            output.append(
                TestWindowFiring(
                    key: window.key, window: window.bounds == .always ? nil : window.bounds,
                    content: window.content,
                    firing: WindowFiring(
                        revision: window.firings, cause: !isComplete ? .early : onTimer ? .onTime : .late,
                        watermark: watermark, time: time)))
            windows[place].firings += 1
        }
        if trigger.purges { windows[place].content = [] }
    }

    /// A global window of which nothing is left is a new one when an element comes.
    private mutating func forgetEmpty() {
        windows = windows.filter {
            cleanup($0.bounds) != nil || !$0.content.isEmpty || !$0.eventTimers.isEmpty
                || !$0.processingTimers.isEmpty || $0.count > 0 || $0.fireTime != nil
        }
    }

    // MARK: Time

    mutating func advance(to time: Int64) -> [TestWindowFiring] {
        output = []
        guard time > watermark else { return [] }
        watermark = time
        while true {
            // The first timer of all that are due: by time, key and bounds.
            var next: (time: Int64, place: Int)?
            for (place, window) in windows.enumerated() {
                var timers = Array(window.eventTimers)
                if let cleanup = cleanup(window.bounds) { timers.append(cleanup) }
                guard let timer = timers.min(), timer <= time else { continue }
                if let found = next, !precedes((timer, place), (found.time, found.place)) { continue }
                next = (timer, place)
            }
            guard let (timer, place) = next else { break }
            let hasTimer = windows[place].eventTimers.remove(timer) != nil
            if hasTimer, onEventTime(place, timer) { fire(place, at: timer, onTimer: true) }
            if cleanup(windows[place].bounds) == timer { windows.remove(at: place) }
        }
        forgetEmpty()
        return output
    }

    private func precedes(_ a: (time: Int64, place: Int), _ b: (time: Int64, place: Int)) -> Bool {
        let (left, right) = (windows[a.place], windows[b.place])
        return (a.time, left.key, left.bounds.start, left.bounds.end)
            < (b.time, right.key, right.bounds.start, right.bounds.end)
    }

    mutating func advanceProcessingTime(to now: Int64) -> [TestWindowFiring] {
        output = []
        guard now > clock else { return [] }
        clock = now
        while true {
            let due = windows.indices.compactMap { place -> (time: Int64, place: Int)? in
                windows[place].processingTimers.min().map { ($0, place) }
            }.filter { $0.time <= now }
            guard let (timer, place) = due.min(by: precedes) else { break }
            windows[place].processingTimers.remove(timer)
            fire(place, at: timer, onTimer: true)
        }
        forgetEmpty()
        return output
    }
}
