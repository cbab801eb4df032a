import EventTime

/// What ``EveryState`` is to do, written as plainly as can be: dictionaries, and every value looked at each time.
struct EveryStateModel {
    struct Used<Value> {
        var value: Value
        var use: Nanoseconds
    }
    struct OfKey {
        var value: Used<Int>?
        var list: [Used<Int>] = []
        var map: [Int: Used<Int>] = [:]
        var reduced: Used<Int>?
        var mean: Used<(sum: Int, count: Int)>?
        var timers: Set<Nanoseconds> = []
        var processingTimers: Set<Nanoseconds> = []

        var isEmpty: Bool {
            value == nil && list.isEmpty && map.isEmpty && reduced == nil && mean == nil && timers.isEmpty
                && processingTimers.isEmpty
        }
    }
    typealias Output = (time: Nanoseconds, key: Int, text: String)

    let timeToLive: TimeToLive?
    var keys: [Int: OfKey] = [:]
    var watermark = Nanoseconds.min
    var eventClock = Nanoseconds.min
    var now: Nanoseconds = 0
    var eventUse = Nanoseconds.min
    private(set) var output: [Output] = []

    init(_ timeToLive: TimeToLive?) { self.timeToLive = timeToLive }

    mutating func takeOutput() -> [Output] {
        defer { output = [] }
        return output
    }

    private var use: Nanoseconds { timeToLive?.domain == .processingTime ? now : eventUse }
    private var clock: Nanoseconds { timeToLive?.domain == .processingTime ? now : eventClock }

    private func isLive(_ use: Nanoseconds) -> Bool {
        guard let timeToLive else { return true }
        return use == .min || clock == .min || use.saturatingAdd(timeToLive.duration) > clock
    }

    /// Forgets what has expired of a key.
    private mutating func purge(_ key: Int) {
        guard var state = keys[key] else { return }
        if let value = state.value, !isLive(value.use) { state.value = nil }
        state.list.removeAll { !isLive($0.use) }
        state.map = state.map.filter { isLive($0.value.use) }
        if let reduced = state.reduced, !isLive(reduced.use) { state.reduced = nil }
        if let mean = state.mean, !isLive(mean.use) { state.mean = nil }
        keys[key] = state.isEmpty ? nil : state
    }

    /// What is used now was used before perhaps, and never earlier for that.
    private func used<Value>(_ value: Value, _ before: Used<Value>?) -> Used<Value> {
        Used(value: value, use: max(use, before?.use ?? .min))
    }

    mutating func push(_ command: Command, key: Int, at time: Nanoseconds) {
        eventUse = max(time, eventClock)
        purge(key)
        var state = keys[key] ?? OfKey()
        switch command {
        case .set(let number): state.value = number.map { used($0, state.value) }
        case .increase(let number): state.value = used((state.value?.value ?? 100) + number, state.value)
        case .append(let number): state.list.append(Used(value: number, use: use))
        case .replace(let numbers): state.list = numbers.map { Used(value: $0, use: use) }
        case .put(let entry, let number): state.map[entry] = number.map { used($0, state.map[entry]) }
        case .increaseEntry(let entry, let number):
            state.map[entry] = used((state.map[entry]?.value ?? 100) + number, state.map[entry])
        case .clearMap: state.map = [:]
        case .reduce(let number):
            state.reduced = number.map { added in
                used(state.reduced.map { $0.value * 2 + added } ?? added, state.reduced)
            }
        case .aggregate(let number):
            state.mean = number.map {
                used(((state.mean?.value.sum ?? 0) + $0, (state.mean?.value.count ?? 0) + 1), state.mean)
            }
        case .setTimer(let time): state.timers.insert(time)
        case .deleteTimer(let time): state.timers.remove(time)
        case .setProcessingTimer(let time): state.processingTimers.insert(time)
        case .deleteProcessingTimer(let time): state.processingTimers.remove(time)
        case .show: break
        }
        keys[key] = state
        if case .show = command { show(key, at: time) }
        purge(key)
    }

    mutating func advance(to time: Nanoseconds) {
        guard time > watermark else { return }
        watermark = time
        let start = output.count
        while let (due, key) = earliest(\.timers, through: time) {
            keys[key]?.timers.remove(due)
            eventClock = max(eventClock, due)
            eventUse = eventClock
            fire(key, FiredTimer(time: due, domain: .eventTime), at: due)
        }
        eventClock = time
        beginLives()
        sort(from: start)
    }

    mutating func setProcessingTime(to time: Nanoseconds) {
        guard time >= now else { return }
        now = time
        let start = output.count
        while let (due, key) = earliest(\.processingTimers, through: time) {
            keys[key]?.processingTimers.remove(due)
            eventUse = eventClock
            fire(key, FiredTimer(time: due, domain: .processingTime), at: watermark.saturatingAdd(1))
        }
        beginLives()
        sort(from: start)
    }

    private func earliest(_ timers: KeyPath<OfKey, Set<Nanoseconds>>, through time: Nanoseconds) -> (
        Nanoseconds, Int
    )? {
        keys.compactMap { key, state in state[keyPath: timers].min().map { ($0, key) } }.min { $0 < $1 }
            .flatMap { $0.0 <= time ? $0 : nil }
    }

    /// What was used before there was a clock lives from the clock's first time on; what has expired is forgotten.
    private mutating func beginLives() {
        let clock = clock
        for key in keys.keys.sorted() {
            if timeToLive != nil, clock != .min, var state = keys[key] {
                if state.value?.use == .min { state.value?.use = clock }
                for place in state.list.indices where state.list[place].use == .min {
                    state.list[place].use = clock
                }
                for entry in state.map.keys where state.map[entry]?.use == .min { state.map[entry]?.use = clock }
                if state.reduced?.use == .min { state.reduced?.use = clock }
                if state.mean?.use == .min { state.mean?.use = clock }
                keys[key] = state
            }
            purge(key)
        }
    }

    private mutating func sort(from start: Int) {
        output[start...].sort { $0.time != $1.time ? $0.time < $1.time : $0.key < $1.key }
    }

    private mutating func fire(_ key: Int, _ timer: FiredTimer, at time: Nanoseconds) {
        purge(key)
        var state = keys[key] ?? OfKey()
        if timer.time % 3 == 0 { state.timers.insert(timer.time + 5) }
        if timer.time % 7 == 0 { state.timers.insert(timer.time - 2) }
        if timer.time % 2 == 0 { state.list.append(Used(value: Int(timer.time), use: use)) }
        keys[key] = state
        output.append((time, key, "\(timer.domain) \(timer.time)"))
        show(key, at: time)
        purge(key)
    }

    private mutating func show(_ key: Int, at time: Nanoseconds) {
        var state = keys[key] ?? OfKey()
        let entries = state.map.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.value)" }
        let mean = state.mean.map { "\($0.value.sum)/\($0.value.count)" } ?? "-"
        let value = state.value.map { "\($0.value)" } ?? "-"
        let reduced = state.reduced.map { "\($0.value)" } ?? "-"
        output.append(
            (time, key, "\(key) \(value) \(state.list.map(\.value)) \(entries) \(reduced) \(mean) \(watermark)"))
        guard timeToLive?.refresh == .onReadAndWrite else { return }
        state.value = state.value.map { used($0.value, $0) }
        state.list = state.list.map { used($0.value, $0) }
        state.map = state.map.mapValues { used($0.value, $0) }
        state.reduced = state.reduced.map { used($0.value, $0) }
        state.mean = state.mean.map { used($0.value, $0) }
        keys[key] = state
    }
}
