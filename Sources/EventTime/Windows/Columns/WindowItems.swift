/// In how many slices of a window each key has each item, and how many items each key has.
///
/// The number of slices is written across the words of a slot, plane by plane: bit b of an item's number is its bit in
/// word b. So a slice comes in 64 items at a time, by the steps of a ripple-carry adder, and goes by those of a
/// subtracter. Keys are known by their numbers.
@frozen public struct WindowItems<Item: StreamKey>: WindowColumns {
    @usableFromInline struct Storage: ~Copyable {
        @usableFromInline var slots = ItemSlots<Item>()
        /// Items by the key's number; 0 where the window holds nothing of it.
        @usableFromInline var counts: UnsafeMutablePointer<Int32>
        @usableFromInline var countCapacity = 0
        /// The table of a slice that needs it no more, for the next one.
        @usableFromInline var spare = ItemSlots<Item>()

        @usableFromInline var scratch: UnsafeMutablePointer<UInt32>
        @usableFromInline var scratchCapacity = 0

        @inlinable init() {
            counts = .allocate(capacity: 0)
            scratch = .allocate(capacity: 0)
        }

        @inlinable deinit {
            counts.deallocate()
            scratch.deallocate()
        }
    }

    @usableFromInline let storage: UnsafeMutablePointer<Storage>

    @inlinable public init() {
        storage = .allocate(capacity: 1)
        storage.initialize(to: Storage())
    }

    @inlinable public func release() {
        storage.deinitialize(count: 1)
        storage.deallocate()
    }

    /// Different items of a key.
    @inlinable @inline(__always)
    func count(_ number: Int) -> Int { Int(storage.pointee.counts[number]) }
}

extension WindowItems.Storage {
    @inlinable mutating func reserveCounts(_ keyCount: Int) {
        guard keyCount > countCapacity else { return }
        let larger = max(keyCount, countCapacity * 2)
        let counts = UnsafeMutablePointer<Int32>.allocate(capacity: larger)
        counts.moveInitialize(from: self.counts, count: countCapacity)
        (counts + countCapacity).initialize(repeating: 0, count: larger - countCapacity)
        self.counts.deallocate()
        (self.counts, countCapacity) = (counts, larger)
    }

    /// Scratch space, good until it is asked for again.
    @inlinable mutating func starts(ofRows count: Int) -> UnsafeMutableBufferPointer<UInt32> {
        if scratchCapacity < count {
            scratch.deallocate()
            scratchCapacity = count + count / 8
            scratch = .allocate(capacity: scratchCapacity)
            scratch.initialize(repeating: 0, count: scratchCapacity)
        }
        return UnsafeMutableBufferPointer(start: scratch, count: count)
    }

    // MARK: Tables of slices

    /// Gives an empty table that a slice had to the next one.
    @inlinable mutating func lend(to slots: inout ItemSlots<Item>) {
        if spare.capacity > slots.capacity { swap(&spare, &slots) }
    }

    @inlinable mutating func takeBack(_ slots: inout ItemSlots<Item>) {
        if slots.capacity > spare.capacity { swap(&spare, &slots) }
        // Complete slices hold no table.
        if slots.capacity > 16 { slots = ItemSlots() }
    }

    // MARK: Slices

    @inlinable mutating func add(_ list: borrowing ItemList<Item>, numbers: UnsafePointer<UInt32>) {
        let (entries, count) = (list.entries, list.count)
        slots.reserve(slots.used + count)
        for place in 0..<count {
            prefetch(entries, place, count, numbers)
            let entry = entries + place
            add(Int(numbers[Int(entry.pointee.row)]), entry.pointee.cluster, entry.pointee.word)
        }
    }

    @inlinable mutating func subtract(_ list: borrowing ItemList<Item>, numbers: UnsafePointer<UInt32>) {
        let (entries, count) = (list.entries, list.count)
        for place in 0..<count {
            prefetch(entries, place, count, numbers)
            let entry = entries + place
            subtract(Int(numbers[Int(entry.pointee.row)]), entry.pointee.cluster, entry.pointee.word)
        }
    }

    /// Asks for the slots of the entries behind this one: first where they very likely are, then, where that is
    /// another's slot, for the one behind it.
    @inlinable @inline(__always)
    func prefetch(
        _ entries: UnsafeMutablePointer<ItemList<Item>.Entry>, _ place: Int, _ count: Int,
        _ numbers: UnsafePointer<UInt32>
    ) {
        guard place + 24 < count else { return }
        let later = entries + (place + 24)
        slots.prefetch(Int(numbers[Int(later.pointee.row)]), later.pointee.cluster)
        let sooner = entries + (place + 8)
        slots.prefetchNext(Int(numbers[Int(sooner.pointee.row)]), sooner.pointee.cluster)
    }

    /// One slice more has these items of a cluster.
    @inlinable @inline(__always)
    mutating func add(_ number: Int, _ cluster: Item, _ items: UInt64) {
        var slot = slots.slot(number, cluster)
        if slot.isEmpty {
            slot = slots.occupy(slot, number, cluster)
            slot.words.pointee = items
            counts[number] &+= Int32(truncatingIfNeeded: items.nonzeroBitCount)
            return
        }
        var (held, carry, plane) = (UInt64.zero, items, 0)
        let planes = slots.wordCount
        while plane < planes {
            let word = slot.words[plane]
            held |= word
            slot.words[plane] = word ^ carry
            carry &= word
            plane &+= 1
        }
        if carry != 0 { addPlane(number, cluster, carry, planes) }
        counts[number] &+= Int32(truncatingIfNeeded: (items & ~held).nonzeroBitCount)
    }

    /// The carry out of the last plane goes to a new one.
    @inlinable @inline(never)
    mutating func addPlane(_ number: Int, _ cluster: Item, _ carry: UInt64, _ plane: Int) {
        slots.grow(capacity: slots.capacity, shift: slots.shift + 1)
        slots.slot(number, cluster).words[plane] = carry
    }

    /// One slice less has these items of a cluster, which it had.
    @inlinable @inline(__always)
    mutating func subtract(_ number: Int, _ cluster: Item, _ items: UInt64) {
        let slot = slots.slot(number, cluster)
        assert(!slot.isEmpty)
        var (held, borrow, plane) = (UInt64.zero, items, 0)
        let planes = slots.wordCount
        while plane < planes {
            let word = slot.words[plane]
            let left = word ^ borrow
            slot.words[plane] = left
            held |= left
            borrow &= ~word
            plane &+= 1
        }
        counts[number] &-= Int32(truncatingIfNeeded: (items & ~held).nonzeroBitCount)
        if held == 0 { slots.vacate(slot) }
    }
}
