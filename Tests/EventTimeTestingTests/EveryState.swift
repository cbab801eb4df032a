import EventTime
import TestSupport

/// What an element has ``EveryState`` do.
enum Command: Sendable {
    case set(Int?)
    case increase(Int)
    case append(Int)
    case replace([Int])
    case put(Int, Int?)
    case increaseEntry(Int, Int)
    case clearMap
    case reduce(Int?)
    case aggregate(Int?)
    case setTimer(Nanoseconds)
    case deleteTimer(Nanoseconds)
    case setProcessingTimer(Nanoseconds)
    case deleteProcessingTimer(Nanoseconds)
    case show

    static func random(_ random: inout SeededRandom, at time: Nanoseconds, now: Nanoseconds) -> Self {
        let number = random.pick(0...9)
        switch random.pick(0...16) {
        case 0: return .set(number == 0 ? nil : number)
        case 1: return .increase(number)
        case 2, 3: return .append(number)
        case 4: return .replace((0..<number / 3).map { $0 })
        case 5, 6: return .put(number, random.oneIn(3) ? nil : random.pick(0...9))
        case 7: return .increaseEntry(number, 1)
        case 8: return random.oneIn(4) ? .clearMap : .put(number, 1)
        case 9: return .reduce(number == 0 ? nil : number)
        case 10: return .aggregate(number == 0 ? nil : number)
        case 11, 12: return .setTimer(time + random.pick(-20...60))
        case 13: return .deleteTimer(time + random.pick(-20...60))
        case 14: return .setProcessingTimer(now + random.pick(-20...60))
        case 15: return .deleteProcessingTimer(now + random.pick(-20...60))
        default: return .show
        }
    }
}

/// The sum and the count of numbers.
struct Mean: Aggregate {
    struct Accumulator: StateValue {
        var sum = 0
        var count = 0
        init() {}
        func encode(into state: inout StateEncoder) {
            sum.encode(into: &state)
            count.encode(into: &state)
        }
        init(from state: inout StateDecoder) throws(StateError) {
            sum = try Int(from: &state)
            count = try Int(from: &state)
        }
    }

    func makeAccumulator() -> Accumulator { Accumulator() }
    func add(_ input: Int, to accumulator: inout Accumulator) {
        accumulator.sum += input
        accumulator.count += 1
    }
    func merge(_ later: Accumulator, into accumulator: inout Accumulator) {
        accumulator.sum += later.sum
        accumulator.count += later.count
    }
    func result(of accumulator: Accumulator) -> String { "\(accumulator.sum)/\(accumulator.count)" }
}

/// Uses a state of each kind, and timers, as its elements say.
struct EveryState: ProcessFunction {
    typealias Key = Int
    typealias Output = String

    let value: ValueState<Int>
    let list: ListState<Int>
    let map: MapState<Int, Int>
    let reduced: ReducingState<Int>
    let mean: AggregatingState<Mean>

    init(_ timeToLive: TimeToLive?) {
        value = ValueState("value", timeToLive: timeToLive)
        list = ListState("list", timeToLive: timeToLive)
        map = MapState("map", timeToLive: timeToLive)
        reduced = ReducingState("reduced", timeToLive: timeToLive) { $0 * 2 + $1 }
        mean = AggregatingState("mean", Mean(), timeToLive: timeToLive)
    }

    func process(_ command: Command, in context: inout Context) {
        switch command {
        case .set(let number): context[value] = number
        case .increase(let number): context[value, default: 100] += number
        case .append(let number): context.append(number, to: list)
        case .replace(let numbers): context[list] = numbers
        case .put(let entry, let number): context[map, entry] = number
        case .increaseEntry(let entry, let number): context[map, entry, default: 100] += number
        case .clearMap: context.clear(map)
        case .reduce(let number?): context.add(number, to: reduced)
        case .reduce(nil): context.clear(reduced)
        case .aggregate(let number?): context.add(number, to: mean)
        case .aggregate(nil): context.clear(mean)
        case .setTimer(let time): context.setTimer(at: time)
        case .deleteTimer(let time): context.deleteTimer(at: time)
        case .setProcessingTimer(let time): context.setProcessingTimer(at: time)
        case .deleteProcessingTimer(let time): context.deleteProcessingTimer(at: time)
        case .show: show(in: &context)
        }
    }

    func timer(_ timer: FiredTimer, in context: inout Context) {
        // Some timers set others, later or earlier than themselves.
        if timer.time % 3 == 0 { context.setTimer(at: timer.time + 5) }
        if timer.time % 7 == 0 { context.setTimer(at: timer.time - 2) }
        if timer.time % 2 == 0 { context.append(Int(timer.time), to: list) }
        context.emit("\(timer.domain) \(timer.time)")
        show(in: &context)
    }

    private func show(in context: inout Context) {
        let value = context[value].map(String.init) ?? "-"
        let entries = context.entries(of: map).map { "\($0.key):\($0.value)" }
        let reduced = context[reduced].map(String.init) ?? "-"
        context.emit(
            "\(context.key) \(value) \(context[list]) \(entries) \(reduced) \(context[mean] ?? "-") \(context.watermark)"
        )
    }
}
