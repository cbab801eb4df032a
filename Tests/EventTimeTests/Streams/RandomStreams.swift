import EventTime
import TestSupport

/// Sources, as tests need them: with pauses where nothing is to be had, from a script.
struct ScriptedSource: StreamSource {
    /// `nil`: asked here, the source has nothing.
    var script: [Happening?]
    var position = 0
    /// How often it was asked.
    let asked: Tally

    init(_ script: [Happening?], asked: Tally = Tally()) {
        self.script = script
        self.asked = asked
    }

    mutating func next() -> SourceReading<Happening> {
        asked.count += 1
        guard position < script.count else { return .end }
        defer { position += 1 }
        return script[position].map { .element($0) } ?? .nothingNow
    }

    mutating func seek(to position: Int) throws(StateError) {
        guard 0...script.count ~= position else { throw .invalid("no place of the script", offset: 0) }
        self.position = position
    }
}

/// A count that a test shares with what it tests.
final class Tally {
    var count = 0
}

/// A clock that goes on by a fixed time whenever it is read: every turn takes as long.
final class TurnClock: ProcessingClock {
    var time: Nanoseconds = 0
    let step: Nanoseconds
    init(step: Nanoseconds) { self.step = step }
    var now: Nanoseconds {
        time += step
        return time
    }
    func wait(_ time: Nanoseconds) {}
}

extension SeededRandom {
    /// Happenings whose times rise by and large, with pauses of the source between them.
    mutating func script(count: Int, disorder: Nanoseconds, keys: Int) -> [Happening?] {
        var script: [Happening?] = []
        var time: Nanoseconds = 0
        for _ in 0..<count {
            time += pick(0...3) * pick(0...3)
            if pick(0...9) == 0 { script += Array(repeating: nil, count: pick(1...6)) }
            script.append(
                Happening(time: time - pick(0...disorder), key: pick(0...keys - 1), value: pick(-9...9)))
        }
        return script
    }
}

/// Says for each key, at times that its values choose, how many values there were: state and timers in one, written
/// plainly.
struct Echo: KeyedOperator {
    typealias Key = Int
    typealias Value = Happening
    typealias Result = String

    private struct State: StateValue {
        var count = 0
        var timers: [Nanoseconds] = []

        init() {}
        init(from state: inout StateDecoder) throws(StateError) {
            count = try Int(from: &state)
            timers = try [Nanoseconds](from: &state)
        }
        func encode(into state: inout StateEncoder) {
            count.encode(into: &state)
            timers.encode(into: &state)
        }
    }

    private var states: [Int: State] = [:]
    private var watermark = Nanoseconds.min

    init() {}

    mutating func process(_ element: Timed<Keyed<Int, Happening>>, emit: (Timed<Keyed<Int, String>>) -> Void) {
        let (key, value) = (element.value.key, element.value.value.value)
        states[key, default: State()].count += 1
        let time = element.time + Nanoseconds(value)
        if time > watermark { states[key, default: State()].timers.append(time) }
        if value == 0 { emit(Timed(Keyed(key, "\(key) has \(states[key]?.count ?? 0)"), at: element.time)) }
    }

    mutating func advance(to watermark: Nanoseconds, emit: (Timed<Keyed<Int, String>>) -> Void) {
        self.watermark = watermark
        // In no order between keys: what runs it has to make one.
        for key in states.keys {
            for time in (states[key]?.timers ?? []).filter({ $0 <= watermark }).sorted() {
                emit(Timed(Keyed(key, "\(key) rings at \(time) of \(states[key]?.count ?? 0)"), at: time))
            }
            states[key]?.timers.removeAll { $0 <= watermark }
        }
    }

    func snapshot(into state: inout StateEncoder) {
        state.encode(watermark)
        states.encode(into: &state)
    }

    mutating func restore(from state: inout StateDecoder, keeping groups: KeyGroups) throws(StateError) {
        watermark = try state.decode()
        for (key, value) in try [Int: State](from: &state) where groups.contains(key) { states[key] = value }
    }
}
