/// A state with one value for each key.
@usableFromInline
struct CellColumn<Value: StateValue>: ~Copyable, StateColumnBody {
    /// By slot.
    @usableFromInline var cells: UnsafeMutablePointer<Value?>
    @usableFromInline var capacity = 0
    @usableFromInline var lifetimes: Lifetimes
    @usableFromInline let migrations: [StateMigration<Value>]

    @inlinable init(_ timeToLive: TimeToLive?, _ migrations: [StateMigration<Value>]) {
        cells = .allocate(capacity: 0)
        lifetimes = Lifetimes(timeToLive)
        self.migrations = migrations
    }

    @inlinable deinit {
        cells.deinitialize(count: capacity)
        cells.deallocate()
    }

    @inlinable mutating func reserve(slots needed: Int) {
        guard needed > capacity else { return }
        let larger = UnsafeMutablePointer<Value?>.allocate(capacity: needed)
        larger.moveInitialize(from: cells, count: capacity)
        (larger + capacity).initialize(repeating: nil, count: needed - capacity)
        cells.deallocate()
        cells = larger
        capacity = needed
    }

    /// The value that can be seen.
    @inlinable @inline(__always)
    mutating func read(_ slot: Int, _ clocks: StateClocks) -> Value? {
        guard lifetimes.areLimited else { return cells[slot] }
        guard cells[slot] != nil, lifetimes.isLive(slot, clocks) else { return nil }
        lifetimes.read(slot, clocks)
        return cells[slot]
    }

    /// Before a change in place: takes an expired value away, and says whether one was there at all.
    @inlinable @inline(__always)
    mutating func willWrite(_ slot: Int, _ clocks: StateClocks) -> Bool {
        guard cells[slot] != nil else { return false }
        if lifetimes.areLimited, !lifetimes.isLive(slot, clocks) { cells[slot] = nil }
        return true
    }

    /// After a change in place; answers how many values more there are.
    @inlinable @inline(__always)
    mutating func didWrite(_ slot: Int, _ clocks: StateClocks, wasThere: Bool) -> Int32 {
        if cells[slot] == nil {
            if wasThere { lifetimes.end(slot) }
            return wasThere ? -1 : 0
        }
        if lifetimes.areLimited { lifetimes.wrote(slot, clocks, wasThere: wasThere) }
        return wasThere ? 0 : 1
    }

    @inlinable mutating func expire(_ clocks: StateClocks, freed: (Int) -> Void) {
        while let slot = lifetimes.popExpired(clocks) {
            cells[slot] = nil
            freed(slot)
        }
    }

    @inlinable func holds(_ slot: Int, _ clocks: StateClocks) -> Bool {
        cells[slot] != nil && lifetimes.isLive(slot, clocks)
    }

    @inlinable mutating func clear(_ slot: Int) -> Bool {
        guard cells[slot] != nil else { return false }
        cells[slot] = nil
        lifetimes.end(slot)
        return true
    }

    @inlinable func encode(_ slot: Int, _ clocks: StateClocks, into state: inout StateEncoder) {
        if lifetimes.areLimited { state.encode(lifetimes.uses[slot]) }
        cells[slot]?.encode(into: &state)
    }

    @inlinable
    mutating func decode(_ slot: Int, from state: inout StateDecoder, saved: StateForm) throws(StateError) {
        let lastUse = try saved.decodeUse(from: &state, for: lifetimes)
        cells[slot] = try migrations.decode(from: &state, saved: saved)
        if lifetimes.areLimited { lifetimes.set(slot, lastUse: lastUse) }
    }
}

extension Lifetimes {
    /// A value was written: it lives anew, whether it was there (perhaps expired) or not.
    @inlinable mutating func wrote(_ number: Int, _ clocks: StateClocks, wasThere: Bool) {
        if wasThere, isLive(number, clocks) { use(number, clocks) } else { begin(number, clocks) }
    }
}

extension StateForm {
    /// Reads when a value was last used, where the checkpoint tells it; what it does not tell begins with the clock.
    @inlinable func decodeUse(from state: inout StateDecoder, for lifetimes: borrowing Lifetimes) throws(StateError)
        -> Nanoseconds
    {
        guard domain != 0 else { return .min }
        let use = try state.decode(Nanoseconds.self)
        return domain == lifetimes.timeToLive?.domain.rawValue ? use : .min
    }
}

extension Array {
    /// Reads a value in the form it was saved in.
    @inlinable func decode<Value: StateValue>(from state: inout StateDecoder, saved: StateForm) throws(StateError)
        -> Value
    where Element == StateMigration<Value> {
        // That there is a migration was checked when the declarations were compared.
        guard let migration = first(where: { $0.version == saved.version }) else { return try Value(from: &state) }
        return try migration.decode(&state)
    }
}
