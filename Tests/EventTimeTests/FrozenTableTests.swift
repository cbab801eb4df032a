import EventTime
import TestSupport
import Testing

private struct Number: TableKey, StateRecord {
    var value: UInt64

    init(_ value: UInt64) { self.value = value }
    init(from state: inout StateDecoder) throws(StateError) { value = try state.decode() }
    func encode(into state: inout StateEncoder) { state.encode(value) }

    var tableHash: UInt32 { UInt32(truncatingIfNeeded: value &* 0x9E37_79B9) }
}

@Suite("The image of a table")
struct FrozenTableTests {
    private typealias Table = KeyedTable<Number, UInt64>

    @Test(
        "is the table as it was, where another thread copies it while it changes, grows and goes", arguments: 1...6)
    func beside(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let image = FrozenTable<Number, UInt64>()
        for _ in 0..<6 {
            let table = UnsafeMutablePointer<Table>.allocate(capacity: 1)
            table.initialize(to: Table())
            defer { table.deallocate() }
            var live: [UInt64: Int] = [:]
            func change() {
                let key = UInt64.random(in: 0..<20_000, using: &random)
                let hash = Number(key).tableHash
                switch (live[key], Int.random(in: 0..<10, using: &random)) {
                case (nil, _): live[key] = table.pointee.insert(Number(key), hash: hash, value: key)
                case (let identifier?, 0):
                    table.pointee.remove(identifier, hash: hash)
                    live[key] = nil
                case (let identifier?, _): table.pointee[identifier].pointee.value &+= 1 << 32
                }
            }
            var images: [[UInt8]] = []
            for round in 0..<5 {
                for _ in 0..<Int.random(in: 0..<6000, using: &random) { change() }
                let expected = live.mapValues { ($0, table.pointee[$0].pointee.value) }
                table.pointee.freeze(into: image, asChanges: round > 0)
                let beside = try WorkerThread { image.copyBeside() }
                for _ in 0..<Int.random(in: 0..<6000, using: &random) {
                    change()
                    var budget = 1
                    if random.oneIn(500) { _ = table.pointee.continueFreezing(budget: &budget) }
                }
                if round == 4 {
                    table.deinitialize(count: 1)
                } else {
                    if random.oneIn(4) {
                        table.pointee.removeAll()
                        live = [:]
                    }
                    var budget = Int.max
                    let isDone = table.pointee.continueFreezing(budget: &budget)
                    #expect(isDone)
                }
                beside.join()
                if !image.needsEarlier { images = [] }
                images.append(image.bytes)
                let restored: Table = try restoredTable(images)
                #expect(restored.count == expected.count)
                for (key, (identifier, value)) in expected {
                    #expect(
                        restored[identifier].pointee.key == Number(key)
                            && restored[identifier].pointee.value == value)
                }
            }
        }
    }

    @Test("of one in which everything changes is compared no more for a while: what was handed out has changed")
    func patience() throws {
        var table = Table()
        for key in 0..<1024 as Range<UInt64> {
            _ = table.insert(Number(key), hash: Number(key).tableHash, value: key)
        }
        let image = FrozenTable<Number, UInt64>()
        var images: [[UInt8]] = []
        /// The entries written of those handed out, of which each becomes another by `change`.
        func written(_ identifiers: Range<Int>, changedBy change: UInt64) throws -> Int {
            for identifier in identifiers { table[identifier].pointee.value += change }
            table.freeze(into: image, asChanges: !images.isEmpty)
            var budget = Int.max
            _ = table.continueFreezing(budget: &budget)
            if !image.needsEarlier { images = [] }
            images.append(image.bytes)
            let restored: Table = try restoredTable(images)
            for identifier in 0..<1024 {
                // Without being handed out.
                #expect(restored[identifier].pointee.value == table.again(identifier).pointee.value)
            }
            // Identifiers, no free ones, bits, and the records behind their count and width.
            return (images[images.count - 1].count - 8 - 12 - 128 - 12) / 16
        }
        #expect(try written(0..<0, changedBy: 0) == 1024)
        // Compared: who was handed out and stayed as it was is not written.
        #expect(try written(0..<64, changedBy: 0) == 0)
        #expect(try written(0..<1024, changedBy: 1) == 1024)
        // Eight at a time.
        for _ in 0..<7 { #expect(try written(100..<101, changedBy: 0) == 8) }
        #expect(try written(100..<101, changedBy: 0) == 0)
        #expect(try written(100..<101, changedBy: 1) == 1)
    }
}
