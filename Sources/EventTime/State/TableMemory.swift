internal import CMemory
import Glibc

/// Memory for tables that are read all over the place: aligned to cache lines, and large blocks on huge pages where
/// the kernel offers them (madvise(2), MADV_HUGEPAGE), so that a look-up does not wait for the page table as well.
///
/// Large blocks are mappings of their own. They begin as zeros and take memory where they are first written, and
/// growing moves their pages, not their bytes (mremap(2)): nobody waits for a copy of a whole table.
@usableFromInline enum TableMemory {
    /// Blocks of this size and more are mappings, in bytes.
    @usableFromInline static var hugePageSize: Int { 2 << 20 }

    private static func whole(_ byteCount: Int) -> Int {
        (byteCount + hugePageSize - 1) / hugePageSize * hugePageSize
    }

    /// Memory for `byteCount` bytes: zeros where `isZeroed`, else uninitialised. ``give(_:byteCount:)`` gives it back.
    @usableFromInline static func take(byteCount: Int, isZeroed: Bool = false) -> UnsafeMutableRawPointer {
        guard byteCount >= hugePageSize else {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
            if isZeroed { memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount) }
            return memory
        }
        let memory = map(byteCount: byteCount)
        PagePopulator.populate(memory, byteCount: whole(byteCount))
        return memory
    }

    /// A mapping of whole huge pages, without memory yet.
    private static func map(byteCount: Int) -> UnsafeMutableRawPointer {
        let size = whole(byteCount)
        // A huge page more than is wanted, to find one's beginning in it.
        guard
            let space = mmap(
                nil, size + hugePageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0
            ),
            space != MAP_FAILED
        else { preconditionFailure("no memory for a table of \(byteCount) bytes") }
        let before = (hugePageSize - Int(bitPattern: space) % hugePageSize) % hugePageSize
        if before > 0 { munmap(space, before) }
        let memory = space + before
        munmap(memory + size, hugePageSize - before)
        // Advice: where it is not taken the pages are small, and all works the same.
        _ = madvise(memory, size, Int32(MADV_HUGEPAGE))
        return memory
    }

    /// Gives back a block that was taken with this size.
    @usableFromInline static func give(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
        if byteCount < hugePageSize {
            memory.deallocate()
        } else {
            munmap(memory, whole(byteCount))
        }
    }

    /// A larger block with the content of one of `byteCount` bytes, which is given back. What is new is uninitialised.
    @usableFromInline static func grow(
        _ memory: UnsafeMutableRawPointer, from byteCount: Int, to larger: Int
    ) -> UnsafeMutableRawPointer {
        if byteCount >= hugePageSize {
            let target = map(byteCount: larger)
            if tidemark_move_mapping(memory, whole(byteCount), whole(larger), target) != nil {
                _ = madvise(target, whole(larger), Int32(MADV_HUGEPAGE))
                PagePopulator.populate(target + whole(byteCount), byteCount: whole(larger) - whole(byteCount))
                return target
            }
            // Whether the target is still mapped nobody can say: it is left alone.
        }
        let target = take(byteCount: larger)
        target.copyMemory(from: memory, byteCount: byteCount)
        give(memory, byteCount: byteCount)
        return target
    }
}
