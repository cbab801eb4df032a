import EventTime
import TestSupport
import Testing

@Suite("A queue of alarms")
struct AlarmQueueTests {
    private func compare(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = AlarmQueue()
        var model: [AlarmQueue.Alarm] = []
        var due: [AlarmQueue.Alarm] = []
        var now = Int64.min
        let spread: Int64 = random.pick([3, 100, 1 << 40, .max])
        for number in 0..<120 as Range<UInt32> {
            switch random.pick(0...5) {
            case 0...3:
                let time = random.oneIn(9) ? random.pick([.min, -1, 0, .max]) : random.pick(-spread...spread)
                let alarm = AlarmQueue.Alarm(time: time, identifier: number, generation: number % 4)
                queue.set(alarm)
                model.append(alarm)
            case 4:
                now = max(now, random.oneIn(30) ? .max : random.pick(-spread...spread))
                // What was set for the past goes off in the order of its times, too.
                while queue.takeEarliest(through: now, into: &due) {
                    let earliest = model.map(\.time).min()
                    let expected = model.filter { $0.time == earliest }.map(\.identifier)
                    #expect(earliest.map { $0 <= now } == true && due.allSatisfy { $0.time == earliest })
                    #expect(due.map(\.identifier).sorted() == expected, "seed \(seed)")
                    model.removeAll { $0.time == earliest }
                }
                #expect(due.isEmpty && model.allSatisfy { $0.time > now }, "seed \(seed)")
            default:
                guard random.oneIn(4) else { continue }
                let dead = random.pick(0...3 as ClosedRange<UInt32>)
                queue.removeAll { $0.generation == dead }
                model.removeAll { $0.generation == dead }
            }
            guard queue.count == model.count, queue.earliest == model.map(\.time).min() else {
                Issue.record("seed \(seed): \(queue.count) alarms instead of \(model.count), alarm \(number)")
                return
            }
        }
    }

    @Test("gives them out by time, forgets the dead, and knows the earliest")
    func model() {
        for seed in 0..<500 as Range<UInt64> { compare(seed: seed) }
    }
}
