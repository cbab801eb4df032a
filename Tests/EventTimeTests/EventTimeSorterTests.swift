import EventTime
import TestSupport
import Testing

@Suite("An event-time sorter")
struct EventTimeSorterTests {
    struct Event: Equatable, TimeStamped {
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
                sorter.push(event)
                guard watermarks.observe(event.time) else { continue }
                sorted += sorter.taken(through: watermarks.watermark, atOnce: random.pick(1...9))
                sorter.release(before: watermarks.watermark + 1)
            }
            sorted += sorter.taken(through: .max, atOnce: 100)
            let expected = events.sorted { ($0.time, $0.number) < ($1.time, $1.number) }
            #expect(sorted == expected, "seed \(seed)")
            #expect(sorter.nextTime == .max)
        }
    }

    @Test("says from where on it takes elements: what was taken, or is taken as released")
    func released() {
        var sorter = EventTimeSorter<Event>(capacity: 100)
        for (number, time) in ([10, 20, 15] as [Nanoseconds]).enumerated() {
            sorter.push(Event(time: time, number: number))
        }
        #expect(sorter.releasedBefore == .min)
        #expect(sorter.taken(through: 12, atOnce: 9).map(\.number) == [0])
        #expect(sorter.releasedBefore == 10)
        sorter.release(before: 14)
        #expect(sorter.releasedBefore == 14)
        sorter.push(Event(time: 14, number: 3))
        #expect(sorter.nextTime == 14)
        #expect(sorter.taken(through: .max, atOnce: 1).map(\.number) == [3, 2, 1])
        #expect(sorter.releasedBefore == 20)
    }

    @Test("keeps the order of arrival among equal times, across stragglers and others")
    func stability() {
        var sorter = EventTimeSorter<Event>(capacity: 100)
        for (number, time) in [5, 9, 5, 9, 5, 7, 9, 7].enumerated() {
            sorter.push(Event(time: Nanoseconds(time), number: number))
        }
        #expect(sorter.taken(through: .max, atOnce: 3).map(\.number) == [0, 2, 4, 5, 7, 1, 3, 6])
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
                #expect(popped == expected)
                released = expected.time
                #expect(sorter.releasedBefore == released)
            }
            let event = Event(time: max(event.time, released), number: event.number)
            sorter.push(event)
            let place = waiting.lastIndex { $0.time <= event.time }.map { $0 + 1 } ?? 0
            waiting.insert(event, at: place)
            #expect(sorter.count == waiting.count)
        }
    }

    @Test("keeps the order while a large ring grows, wherever it began", arguments: [0, 1, 70_000, 131_071])
    func growth(taken: Int) {
        var sorter = EventTimeSorter<Event>(capacity: 1 << 20)
        // Sixteen bytes each: from this number on the ring lies in pages of its own.
        let size = 131_072
        for number in 0..<size { sorter.push(Event(time: Nanoseconds(number), number: number)) }
        for number in 0..<taken where sorter.pop().number != number { Issue.record("not \(number)") }
        // It is full again, begins in its midst, and grows twice.
        let end = taken + 2 * size + 10
        for number in size..<end { sorter.push(Event(time: Nanoseconds(number), number: number)) }
        #expect(sorter.count == end - taken)
        #expect(sorter.taken(through: .max, atOnce: 1000).map(\.number) == Array(taken..<end))
    }

    @Test("takes times at both ends of 64 bits")
    func extremes() {
        var sorter = EventTimeSorter<Event>(capacity: 10)
        for time in [.max, .min, 0] as [Nanoseconds] { sorter.push(Event(time: time, number: 0)) }
        #expect(sorter.taken(through: .max, atOnce: 9).map(\.time) == [.min, 0, .max])
    }
}

extension EventTimeSorter {
    /// Adds an element, made in place.
    mutating func push(_ element: Element) {
        if needsRoom { makeRoom() }
        nextPlace.initialize(to: element)
        if isInOrder(element.time) { appendPlaced(time: element.time) } else { insertPlaced() }
    }

    /// Takes the earliest element, which exists.
    mutating func pop() -> Element {
        let element = taken(through: nextTime, upTo: 1)
        return element[0]
    }

    /// All elements with times up to `time`, taken so many at once: by turns where they lie, and as copies.
    mutating func taken(through time: Nanoseconds, atOnce count: Int) -> [Element] {
        var all: [Element] = []
        while true {
            let run = run(through: time, upTo: count)
            all += run
            drop(run.count)
            let some = taken(through: time, upTo: count)
            all += some
            if some.isEmpty { return all }
        }
    }

    private mutating func taken(through time: Nanoseconds, upTo count: Int) -> [Element] {
        [Element](unsafeUninitializedCapacity: count) { buffer, taken in
            guard let start = buffer.baseAddress else { return }
            taken = take(through: time, into: start, upTo: count)
        }
    }
}
