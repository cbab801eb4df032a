/// A state with a list for each key, whose elements may expire one by one.
@usableFromInline
struct ListColumn<Element: StateValue>: ~Copyable, StateColumnBody {
    @usableFromInline struct List {
        @usableFromInline var elements: [Element] = []
        /// When each element was last used; empty where they live for ever.
        @usableFromInline var uses: [Nanoseconds] = []

        @inlinable init() {}
    }

    /// By slot.
    @usableFromInline var lists: UnsafeMutablePointer<List>
    @usableFromInline var capacity = 0
    /// Of slots: when at least half of a list's elements have expired.
    @usableFromInline var lifetimes: Lifetimes
    @usableFromInline let migrations: [StateMigration<Element>]

    @inlinable init(_ timeToLive: TimeToLive?, _ migrations: [StateMigration<Element>]) {
        lists = .allocate(capacity: 0)
        lifetimes = Lifetimes(timeToLive)
        self.migrations = migrations
    }

    @inlinable deinit {
        lists.deinitialize(count: capacity)
        lists.deallocate()
    }

    @inlinable mutating func reserve(slots needed: Int) {
        guard needed > capacity else { return }
        let larger = UnsafeMutablePointer<List>.allocate(capacity: needed)
        larger.moveInitialize(from: lists, count: capacity)
        (larger + capacity).initialize(repeating: List(), count: needed - capacity)
        lists.deallocate()
        lists = larger
        capacity = needed
    }

    /// The elements that can be seen, oldest first.
    @inlinable mutating func read(_ slot: Int, _ clocks: StateClocks) -> [Element] {
        guard lifetimes.areLimited else { return lists[slot].elements }
        let elements = visible(slot, clocks)
        if lifetimes.refreshesOnRead {
            let use = lifetimes.useTime(clocks)
            for place in lists[slot].uses.indices where isLive(lists[slot].uses[place], clocks) {
                lists[slot].uses[place] = max(lists[slot].uses[place], use)
            }
        }
        return elements
    }

    @inlinable func isLive(_ use: Nanoseconds, _ clocks: StateClocks) -> Bool {
        let now = lifetimes.now(clocks)
        return use == .min || now == .min || lifetimes.end(use) > now
    }

    @inlinable func visible(_ slot: Int, _ clocks: StateClocks) -> [Element] {
        let list = lists[slot]
        guard lifetimes.areLimited, !list.uses.allSatisfy({ isLive($0, clocks) }) else { return list.elements }
        return list.elements.indices.filter { isLive(list.uses[$0], clocks) }.map { list.elements[$0] }
    }

    /// Adds an element; answers how many slots more hold something.
    @inlinable mutating func append(_ element: Element, _ slot: Int, _ clocks: StateClocks) -> Int32 {
        let isFirst = lists[slot].elements.isEmpty
        lists[slot].elements.append(element)
        if lifetimes.areLimited {
            let use = lifetimes.useTime(clocks)
            lists[slot].uses.append(use)
            // Before there is a clock, the list is looked at as soon as there is one.
            if isFirst || use == .min { lifetimes.set(slot, lastUse: use) }
        }
        return isFirst ? 1 : 0
    }

    /// Puts other elements in place of all; answers how many slots more hold something.
    @inlinable mutating func replace(with elements: [Element], _ slot: Int, _ clocks: StateClocks) -> Int32 {
        let wasThere = !lists[slot].elements.isEmpty
        if wasThere { lifetimes.end(slot) }
        lists[slot].elements = elements
        if lifetimes.areLimited {
            lists[slot].uses = Array(repeating: lifetimes.useTime(clocks), count: elements.count)
            if !elements.isEmpty { lifetimes.begin(slot, clocks) }
        }
        return (elements.isEmpty ? 0 : 1) - (wasThere ? 1 : 0)
    }

    @inlinable mutating func expire(_ clocks: StateClocks, freed: (Int) -> Void) {
        let now = lifetimes.now(clocks)
        while let slot = lifetimes.popDue(clocks) {
            var kept = List()
            swap(&kept, &lists[slot])
            for place in kept.uses.indices where kept.uses[place] == .min { kept.uses[place] = now }
            // In one pass, and in place.
            var count = 0
            for place in kept.elements.indices where lifetimes.end(kept.uses[place]) > now {
                if count < place {
                    kept.elements[count] = kept.elements[place]
                    kept.uses[count] = kept.uses[place]
                }
                count += 1
            }
            guard count > 0 else {
                freed(slot)
                continue
            }
            kept.elements.removeLast(kept.elements.count - count)
            kept.uses.removeLast(kept.uses.count - count)
            schedule(slot, kept.uses)
            lists[slot] = kept
        }
    }

    /// Has the list looked at again when at least half of it has expired, so that expired elements are never more
    /// than live ones, and each look frees as many as it leaves.
    @inlinable mutating func schedule(_ slot: Int, _ uses: [Nanoseconds]) {
        guard !uses.contains(.min) else { return lifetimes.set(slot, lastUse: .min) }
        let isSorted = zip(uses, uses.dropFirst()).allSatisfy { $0 <= $1 }
        lifetimes.set(slot, lastUse: (isSorted ? uses : uses.sorted())[uses.count / 2])
    }

    @inlinable func holds(_ slot: Int, _ clocks: StateClocks) -> Bool {
        guard lifetimes.areLimited else { return !lists[slot].elements.isEmpty }
        return lists[slot].uses.contains { isLive($0, clocks) }
    }

    @inlinable mutating func clear(_ slot: Int) -> Bool {
        guard !lists[slot].elements.isEmpty else { return false }
        lists[slot] = List()
        lifetimes.end(slot)
        return true
    }

    @inlinable func encode(_ slot: Int, _ clocks: StateClocks, into state: inout StateEncoder) {
        let list = lists[slot]
        let live = list.elements.indices.filter { !lifetimes.areLimited || isLive(list.uses[$0], clocks) }
        state.encode(UInt64(live.count))
        for place in live {
            if lifetimes.areLimited { state.encode(list.uses[place]) }
            list.elements[place].encode(into: &state)
        }
    }

    @inlinable
    mutating func decode(_ slot: Int, from state: inout StateDecoder, saved: StateForm) throws(StateError) {
        let count = try state.decodeCount(elementSize: saved.domain == 0 ? 1 : 8)
        guard count > 0 else { throw state.invalid("a list without elements") }
        var list = List()
        for _ in 0..<count {
            let use = try saved.decodeUse(from: &state, for: lifetimes)
            if lifetimes.areLimited { list.uses.append(use) }
            list.elements.append(try migrations.decode(from: &state, saved: saved))
        }
        if lifetimes.areLimited { schedule(slot, list.uses) }
        lists[slot] = list
    }
}
