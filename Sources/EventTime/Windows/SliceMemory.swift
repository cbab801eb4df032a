/// Memory for what complete slices keep: blocks of just the size that is needed, side by side on huge pages.
///
/// Slices come and go one after the other, and their blocks with them. So a block lies where older ones were, whose
/// pages are there, and once a window is full its slices ask the kernel for nothing. Each block by itself would be
/// rounded up to pages of 2 MiB, or lie on small ones; and the kernel clears a page in more time than it takes to fill it.
@usableFromInline
final class SliceMemory {
    /// A mapping, and which bytes of it nobody has, in ascending order.
    fileprivate struct Region {
        let base: UnsafeMutableRawPointer
        let byteCount: Int
        var free: [Range<Int>]

        var isFree: Bool { free == [0..<byteCount] }
    }

    /// Bytes of a mapping. Memory that is never written takes none.
    private static let regionSize = 32 << 20
    /// Smaller blocks are the C library's.
    private static let smallest = 64 << 10
    private static let granularity = 4096

    private var regions: [Region] = []

    @usableFromInline init() {}

    deinit {
        for region in regions { TableMemory.give(region.base, byteCount: region.byteCount) }
    }

    private static func whole(_ byteCount: Int) -> Int { (byteCount + granularity - 1) / granularity * granularity }

    /// Memory for `byteCount` bytes, uninitialised. O(stretches of free memory), which are few where slices go in the
    /// order they came.
    @usableFromInline func take(byteCount: Int) -> UnsafeMutableRawPointer {
        guard byteCount >= Self.smallest else { return .allocate(byteCount: byteCount, alignment: 64) }
        let size = Self.whole(byteCount)
        for place in regions.indices {
            guard let stretch = regions[place].free.firstIndex(where: { $0.count >= size }) else { continue }
            let start = regions[place].free[stretch].lowerBound
            let end = regions[place].free[stretch].upperBound
            if start + size == end {
                regions[place].free.remove(at: stretch)
            } else {
                regions[place].free[stretch] = start + size..<end
            }
            return regions[place].base + start
        }
        let regionSize = max(size, Self.regionSize)
        let base = TableMemory.take(byteCount: regionSize)
        let rest = size < regionSize ? [size..<regionSize] : []
        regions.append(Region(base: base, byteCount: regionSize, free: rest))
        return base
    }

    /// Gives back a block that was taken with this size.
    @usableFromInline func give(_ block: UnsafeMutableRawPointer, byteCount: Int) {
        guard byteCount >= Self.smallest else { return block.deallocate() }
        guard
            let place = regions.firstIndex(where: { block >= $0.base && block < $0.base + $0.byteCount })
        else { preconditionFailure("a block that is none of this memory") }
        let start = block - regions[place].base
        regions[place].insert(start..<start + Self.whole(byteCount))
        // One that is free is kept for what comes next.
        if regions[place].isFree, regions.indices.contains(where: { $0 != place && regions[$0].isFree }) {
            let region = regions.remove(at: place)
            TableMemory.give(region.base, byteCount: region.byteCount)
        }
    }
}

extension SliceMemory.Region {
    /// Makes a stretch free, and one with its neighbours.
    fileprivate mutating func insert(_ stretch: Range<Int>) {
        let place = free.firstIndex { $0.lowerBound > stretch.lowerBound } ?? free.count
        var joined = stretch
        var end = place
        if place < free.count, free[place].lowerBound == stretch.upperBound {
            joined = stretch.lowerBound..<free[place].upperBound
            end = place + 1
        }
        var first = place
        if place > 0, free[place - 1].upperBound == stretch.lowerBound {
            joined = free[place - 1].lowerBound..<joined.upperBound
            first = place - 1
        }
        free.replaceSubrange(first..<end, with: CollectionOfOne(joined))
    }
}
