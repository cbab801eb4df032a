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
        /// Where complete slices lie.
        @usableFromInline let memory = SliceMemory()
        /// Where they are packed.
        @usableFromInline var scratch = ReusableMemory<UInt64>()

        @inlinable init() { counts = .allocate(capacity: 0) }

        @inlinable deinit { counts.deallocate() }
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

    /// Different items of a key. A key that came without any, late, has no place yet.
    @inlinable @inline(__always)
    func count(_ number: Int) -> Int {
        number < storage.pointee.countCapacity ? Int(storage.pointee.counts[number]) : 0
    }
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

    @inlinable mutating func add<Clusters: RowClusters<Item> & ~Copyable>(
        _ clusters: borrowing Clusters, numbers: UnsafePointer<UInt32>
    ) {
        // They may be in the order of this table, whose growth would then put all of them in the same place.
        slots.reserve(slots.used + clusters.count)
        sweep(clusters, numbers) { $0.add($1, $2, $3, $4) }
    }

    @inlinable mutating func subtract<Clusters: RowClusters<Item> & ~Copyable>(
        _ clusters: borrowing Clusters, numbers: UnsafePointer<UInt32>
    ) { sweep(clusters, numbers) { $0.subtract($1, $2, $3, $4) } }

    /// A cluster of a slice, whose slot is being fetched.
    @usableFromInline struct Fetched {
        @usableFromInline let number: Int
        @usableFromInline let cluster: Item
        @usableFromInline let items: UInt64
        @usableFromInline let hash: UInt64

        @inlinable init(_ number: Int, _ cluster: Item, _ items: UInt64, _ hash: UInt64) {
            (self.number, self.cluster, self.items, self.hash) = (number, cluster, items, hash)
        }
    }

    /// Clusters whose slots are fetched at once, for so many clusters each of two stages; a power of two.
    @inlinable static var stage: Int { 16 }
    @inlinable static var fetchedAtOnce: Int { stage * 2 }

    /// Asks for the slot behind that of a cluster, where it is another's.
    @inlinable @inline(__always)
    func prefetchNext(_ next: Fetched) {
        let place = slots.home(next.hash)
        let slot = slots[place]
        if slot.row != next.number || slot.cluster.pointee != next.cluster, !slot.isEmpty {
            slots.prefetch(place: (place &+ 1) & slots.mask)
        }
    }

    /// Changes the window by each cluster of a slice, a while after its slot was asked for.
    @inlinable @inline(__always)
    mutating func sweep<Clusters: RowClusters<Item> & ~Copyable>(
        _ clusters: borrowing Clusters, _ numbers: UnsafePointer<UInt32>,
        _ change: (inout Self, _ number: Int, _ cluster: Item, _ items: UInt64, _ hash: UInt64) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Fetched.self, capacity: Self.fetchedAtOnce) { fetched in
            guard let fetched = fetched.baseAddress else { return }
            var count = 0
            clusters.eachCluster { row, cluster, items in
                let place = fetched + (count & (Self.fetchedAtOnce - 1))
                if count >= Self.fetchedAtOnce {
                    let next = place.move()
                    change(&self, next.number, next.cluster, next.items, next.hash)
                }
                let number = Int(numbers[row])
                let hash = ItemSlots.hash(number, cluster)
                slots.prefetch(place: slots.home(hash))
                place.initialize(to: Fetched(number, cluster, items, hash))
                if count >= Self.stage {
                    prefetchNext((fetched + ((count - Self.stage) & (Self.fetchedAtOnce - 1))).pointee)
                }
                count &+= 1
            }
            for place in max(0, count - Self.fetchedAtOnce)..<count {
                let next = (fetched + (place & (Self.fetchedAtOnce - 1))).move()
                change(&self, next.number, next.cluster, next.items, next.hash)
            }
        }
    }

    // MARK: Clusters

    /// One slice more has these items of a cluster.
    @inlinable @inline(__always)
    mutating func add(_ number: Int, _ cluster: Item, _ items: UInt64, _ hash: UInt64) {
        var slot = slots.slot(number, cluster, hash)
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
    mutating func subtract(_ number: Int, _ cluster: Item, _ items: UInt64, _ hash: UInt64) {
        let slot = slots.slot(number, cluster, hash)
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
