import EventTime
import TestSupport
import Testing

/// A key whose hash the test chooses, so that keys can be made to collide.
struct ChosenKey: TableKey {
    var name: Int32
    var tableHash: UInt32
}

@Suite("A hash index")
struct HashIndexTests {
    /// Where hashes fall: well spread, into one cluster, to the wrapping end of the slots, or all on one place.
    static let spreads: [(String, @Sendable (Int) -> UInt32)] = [
        ("spread", { UInt32(truncatingIfNeeded: ($0 + 1) &* 0x9E37_79B9) }),
        ("clustered", { UInt32($0 % 7) }),
        ("wrapping", { UInt32.max - UInt32($0 % 5) }),
        ("equal", { _ in 0 }), ("equal to what marks a slot that is gone", { _ in 1 }),
    ]

    @Test("holds what a dictionary holds, through insertions and removals", arguments: 0..<spreads.count)
    func randomOperations(spread: Int) {
        let (name, hash) = Self.spreads[spread]
        var random = SeededRandom(seed: UInt64(spread))
        var index = HashIndex(minimumCapacity: 1)
        var held: Set<Int> = []
        for step in 0..<4000 {
            // Identifiers up to 300: the index grows, and clusters are long.
            let identifier = random.pick(0...(step < 2000 ? 300 : 60))
            if held.contains(identifier), random.oneIn(2) {
                index.remove(identifier, hash: hash(identifier))
                held.remove(identifier)
            } else if !held.contains(identifier) {
                index.insert(identifier, hash: hash(identifier))
                held.insert(identifier)
            }
            #expect(index.count == held.count)
            let sought = random.pick(0...300)
            let found = index.find(hash(sought)) { $0 == sought }
            #expect(found == (held.contains(sought) ? sought : -1), "\(name), step \(step)")
        }
        for identifier in 0...300 {
            #expect(
                index.find(hash(identifier)) { $0 == identifier } == (held.contains(identifier) ? identifier : -1))
        }
    }

    @Test("is not changed by the removal of what it does not hold")
    func removalOfTheUnknown() {
        var index = HashIndex()
        index.insert(1, hash: 9)
        index.remove(2, hash: 9)
        index.remove(1, hash: 8)
        #expect(index.count == 1)
        #expect(index.find(9) { $0 == 1 } == 1)
    }

    @Test("keeps identifiers up to 2^32 - 2")
    func largestIdentifier() {
        var index = HashIndex()
        let largest = Int(UInt32.max) - 1
        index.insert(largest, hash: .max)
        index.insert(0, hash: 0)
        #expect(index.find(.max) { _ in true } == largest)
        #expect(index.find(0) { _ in true } == 0)
    }

    @Test("is empty after removeAll, and usable")
    func removeAll() {
        var index = HashIndex()
        for identifier in 0..<100 { index.insert(identifier, hash: UInt32(identifier)) }
        index.removeAll()
        #expect(index.count == 0)
        #expect(index.find(5) { _ in true } == -1)
        index.insert(7, hash: 5)
        #expect(index.find(5) { _ in true } == 7)
    }
}

@Suite("A keyed table")
struct KeyedTableTests {
    @Test("holds what a dictionary holds, and each entry keeps its identifier", arguments: 0..<4)
    func randomOperations(spread: Int) {
        let hash = HashIndexTests.spreads[spread].1
        func key(_ name: Int) -> ChosenKey { ChosenKey(name: Int32(name), tableHash: hash(name)) }
        var random = SeededRandom(seed: 100 + UInt64(spread))
        var table = KeyedTable<ChosenKey, Int>(minimumCapacity: 1)
        var held: [Int: (identifier: Int, value: Int)] = [:]
        for step in 0..<4000 {
            let name = random.pick(0...200)
            let key = key(name)
            let found = table.find(key, hash: key.tableHash)
            #expect(found == held[name]?.identifier ?? -1)
            if let entry = held[name] {
                #expect(table[found].pointee.key == key)
                #expect(table[found].pointee.value == entry.value)
                if random.oneIn(2) {
                    table.remove(found, hash: key.tableHash)
                    held[name] = nil
                } else {
                    table[found].pointee.value += 1
                    held[name]?.value += 1
                }
            } else {
                let identifier = table.insert(key, hash: key.tableHash, value: step)
                #expect(!held.values.contains { $0.identifier == identifier }, "an identifier is given once")
                held[name] = (identifier, step)
            }
            #expect(table.count == held.count)
        }
    }

    @Test("gives freed identifiers again before new ones")
    func reuse() {
        var table = KeyedTable<ChosenKey, Int>()
        for name in 0..<10 { _ = table.insert(ChosenKey(name: name.asName, tableHash: 1), hash: 1, value: name) }
        table.remove(3, hash: 1)
        table.remove(7, hash: 1)
        let again = [
            table.insert(ChosenKey(name: 50, tableHash: 2), hash: 2, value: 0),
            table.insert(ChosenKey(name: 51, tableHash: 2), hash: 2, value: 0),
        ]
        #expect(Set(again) == [3, 7])
        let fresh = table.insert(ChosenKey(name: 52, tableHash: 2), hash: 2, value: 0)
        #expect(fresh == 10)
    }

    @Test("is dense where nothing was removed, also after removeAll")
    func density() {
        var table = KeyedTable<ChosenKey, Int>(minimumCapacity: 2)
        for round in 0..<3 {
            for name in 0..<100 {
                let identifier = table.insert(
                    ChosenKey(name: name.asName, tableHash: UInt32(name)), hash: UInt32(name), value: round)
                #expect(identifier == name)
            }
            #expect((0..<table.count).allSatisfy { table[$0].pointee.value == round })
            table.removeAll()
            #expect(table.count == 0)
        }
    }
}

extension Int {
    fileprivate var asName: Int32 { Int32(self) }
}
