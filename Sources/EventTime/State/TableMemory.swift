import Glibc

/// Memory for tables that are read all over the place: aligned to cache lines, and large blocks on huge pages where
/// the kernel offers them (madvise(2), MADV_HUGEPAGE), so that a look-up does not wait for the page table as well.
@usableFromInline enum TableMemory {
    /// Blocks of this size and more are aligned to huge pages, in bytes.
    @usableFromInline static var hugePageSize: Int { 2 << 20 }

    /// Uninitialised memory for `byteCount` bytes; its `deallocate()` gives it back.
    @usableFromInline static func take(byteCount: Int) -> UnsafeMutableRawPointer {
        guard byteCount >= hugePageSize else { return .allocate(byteCount: byteCount, alignment: 64) }
        let whole = (byteCount + hugePageSize - 1) / hugePageSize * hugePageSize
        let memory = UnsafeMutableRawPointer.allocate(byteCount: whole, alignment: hugePageSize)
        // Advice: where it is not taken the pages are small, and all works the same.
        _ = madvise(memory, whole, Int32(MADV_HUGEPAGE))
        return memory
    }
}
