import EventTime
import TestSupport
import Testing

@Suite("An event-time sorter")
struct EventTimeSorterTests {
    struct Event: Equatable {
        var time: Nanoseconds
        var number: Int
    }

    /// Times that step forward and lag behind the newest one by up to `disorder`.
    private func events(_ random: inout SeededRandom, count: Int, disorder: Int64) -> [Event] {
        var newest: Nanoseconds = -100
        return (0..<count).map { number in
            newest += random.pick(0...3)
            return Event(time: newest - (random.oneIn(3) ? random.pick(0...disorder) : 0), number: number)
        }
    }

    @Test(
        "gives what a stable sort gives where no element comes later than the delay",
        arguments: [0, 1, 5, 40, 2000])
    func order(disorder: Int64) {
        for seed in 0..<6 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let events = events(&random, count: 1500, disorder: disorder)
            var sorter = EventTimeSorter<Event>(capacity: 1 << 20)
            var watermarks = BoundedOutOfOrderness(delay: disorder)
            var sorted: [Event] = []
            for event in events {
                sorter.push(event, at: event.time)
                guard watermarks.observe(event.time) else { continue }
                while sorter.nextTime <= watermarks.watermark { sorted.append(sorter.pop()) }
                sorter.release(before: watermarks.watermark + 1)
            }
            while sorter.count > 0 { sorted.append(sorter.pop()) }
            let expected = events.sorted { ($0.time, $0.number) < ($1.time, $1.number) }
            #expect(sorted == expected, "seed \(seed)")
            #expect(sorter.nextTime == .max)
        }
    }

    @Test("releases a late element at once, behind what was released already")
    func lateElements() {
        var sorter = EventTimeSorter<Int>(capacity: 100)
        sorter.push(1, at: 10)
        sorter.push(2, at: 20)
        let first = sorter.pop()
        #expect(first == 1)
        sorter.release(before: 15)
        sorter.push(3, at: 5)
        sorter.push(4, at: 15)
        sorter.push(5, at: 2)
        #expect(sorter.nextTime == 15)
        let rest = (0..<4).map { _ in sorter.pop() }
        #expect(rest == [3, 4, 5, 2])
    }

    @Test("keeps the order of arrival among equal times, across stragglers and others")
    func stability() {
        var sorter = EventTimeSorter<Int>(capacity: 100)
        for (element, time) in [(0, 5), (1, 9), (2, 5), (3, 9), (4, 5), (5, 7), (6, 9), (7, 7)] {
            sorter.push(element, at: Nanoseconds(time))
        }
        let popped = (0..<8).map { _ in sorter.pop() }
        #expect(popped == [0, 2, 4, 5, 7, 1, 3, 6])
    }

    @Test("is full at its capacity, and then releases the earliest first", arguments: [1, 2, 7, 3000])
    func capacity(capacity: Int) {
        var random = SeededRandom(seed: UInt64(capacity))
        var sorter = EventTimeSorter<Event>(capacity: capacity)
        // The same with an array: the earliest of at most `capacity` elements, none before what was released.
        var waiting: [Event] = []
        var released = Nanoseconds.min
        for event in events(&random, count: 6000, disorder: 50) {
            #expect(sorter.isFull == (waiting.count == capacity))
            if sorter.isFull {
                #expect(sorter.nextTime == waiting[0].time)
                let popped = sorter.pop()
                let expected = waiting.removeFirst()
                #expect(popped.number == expected.number)
                released = expected.time
            }
            let time = max(event.time, released)
            sorter.push(event, at: event.time)
            let place = waiting.lastIndex { $0.time <= time }.map { $0 + 1 } ?? 0
            waiting.insert(Event(time: time, number: event.number), at: place)
            #expect(sorter.count == waiting.count)
        }
    }

    @Test("takes times at both ends of 64 bits")
    func extremes() {
        var sorter = EventTimeSorter<Int>(capacity: 10)
        sorter.push(2, at: .max)
        sorter.push(0, at: .min)
        sorter.push(1, at: 0)
        let popped = (0..<3).map { _ in sorter.pop() }
        #expect(popped == [0, 1, 2])
    }
}
