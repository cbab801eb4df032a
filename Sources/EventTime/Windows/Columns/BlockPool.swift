/// Small blocks of memory that come and go, carved out of slabs: a block that was given back is the next one of its
/// size. Slabs double, so that what is asked of the system does not grow with the number of blocks; they stay until
/// the pool goes. So the pool is as large as the blocks of each size once were.
@usableFromInline struct BlockPool: ~Copyable {
    @usableFromInline struct Slab {
        @usableFromInline let base: UnsafeMutableRawPointer
        @usableFromInline let byteCount: Int

        @inlinable init(byteCount: Int) {
            base = TableMemory.take(byteCount: byteCount)
            self.byteCount = byteCount
        }
    }

    /// Blocks are whole cache lines: up to this many bytes from slabs, larger ones from the system each.
    @inlinable static var largest: Int { 1 << 15 }
    @inlinable static var line: Int { 64 }

    @usableFromInline var slabs: [Slab] = []
    /// What is left of the newest slab.
    @usableFromInline var next: UnsafeMutableRawPointer
    @usableFromInline var left = 0
    /// By size: the block given back last, in whose first word is the one before.
    @usableFromInline let free: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    /// Bytes of large blocks, which are no slabs.
    @usableFromInline var large: [UnsafeMutableRawPointer: Int] = [:]

    @inlinable init() {
        let sizes = Self.size(Self.largest) + 1
        free = .allocate(capacity: sizes)
        free.initialize(repeating: nil, count: sizes)
        next = UnsafeMutableRawPointer(free)
    }

    @inlinable deinit {
        for slab in slabs { TableMemory.give(slab.base, byteCount: slab.byteCount) }
        for (block, byteCount) in large { TableMemory.give(block, byteCount: byteCount) }
        free.deallocate()
    }

    /// The number of a size: 1, 2, 3, 4 cache lines, then four sizes to each doubling.
    @inlinable @inline(__always)
    static func size(_ byteCount: Int) -> Int {
        let lines = (byteCount &+ (line - 1)) / line
        if lines <= 4 { return lines &- 1 }
        let shift = Int.bitWidth &- 3 &- (lines &- 1).leadingZeroBitCount
        return shift &* 4 &+ ((lines &- 1) &>> shift)
    }

    /// The bytes of the blocks of a size.
    @inlinable @inline(__always)
    static func byteCount(size: Int) -> Int {
        if size < 4 { return (size &+ 1) &* line }
        let shift = size / 4 &- 1
        return ((size & 3) &+ 5) &<< shift &* line
    }

    /// A block of so many bytes, uninitialised, aligned to cache lines. O(1).
    @inlinable @inline(__always)
    mutating func take(byteCount: Int) -> UnsafeMutableRawPointer {
        guard byteCount <= Self.largest else { return takeLarge(byteCount: byteCount) }
        let size = Self.size(byteCount)
        guard let block = free[size] else { return carve(Self.byteCount(size: size)) }
        free[size] = block.load(as: UnsafeMutableRawPointer?.self)
        return block
    }

    /// Gives a block back that was taken with this size.
    @inlinable @inline(__always)
    mutating func give(_ block: UnsafeMutableRawPointer, byteCount: Int) {
        guard byteCount <= Self.largest else { return giveLarge(block) }
        let size = Self.size(byteCount)
        block.storeBytes(of: free[size], as: UnsafeMutableRawPointer?.self)
        free[size] = block
    }

    @inlinable @inline(never)
    mutating func carve(_ byteCount: Int) -> UnsafeMutableRawPointer {
        if left < byteCount {
            // What is left of the slab before is lost: less than half of it.
            let slab = Slab(byteCount: min(max(2 * Self.largest, 2 * (slabs.last?.byteCount ?? 0)), 1 << 25))
            slabs.append(slab)
            (next, left) = (slab.base, slab.byteCount)
        }
        defer {
            next += byteCount
            left -= byteCount
        }
        return next
    }

    @inlinable @inline(never)
    mutating func takeLarge(byteCount: Int) -> UnsafeMutableRawPointer {
        let block = TableMemory.take(byteCount: byteCount)
        large[block] = byteCount
        return block
    }

    @inlinable @inline(never)
    mutating func giveLarge(_ block: UnsafeMutableRawPointer) {
        if let byteCount = large.removeValue(forKey: block) { TableMemory.give(block, byteCount: byteCount) }
    }
}
