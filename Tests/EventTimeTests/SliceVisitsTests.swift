import EventTime
import TestSupport
import Testing

@Suite("The visits of a thing to slices")
struct SliceVisitsTests {
    /// Counts of chains begun and ended, by slice.
    struct Counts {
        var began: [Int64: Int] = [:]
        var ended: [Int64: Int] = [:]

        mutating func apply(_ change: SliceVisits.Change) {
            if let slice = change.began { began[slice, default: 0] += 1 }
            if let slice = change.unbegan { began[slice, default: 0] -= 1 }
            if let slice = change.ended { ended[slice, default: 0] += 1 }
            if let slice = change.unended { ended[slice, default: 0] -= 1 }
        }

        /// The distinct things in the window [first, first + length).
        func distinct(_ first: Int64, _ length: Int64) -> Int {
            began.reduce(0) { $0 + ($1.key < first + length ? $1.value : 0) }
                - ended.reduce(0) { $0 + ($1.key < first ? $1.value : 0) }
        }
    }

    @Test(
        "tell the distinct things of every window, whatever the order of the visits", arguments: [1, 2, 3, 7, 60])
    func anyOrder(length: Int64) {
        for seed in 0..<120 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var counts = Counts()
            var things = [SliceVisits](repeating: SliceVisits(), count: 3)
            var seen = [Set<Int64>](repeating: [], count: 3)
            let base: Int64 = random.pick(-40...40)
            for _ in 0..<random.pick(1...60) {
                let thing = random.pick(0...2)
                // Within the last 64 slices, now and then moving on.
                let newest = seen[thing].max() ?? base
                let slice = random.oneIn(3) ? newest + random.pick(0...length + 5) : newest - random.pick(0...63)
                #expect(things[thing].isRepeat(slice) == (!seen[thing].isEmpty && slice == newest))
                guard slice > newest - 64 else { continue }
                counts.apply(things[thing].visit(slice, windowLength: length, floor: .min))
                seen[thing].insert(slice)
                if random.oneIn(8), let last = things[thing].end() { counts.apply(.init(ended: last)) }
            }
            for thing in things.indices {
                if let last = things[thing].end() { counts.apply(.init(ended: last)) }
                let again = things[thing].end()
                #expect(again == nil, "an end is counted once")
            }
            for first in (base - 130)...(base + 200) {
                let window = first..<(first + length)
                let expected = seen.count { $0.contains { window.contains($0) } }
                #expect(counts.distinct(first, length) == expected, "seed \(seed), window \(first)")
            }
        }
    }

    @Test("are exact in their order over any distance")
    func inOrder() {
        var random = SeededRandom(seed: 5)
        var counts = Counts()
        var thing = SliceVisits()
        var seen: Set<Int64> = []
        var slice: Int64 = -1000
        while slice < 1000 {
            counts.apply(thing.visit(slice, windowLength: 300, floor: .min))
            seen.insert(slice)
            slice += random.oneIn(10) ? random.pick(100...400) : random.pick(1...5)
        }
        if let last = thing.end() { counts.apply(.init(ended: last)) }
        for first in stride(from: -1400 as Int64, to: 1100, by: 1) {
            let expected = seen.contains { $0 >= first && $0 < first + 300 } ? 1 : 0
            #expect(counts.distinct(first, 300) == expected, "window \(first)")
        }
    }

    @Test("change nothing in slices that are gone: no chain reaches back there")
    func floor() {
        var thing = SliceVisits()
        func visit(_ slice: Int64, floor: Int64) -> SliceVisits.Change {
            thing.visit(slice, windowLength: 5, floor: floor)
        }
        let first = visit(10, floor: .min)
        #expect(first == .init(began: 10))
        // Slice 10 is gone: its end needs no counting, and the next visit begins a chain though it is near.
        let second = visit(12, floor: 11)
        #expect(second == .init(began: 12))
        // Still there, and near: the chain goes on, though its end was counted.
        let end = thing.end()
        #expect(end == 12)
        let third = visit(14, floor: 11)
        #expect(third == .init(unended: 12))
        // Far: another chain.
        let fourth = visit(19, floor: 11)
        #expect(fourth == .init(began: 19, ended: 14))
        // Between the two: they become one.
        let fifth = visit(16, floor: 11)
        #expect(fifth == .init(unbegan: 19, unended: 14))
    }
}
