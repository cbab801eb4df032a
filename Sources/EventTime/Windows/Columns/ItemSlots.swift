public import CPrefetch

/// Which items some rows have, in one flat table for all rows: open addressing with linear probing, by row and cluster.
///
/// Items that are neighbours (``StreamKey/cluster``) are the bits of one word, as in ``DistinctItems``. A slot is the
/// row's number, the cluster's name, and some words; its size is a power of two, so that small ones lie in one cache
/// line. A slot of zeros is empty.
@usableFromInline struct ItemSlots<Item: StreamKey>: ~Copyable {
    /// The address of a slot, good until the table grows or the slot is vacated.
    @usableFromInline struct Slot {
        @usableFromInline let base: UnsafeMutableRawPointer

        @inlinable @inline(__always)
        init(_ base: UnsafeMutableRawPointer) { self.base = base }

        /// The row's number and 1; 0 where the slot is empty, and its cluster then not initialised.
        @inlinable @inline(__always)
        var mark: UnsafeMutablePointer<UInt32> { base.assumingMemoryBound(to: UInt32.self) }
        @inlinable @inline(__always)
        var isEmpty: Bool { mark.pointee == 0 }
        @inlinable @inline(__always)
        var row: Int { Int(mark.pointee) &- 1 }
        @inlinable @inline(__always)
        var cluster: UnsafeMutablePointer<Item> {
            (base + ItemSlots.clusterOffset).assumingMemoryBound(to: Item.self)
        }
        @inlinable @inline(__always)
        var words: UnsafeMutablePointer<UInt64> {
            (base + ItemSlots.wordsOffset).assumingMemoryBound(to: UInt64.self)
        }
    }

    @usableFromInline var base: UnsafeMutableRawPointer
    /// Slots less one: a power of two of them.
    @usableFromInline var mask: Int
    /// Bits of a hash that do not say where a slot is.
    @usableFromInline var hashShift: Int
    /// A slot's bytes, as a power of two.
    @usableFromInline var shift: Int
    /// Slots in use, and how many may be.
    @usableFromInline var used = 0
    @usableFromInline var limit: Int

    @inlinable init(capacity: Int = 16, shift: Int = Self.shift(words: 1)) {
        self.shift = shift
        mask = capacity - 1
        hashShift = 64 - capacity.trailingZeroBitCount
        limit = Self.limit(capacity, shift)
        base = TableMemory.take(byteCount: capacity &<< shift, isZeroed: true)
    }

    @inlinable deinit {
        if !_isPOD(Item.self) {
            for place in 0...mask {
                let slot = self[place]
                if !slot.isEmpty { slot.cluster.deinitialize(count: 1) }
            }
        }
        TableMemory.give(base, byteCount: (mask + 1) &<< shift)
    }

    @inlinable var capacity: Int { mask + 1 }

    /// The slot at a place.
    @inlinable @inline(__always)
    subscript(place: Int) -> Slot { Slot(base + place &<< shift) }

    // MARK: Layout

    @inlinable @inline(__always)
    static var clusterOffset: Int {
        let alignment = MemoryLayout<Item>.alignment
        return (4 + alignment - 1) & ~(alignment - 1)
    }

    @inlinable @inline(__always)
    static var wordsOffset: Int { (clusterOffset + MemoryLayout<Item>.size + 7) & ~7 }

    /// The least power of two that a slot of so many words needs.
    @inlinable static func shift(words: Int) -> Int {
        let byteCount = max(wordsOffset + words * 8, MemoryLayout<Item>.alignment)
        return Int.bitWidth - (byteCount - 1).leadingZeroBitCount
    }

    /// Words of a slot.
    @inlinable @inline(__always)
    var wordCount: Int { (1 &<< shift - Self.wordsOffset) / 8 }

    /// Slots that may be used. Several small ones lie in a cache line, large ones in one each.
    @inlinable static func limit(_ capacity: Int, _ shift: Int) -> Int {
        shift <= 4 ? capacity / 4 * 3 : capacity / 8 * 5
    }

    // MARK: Slots

    /// Of which the upper bits are well mixed.
    @inlinable @inline(__always)
    static func hash(_ row: Int, _ cluster: Item) -> UInt64 {
        (cluster.stableHash &+ UInt64(truncatingIfNeeded: row)) &* 0x9E37_79B9_7F4A_7C15
    }

    /// Where a row's cluster belongs. Each row's are spread as Knuth's multiplicative hashing does (TAOCP 6.4).
    @inlinable @inline(__always)
    func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash &>> UInt64(truncatingIfNeeded: hashShift)) }

    /// Asks for the slot at a place.
    @inlinable @inline(__always)
    func prefetch(place: Int) { prefetchForWriting(base + place &<< shift) }

    /// The slot of a row's cluster, or the empty one where it belongs. O(1).
    @inlinable @inline(__always)
    func slot(_ row: Int, _ cluster: Item) -> Slot { slot(row, cluster, Self.hash(row, cluster)) }

    @inlinable @inline(__always)
    func slot(_ row: Int, _ cluster: Item, _ hash: UInt64) -> Slot {
        let mark = UInt32(truncatingIfNeeded: row &+ 1)
        var place = home(hash)
        while true {
            let slot = self[place]
            let held = slot.mark.pointee
            if held == mark && slot.cluster.pointee == cluster || held == 0 { return slot }
            place = (place &+ 1) & mask
        }
    }

    /// Takes an empty slot for a row's cluster, and returns it, or where it has come to lie since the table grew. Its
    /// words are 0.
    @inlinable @inline(__always)
    mutating func occupy(_ empty: Slot, _ row: Int, _ cluster: Item) -> Slot {
        var slot = empty
        if used >= limit {
            grow(capacity: capacity * 2, shift: shift)
            slot = self.slot(row, cluster)
        }
        used &+= 1
        slot.mark.pointee = UInt32(truncatingIfNeeded: row &+ 1)
        slot.cluster.initialize(to: cluster)
        return slot
    }

    /// Puts items of a row's cluster in; those of them that were not there.
    @inlinable @inline(__always) @discardableResult
    mutating func insert(_ row: Int, _ cluster: Item, _ items: UInt64) -> UInt64 {
        var slot = slot(row, cluster)
        if slot.isEmpty { slot = occupy(slot, row, cluster) }
        let held = slot.words.pointee
        slot.words.pointee = held | items
        return items & ~held
    }

    /// Empties a slot; later members of its run move up.
    @inlinable mutating func vacate(_ slot: Slot) {
        slot.cluster.deinitialize(count: 1)
        used &-= 1
        let byteCount = 1 &<< shift
        var hole = (slot.base - base) &>> shift
        var next = (hole + 1) & mask
        while true {
            let moved = self[next]
            if moved.isEmpty { break }
            let home = home(Self.hash(moved.row, moved.cluster.pointee))
            if (next - home) & mask >= (next - hole) & mask {
                (base + hole &<< shift).copyMemory(from: moved.base, byteCount: byteCount)
                hole = next
            }
            next = (next + 1) & mask
        }
        (base + hole &<< shift).initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    /// Calls `body` with each slot in use, in no order that means something.
    @inlinable @inline(__always)
    func eachSlot(_ body: (Slot) -> Void) {
        for place in 0...mask {
            let slot = self[place]
            if !slot.isEmpty { body(slot) }
        }
    }

    /// Makes room for so many slots. Who is going to fill a table in the order of another one must do so before: a table
    /// that grew meanwhile would get them all in the same place.
    @inlinable mutating func reserve(_ count: Int) {
        var capacity = capacity
        while Self.limit(capacity, shift) < count { capacity *= 2 }
        if capacity > self.capacity { grow(capacity: capacity, shift: shift) }
    }

    /// Moves all to a table with more or larger slots. Slots move as their bytes do, whatever they are.
    @inlinable @inline(never)
    mutating func grow(capacity: Int, shift: Int) {
        var larger = ItemSlots(capacity: capacity, shift: shift)
        let byteCount = 1 &<< self.shift
        eachSlot { slot in
            larger.slot(slot.row, slot.cluster.pointee).base.copyMemory(from: slot.base, byteCount: byteCount)
            if !_isPOD(Item.self) { slot.mark.pointee = 0 }
        }
        larger.used = used
        swap(&self, &larger)
    }

    /// Empties the table, and keeps its memory where it was well used.
    @inlinable mutating func removeAll() {
        if used > 0, !_isPOD(Item.self) { eachSlot { $0.cluster.deinitialize(count: 1) } }
        base.initializeMemory(as: UInt8.self, repeating: 0, count: capacity &<< shift)
        shrink()
    }

    /// A table that is empty takes on a smaller size, where `used` slots of the one it has were few.
    @inlinable mutating func shrink() {
        let isKept = capacity <= 1024 || used * 8 > capacity
        used = 0
        if !isKept { self = ItemSlots(shift: shift) }
    }
}
