import Glibc
import Testing

@testable import EventTime

@Suite("The page populator")
struct PagePopulatorTests {
    /// Whether all pages of a range have memory (mincore(2)).
    private func isResident(_ start: UnsafeMutableRawPointer, byteCount: Int) -> Bool {
        let pageSize = Int(getpagesize())
        var pages = [UInt8](repeating: 0, count: byteCount / pageSize)
        let first = start + (pageSize - Int(bitPattern: start) % pageSize) % pageSize
        return mincore(first, byteCount / pageSize * pageSize, &pages) == 0 && pages.allSatisfy { $0 & 1 == 1 }
    }

    private func becomesResident(_ start: UnsafeMutableRawPointer, byteCount: Int) -> Bool {
        for _ in 0..<3000 {
            if isResident(start, byteCount: byteCount) { return true }
            usleep(10_000)
        }
        return false
    }

    @Test("gets memory for tables that are made and that grow, and leaves what is there")
    func growth() throws {
        try PagePopulator.start()
        // A second start changes nothing.
        try PagePopulator.start()
        let size = TableMemory.hugePageSize
        var memory = TableMemory.take(byteCount: 3 * size)
        memory.storeBytes(of: 4711, as: Int.self)
        #expect(becomesResident(memory, byteCount: 3 * size))
        memory = TableMemory.grow(memory, from: 3 * size, to: 9 * size)
        defer { TableMemory.give(memory, byteCount: 9 * size) }
        #expect(becomesResident(memory, byteCount: 9 * size))
        #expect(memory.load(as: Int.self) == 4711)
    }
}
