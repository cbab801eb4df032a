import TestSupport
import Testing

@testable import EventTime

@Suite("Blocks of a pool")
struct BlockPoolTests {
    @Test("are large enough, and little larger")
    func sizes() {
        var last = -1
        for byteCount in 1...BlockPool.largest {
            let size = BlockPool.size(byteCount)
            let block = BlockPool.byteCount(size: size)
            // A line more, or a quarter.
            #expect(byteCount <= block && block < byteCount + max(64, byteCount / 4 + 64))
            #expect(size == last || size == last + 1)
            last = size
        }
        #expect(BlockPool.byteCount(size: last) == BlockPool.largest)
    }

    @Test("are nobody else's, aligned to cache lines, and keep what is written to them")
    func random() {
        var random = SeededRandom(seed: 5)
        var pool = BlockPool()
        var taken: [(words: UnsafeMutableBufferPointer<UInt64>, mark: UInt64)] = []
        for step in 0..<20_000 as Range<UInt64> {
            if random.oneIn(taken.count > 300 ? 2 : 3), !taken.isEmpty {
                let (words, mark) = taken.swapRemove(at: random.pick(0...taken.count - 1))
                #expect(words.allSatisfy { $0 == mark })
                pool.give(UnsafeMutableRawPointer(words.baseAddress!), byteCount: words.count * 8)
            } else {
                let count = random.oneIn(50) ? random.pick(1...9000) : random.pick(1...150)
                let block = pool.take(byteCount: count * 8)
                #expect(Int(bitPattern: block) % 64 == 0)
                let words = UnsafeMutableBufferPointer(
                    start: block.bindMemory(to: UInt64.self, capacity: count), count: count)
                words.initialize(repeating: step)
                taken.append((words, step))
            }
        }
        #expect(taken.allSatisfy { words, mark in words.allSatisfy { $0 == mark } })
    }

    @Test("are used again, so that slabs are no more than the most that was taken at a time")
    func reuse() {
        var pool = BlockPool()
        for _ in 0..<50 {
            let blocks = (0..<1000).map { _ in pool.take(byteCount: 200) }
            for block in blocks { pool.give(block, byteCount: 200) }
        }
        // 256,000 bytes in slabs that double from 65,536.
        #expect(pool.slabs.map(\.byteCount) == [1 << 16, 1 << 17, 1 << 18])
        #expect(pool.large.isEmpty)
    }
}

extension Array {
    fileprivate mutating func swapRemove(at place: Int) -> Element {
        swapAt(place, count - 1)
        return removeLast()
    }
}
