/// Timers of keys, one for each key and time, in the order of (time, key).
///
/// A heap with four children to a node (Johnson, "Priority queues with update and finding minimum spanning trees",
/// IPL 1975) of sixteen-byte entries, and an index that finds a timer by key and time, so that setting, deleting and
/// firing cost O(log n) with a few cache lines. All of it is flat: nothing is allocated for a timer.
@usableFromInline
struct KeyTimers: ~Copyable {
    @usableFromInline struct Entry: BitwiseCopyable {
        @usableFromInline var time: Nanoseconds
        /// The key's slot.
        @usableFromInline var slot: UInt32
        /// The timer's own number, under which the index knows it.
        @usableFromInline var number: UInt32

        @inlinable init(time: Nanoseconds, slot: UInt32, number: UInt32) {
            self.time = time
            self.slot = slot
            self.number = number
        }
    }

    @usableFromInline var heap: UnsafeMutablePointer<Entry>
    /// Where in the heap a timer lies, by its number.
    @usableFromInline var places: UnsafeMutablePointer<UInt32>
    @usableFromInline var capacity = 16
    @usableFromInline var index = HashIndex()
    /// Timers set.
    @usableFromInline var count = 0
    /// Numbers ever given out: those of no timer are below this bound, in `free`.
    @usableFromInline var bound = 0
    @usableFromInline var free: [UInt32] = []

    @inlinable init() {
        heap = .allocate(capacity: 16)
        places = .allocate(capacity: 16)
    }

    @inlinable deinit {
        heap.deallocate()
        places.deallocate()
    }

    /// The time of the earliest timer; `Int64.max` where there is none, or where it is set for then.
    @inlinable var earliest: Nanoseconds { count == 0 ? .max : heap[0].time }

    /// Sets a timer; false where it is set already.
    @inlinable mutating func set<Key>(_ time: Nanoseconds, slot: Int, keys: borrowing KeySlots<Key>) -> Bool {
        let hash = Self.hash(time, slot)
        guard find(time, slot, hash) < 0 else { return false }
        if count == capacity { grow() }
        let number: Int
        if let reused = free.popLast() {
            number = Int(reused)
        } else {
            number = bound
            bound += 1
        }
        index.insert(number, hash: hash)
        count += 1
        rise(
            Entry(time: time, slot: UInt32(truncatingIfNeeded: slot), number: UInt32(truncatingIfNeeded: number)),
            from: count - 1, keys: keys)
        return true
    }

    /// Deletes a timer; false where it is not set.
    @inlinable mutating func delete<Key>(_ time: Nanoseconds, slot: Int, keys: borrowing KeySlots<Key>) -> Bool {
        let number = find(time, slot, Self.hash(time, slot))
        guard number >= 0 else { return false }
        remove(at: Int(places[number]), keys: keys)
        return true
    }

    /// Takes the earliest timer off; there is one.
    @inlinable mutating func popEarliest<Key>(keys: borrowing KeySlots<Key>) -> (time: Nanoseconds, slot: Int) {
        let first = heap[0]
        remove(at: 0, keys: keys)
        return (first.time, Int(first.slot))
    }

    @inlinable @inline(__always)
    static func hash(_ time: Nanoseconds, _ slot: Int) -> UInt32 {
        UInt32(
            truncatingIfNeeded: foldedProduct(
                UInt64(bitPattern: time) ^ 0x9E37_79B9_7F4A_7C15,
                UInt64(truncatingIfNeeded: slot) ^ 0xA076_1D64_78BD_642F))
    }

    @inlinable func find(_ time: Nanoseconds, _ slot: Int, _ hash: UInt32) -> Int {
        let (heap, places) = (heap, places)
        return index.find(hash) {
            let entry = heap[Int(places[$0])]
            return entry.time == time && Int(entry.slot) == slot
        }
    }

    @inlinable mutating func remove<Key>(at place: Int, keys: borrowing KeySlots<Key>) {
        let removed = heap[place]
        index.remove(Int(removed.number), hash: Self.hash(removed.time, Int(removed.slot)))
        free.append(removed.number)
        count -= 1
        guard place < count else { return }
        let last = heap[count]
        if Self.precedes(last, removed, keys) {
            rise(last, from: place, keys: keys)
        } else {
            sink(last, from: place, keys: keys)
        }
    }

    @inlinable @inline(__always)
    static func precedes<Key>(_ a: Entry, _ b: Entry, _ keys: borrowing KeySlots<Key>) -> Bool {
        if a.time != b.time { return a.time < b.time }
        return keys.keys[Int(a.slot)] < keys.keys[Int(b.slot)]
    }

    /// Puts an entry into the hole at `start` or above it.
    @inlinable mutating func rise<Key>(_ entry: Entry, from start: Int, keys: borrowing KeySlots<Key>) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 4
            guard Self.precedes(entry, heap[parent], keys) else { break }
            put(heap[parent], at: place)
            place = parent
        }
        put(entry, at: place)
    }

    /// Puts an entry into the hole at `start` or below it.
    @inlinable mutating func sink<Key>(_ entry: Entry, from start: Int, keys: borrowing KeySlots<Key>) {
        var place = start
        while true {
            let first = place * 4 + 1
            guard first < count else { break }
            var least = first
            var child = first + 1
            while child < min(first + 4, count) {
                if Self.precedes(heap[child], heap[least], keys) { least = child }
                child += 1
            }
            guard Self.precedes(heap[least], entry, keys) else { break }
            put(heap[least], at: place)
            place = least
        }
        put(entry, at: place)
    }

    @inlinable @inline(__always)
    func put(_ entry: Entry, at place: Int) {
        heap[place] = entry
        places[Int(entry.number)] = UInt32(truncatingIfNeeded: place)
    }

    @inlinable mutating func grow() {
        let largerHeap = UnsafeMutablePointer<Entry>.allocate(capacity: capacity * 2)
        largerHeap.moveInitialize(from: heap, count: count)
        heap.deallocate()
        heap = largerHeap
        let morePlaces = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity * 2)
        morePlaces.moveInitialize(from: places, count: bound)
        places.deallocate()
        places = morePlaces
        capacity *= 2
    }
}
