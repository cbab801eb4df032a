import TestSupport
import Testing

@testable import EventTime

@Suite("Copying of a table by two threads")
struct ImagePiecesTests {
    private struct Entry: BitwiseCopyable, Equatable {
        var number: UInt32
        var changes: UInt64
    }

    /// Both threads' steps in an order of chance, on one: so that each may come between any two of the other.
    @Test("copies each entry as it was, whenever the table's thread changes it", arguments: 1...40)
    func steps(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let count = random.pick(1...200)
        let stride = MemoryLayout<Entry>.stride
        let entries = UnsafeMutablePointer<Entry>.allocate(capacity: count)
        let copies = UnsafeMutableRawPointer.allocate(byteCount: count * stride, alignment: 64)
        defer {
            entries.deallocate()
            copies.deallocate()
        }
        for index in 0..<count { (entries + index).initialize(to: Entry(number: UInt32(index), changes: 0)) }
        copies.initializeMemory(as: UInt8.self, repeating: 0xEE, count: count * stride)
        let pieces = ImagePieces(stride: stride)
        let pieceCount = (count + ImagePieces.pieceSize - 1) / ImagePieces.pieceSize
        pieces.begin(
            from: entries, to: copies, bound: count, marks: nil, isCompared: false,
            changed: Array(repeating: 0, count: pieceCount))

        func change() {
            for _ in 0..<random.pick(0...6) {
                let index = random.pick(0...count - 1)
                pieces.takeOctet(index / ImagePieces.octetSize)
                entries[index].changes += 1
            }
        }
        for piece in 0..<pieceCount {
            change()
            // The table's thread copies some pieces whole, before and after the other one reads them.
            if random.oneIn(4) { _ = pieces.takePiece(random.pick(0...pieceCount - 1)) }
            let mayBeRead = pieces.setAside(piece)
            #expect(mayBeRead)
            change()
            if random.oneIn(4) { _ = pieces.takePiece(piece) }
            change()
            pieces.takeSetAside(piece)
        }
        change()
        for index in 0..<count {
            #expect(
                (copies + index * stride).load(as: Entry.self) == Entry(number: UInt32(index), changes: 0))
        }
        pieces.end()
        let mayBeRead = pieces.setAside(0)
        #expect(!mayBeRead, "nothing is read of a table that is done")
    }
}
