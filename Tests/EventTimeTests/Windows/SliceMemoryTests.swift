import TestSupport
import Testing

@testable import EventTime

@Suite("Memory for slices")
struct SliceMemoryTests {
    private struct Block {
        var start: UnsafeMutableRawPointer
        var byteCount: Int
        var mark: UInt64

        /// Written to its ends, and once a page.
        func eachPlace(_ body: (UnsafeMutableRawPointer) -> Void) {
            for offset in stride(from: 0, to: byteCount - 8, by: 4096) { body(start + offset) }
            body(start + byteCount - 8)
        }
    }

    /// In any order; most of them are the C library's, or share a mapping, and some have one of their own.
    @Test("gives each block bytes that no other has", arguments: 0..<20 as Range<UInt64>)
    func blocks(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let memory = SliceMemory()
        var live: [Block] = []
        for number in 0..<300 as Range<UInt64> {
            // The same in all bytes, since places may overlap.
            let mark = number % 256 * 0x0101_0101_0101_0101
            if random.oneIn(2), !live.isEmpty {
                // The oldest mostly, as slices go.
                let block = live.remove(at: random.oneIn(4) ? random.pick(0...live.count - 1) : 0)
                block.eachPlace { #expect($0.loadUnaligned(as: UInt64.self) == block.mark, "seed \(seed)") }
                memory.give(block.start, byteCount: block.byteCount)
            } else {
                let most = random.pick([100, 100_000, 1 << 20, random.oneIn(10) ? 50 << 20 : 4 << 20])
                let byteCount = random.pick(8...most)
                let block = Block(start: memory.take(byteCount: byteCount), byteCount: byteCount, mark: mark)
                block.eachPlace { $0.storeBytes(of: mark, as: UInt64.self) }
                live.append(block)
            }
        }
        for block in live {
            block.eachPlace { #expect($0.loadUnaligned(as: UInt64.self) == block.mark, "seed \(seed)") }
            memory.give(block.start, byteCount: block.byteCount)
        }
    }

    /// However many slices come, as many bytes are used as are live at once, and a few that are between them.
    @Test func isUsedAgain() {
        let memory = SliceMemory()
        var random = SeededRandom(seed: 1)
        var live: [(start: UnsafeMutableRawPointer, byteCount: Int)] = []
        var used = Set<Int>()
        for _ in 0..<2000 {
            let byteCount = random.pick(300_000...400_000)
            let start = memory.take(byteCount: byteCount)
            for page in Int(bitPattern: start) >> 12...(Int(bitPattern: start) + byteCount - 1) >> 12 {
                used.insert(page)
            }
            live.append((start, byteCount))
            if live.count > 20 {
                let oldest = live.removeFirst()
                memory.give(oldest.start, byteCount: oldest.byteCount)
            }
        }
        for block in live { memory.give(block.start, byteCount: block.byteCount) }
        // Of 21 blocks of a hundred pages at most.
        #expect(used.count < 21 * 100 * 5 / 4)
    }
}
