import EventTime
import TestSupport
import Testing

private struct Number: TableKey, StateRecord {
    var value: UInt64

    init(_ value: UInt64) { self.value = value }
    init(from state: inout StateDecoder) throws(StateError) { value = try state.decode() }
    func encode(into state: inout StateEncoder) { state.encode(value) }

    var tableHash: UInt32 { UInt32(value % 97) }
}

@Suite("A column beside a table")
struct SideColumnTests {
    private typealias Table = KeyedTable<Number, UInt64>

    @Test("goes with its table's identifiers, through changes and restarts", arguments: [1, 2, 3] as [UInt64])
    func column(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var table = Table()
        var column = SideColumn<UInt64>()
        let (image, columnImage) = (FrozenTable<Number, UInt64>(), SideColumn<UInt64>.Image())
        var images: [(table: [UInt8], column: [UInt8])] = []
        for round in 0..<12 {
            for _ in 0..<(round == 0 ? 2000 : random.pick([0, 5, 100])) {
                let key = Number(UInt64.random(in: 0..<1000, using: &random))
                let identifier = table.find(key, hash: key.tableHash)
                if identifier < 0 {
                    column.set(table.insert(key, hash: key.tableHash, value: 0), key.value)
                } else if random.oneIn(3) {
                    table.remove(identifier, hash: key.tableHash)
                } else {
                    column[identifier].pointee &+= 1
                }
            }
            let expected = (0..<1000 as Range<UInt64>).map { key in
                let identifier = table.find(Number(key), hash: Number(key).tableHash)
                return identifier < 0 ? nil : column[identifier].pointee
            }
            table.freeze(into: image, asChanges: round > 0)
            column.freeze(into: columnImage, free: image.freeIdentifiers, asChanges: round > 0)
            // What changes before the copies are made is not in them, but in the next.
            let changed = Int.random(in: 0..<columnImage.count, using: &random)
            let before = column[changed].pointee
            column[changed].pointee = .max
            var budget = Int.max
            let isCopied = table.continueFreezing(budget: &budget) && column.continueFreezing(budget: &budget)
            #expect(isCopied)
            column[changed].pointee = before
            if !image.needsEarlier, !columnImage.needsEarlier { images = [] }
            images.append(
                (
                    StateEncoder.bytes { image.encode(into: &$0) },
                    StateEncoder.bytes { columnImage.encode(into: &$0) }
                ))

            let read = RestoredTable<Number, UInt64>()
            let readColumn = RestoredTable<SideColumn<UInt64>.NoKey, UInt64>()
            for bytes in images {
                var state = StateDecoder(bytes.table)
                var columnState = StateDecoder(bytes.column)
                try read.read(from: &state)
                try readColumn.read(from: &columnState)
            }
            let (bound, free) = (read.bound, read.free)
            let restored = try read.finish(StateDecoder([]))
            let restoredColumn = try readColumn.finishColumn(of: bound, free: free, StateDecoder([]))
            for (key, value) in expected.enumerated() {
                let identifier = restored.find(Number(UInt64(key)), hash: Number(UInt64(key)).tableHash)
                #expect(value == (identifier < 0 ? nil : restoredColumn[identifier].pointee))
            }
        }
        let other = RestoredTable<SideColumn<UInt64>.NoKey, UInt64>()
        var state = StateDecoder(images[0].column)
        try? other.read(from: &state)
        #expect(throws: StateError.self, "a column of another table") {
            _ = try other.finishColumn(of: 1, free: [], StateDecoder([]))
        }
    }
}
