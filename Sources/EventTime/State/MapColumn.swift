/// A state with a map for each key: the entries of all of them in one flat table, linked by slot, so that a look-up
/// costs O(1), an entry no allocation, and a map no more than its entries. Entries may expire one by one.
@usableFromInline
struct MapColumn<Key: StreamKey, Value: StateValue>: ~Copyable, StateColumnBody {
    @usableFromInline struct Link: BitwiseCopyable {
        /// `none` where the entry is not in use.
        @usableFromInline var slot: UInt32
        /// Neighbours among the entries of the slot; `none` at the ends.
        @usableFromInline var next: UInt32
        @usableFromInline var previous: UInt32

        @inlinable init(slot: UInt32, next: UInt32, previous: UInt32) {
            self.slot = slot
            self.next = next
            self.previous = previous
        }
    }

    /// The entries of a slot.
    @usableFromInline struct Head: BitwiseCopyable {
        @usableFromInline var first: UInt32
        @usableFromInline var count: UInt32

        @inlinable init(first: UInt32, count: UInt32) {
            self.first = first
            self.count = count
        }
    }

    @usableFromInline static var none: UInt32 { .max }

    @usableFromInline var index = HashIndex()
    /// By entry; initialised where the entry is in use, which its link tells.
    @usableFromInline var keys: UnsafeMutablePointer<Key>
    @usableFromInline var values: UnsafeMutablePointer<Value?>
    @usableFromInline var links: UnsafeMutablePointer<Link>
    @usableFromInline var capacity = 16
    @usableFromInline var bound = 0
    @usableFromInline var free: [UInt32] = []
    /// By slot.
    @usableFromInline var heads: [Head] = []
    /// Of entries.
    @usableFromInline var lifetimes: Lifetimes
    @usableFromInline let migrations: [StateMigration<Value>]

    @inlinable init(_ timeToLive: TimeToLive?, _ migrations: [StateMigration<Value>]) {
        keys = .allocate(capacity: 16)
        values = .allocate(capacity: 16)
        links = .allocate(capacity: 16)
        lifetimes = Lifetimes(timeToLive)
        self.migrations = migrations
    }

    @inlinable deinit {
        for entry in 0..<bound {
            if links[entry].slot != Self.none { (keys + entry).deinitialize(count: 1) }
            (values + entry).deinitialize(count: 1)
        }
        keys.deallocate()
        values.deallocate()
        links.deallocate()
    }

    @inlinable mutating func reserve(slots capacity: Int) {
        guard capacity > heads.count else { return }
        heads += Array(repeating: Head(first: Self.none, count: 0), count: capacity - heads.count)
    }

    @inlinable @inline(__always)
    static func hash(_ key: Key, _ slot: Int) -> UInt32 {
        UInt32(
            truncatingIfNeeded: foldedProduct(
                key.stableHash, UInt64(truncatingIfNeeded: slot) ^ 0xA076_1D64_78BD_642F))
    }

    /// The entry of `key`, expired or not; -1 where there is none.
    @inlinable func find(_ key: Key, _ slot: Int) -> Int {
        let (keys, links) = (keys, links)
        return index.find(Self.hash(key, slot)) { Int(links[$0].slot) == slot && keys[$0] == key }
    }

    /// The value that can be seen.
    @inlinable mutating func read(_ key: Key, _ slot: Int, _ clocks: StateClocks) -> Value? {
        let entry = find(key, slot)
        guard entry >= 0, lifetimes.isLive(entry, clocks) else { return nil }
        lifetimes.read(entry, clocks)
        return values[entry]
    }

    /// Puts a value in place of the one of `key`, `nil` for none; answers how many slots more hold something.
    @inlinable
    mutating func write(_ value: consuming Value?, _ key: Key, _ slot: Int, _ clocks: StateClocks) -> Int32 {
        let entry = find(key, slot)
        if value == nil {
            guard entry >= 0 else { return 0 }
            return remove(entry) ? -1 : 0
        }
        if entry >= 0 {
            values[entry] = consume value
            if lifetimes.areLimited { lifetimes.wrote(entry, clocks, wasThere: true) }
            return 0
        }
        let isFirst = heads[slot].count == 0
        let new = insert(key, slot, value: value)
        lifetimes.begin(new, clocks)
        return isFirst ? 1 : 0
    }

    /// Takes the visible value out for a change in place; ``write(_:_:_:_:)`` puts it back.
    @inlinable mutating func take(_ key: Key, _ slot: Int, _ clocks: StateClocks) -> Value? {
        let entry = find(key, slot)
        guard entry >= 0, lifetimes.isLive(entry, clocks) else { return nil }
        return values[entry].take()
    }

    @inlinable mutating func insert(_ key: Key, _ slot: Int, value: Value?) -> Int {
        let entry: Int
        if let reused = free.popLast() {
            entry = Int(reused)
        } else {
            if bound == capacity { grow() }
            entry = bound
            bound += 1
            (values + entry).initialize(to: nil)
        }
        (keys + entry).initialize(to: key)
        values[entry] = value
        let first = heads[slot].first
        links[entry] = Link(slot: UInt32(truncatingIfNeeded: slot), next: first, previous: Self.none)
        if first != Self.none { links[Int(first)].previous = UInt32(truncatingIfNeeded: entry) }
        heads[slot] = Head(first: UInt32(truncatingIfNeeded: entry), count: heads[slot].count + 1)
        index.insert(entry, hash: Self.hash(key, slot))
        return entry
    }

    /// Removes an entry; true where its slot holds none any more.
    @inlinable mutating func remove(_ entry: Int) -> Bool {
        let link = links[entry]
        let slot = Int(link.slot)
        index.remove(entry, hash: Self.hash(keys[entry], slot))
        (keys + entry).deinitialize(count: 1)
        values[entry] = nil
        if link.next != Self.none { links[Int(link.next)].previous = link.previous }
        if link.previous != Self.none {
            links[Int(link.previous)].next = link.next
        } else {
            heads[slot].first = link.next
        }
        links[entry].slot = Self.none
        heads[slot].count -= 1
        free.append(UInt32(truncatingIfNeeded: entry))
        lifetimes.end(entry)
        return heads[slot].count == 0
    }

    /// Removes all entries of a slot; answers how many slots more hold something.
    @inlinable mutating func removeAll(_ slot: Int) -> Int32 {
        guard heads[slot].count > 0 else { return 0 }
        while heads[slot].first != Self.none { _ = remove(Int(heads[slot].first)) }
        return -1
    }

    /// The visible entries of a slot, in the order of their keys. O(n log n).
    @inlinable func entries(_ slot: Int, _ clocks: StateClocks) -> [Int] {
        var found: [Int] = []
        var entry = heads[slot].first
        while entry != Self.none {
            if lifetimes.isLive(Int(entry), clocks) { found.append(Int(entry)) }
            entry = links[Int(entry)].next
        }
        let keys = keys
        found.sort { keys[$0] < keys[$1] }
        return found
    }

    @inlinable mutating func grow() {
        let moreKeys = UnsafeMutablePointer<Key>.allocate(capacity: capacity * 2)
        for entry in 0..<bound where links[entry].slot != Self.none {
            (moreKeys + entry).moveInitialize(from: keys + entry, count: 1)
        }
        keys.deallocate()
        keys = moreKeys
        let moreValues = UnsafeMutablePointer<Value?>.allocate(capacity: capacity * 2)
        moreValues.moveInitialize(from: values, count: bound)
        values.deallocate()
        values = moreValues
        let moreLinks = UnsafeMutablePointer<Link>.allocate(capacity: capacity * 2)
        moreLinks.moveInitialize(from: links, count: bound)
        links.deallocate()
        links = moreLinks
        capacity *= 2
    }

    @inlinable mutating func expire(_ clocks: StateClocks, freed: (Int) -> Void) {
        while let entry = lifetimes.popExpired(clocks) {
            let slot = Int(links[entry].slot)
            if remove(entry) { freed(slot) }
        }
    }

    @inlinable func holds(_ slot: Int, _ clocks: StateClocks) -> Bool {
        lifetimes.areLimited ? !entries(slot, clocks).isEmpty : heads[slot].count > 0
    }

    @inlinable mutating func clear(_ slot: Int) -> Bool {
        removeAll(slot) != 0
    }

    @inlinable func encode(_ slot: Int, _ clocks: StateClocks, into state: inout StateEncoder) {
        let live = entries(slot, clocks)
        state.encode(UInt64(live.count))
        for entry in live {
            keys[entry].encode(into: &state)
            if lifetimes.areLimited { state.encode(lifetimes.uses[entry]) }
            values[entry]?.encode(into: &state)
        }
    }

    @inlinable
    mutating func decode(_ slot: Int, from state: inout StateDecoder, saved: StateForm) throws(StateError) {
        let count = try state.decodeCount(elementSize: saved.domain == 0 ? 1 : 8)
        guard count > 0 else { throw state.invalid("a map without entries") }
        var before: Key?
        for _ in 0..<count {
            let key = try Key(from: &state)
            if let before, before >= key { throw state.invalid("keys of a map out of order") }
            before = key
            let use = try saved.decodeUse(from: &state, for: lifetimes)
            let value: Value = try migrations.decode(from: &state, saved: saved)
            let entry = insert(key, slot, value: value)
            if lifetimes.areLimited { lifetimes.set(entry, lastUse: use) }
        }
    }
}
