/// What time it is for states with a time to live.
@usableFromInline
struct StateClocks: BitwiseCopyable {
    /// What has expired: whatever's lifetime ended at or before these. `Int64.min`: the clock was not set yet.
    @usableFromInline var event = Nanoseconds.min
    @usableFromInline var processing = Nanoseconds.min
    /// When what is used now is used, in event time.
    @usableFromInline var eventUse = Nanoseconds.min

    @inlinable init() {}
}

/// The lifetimes of a column's values, by number: those of slots, or of entries.
@usableFromInline
struct Lifetimes: ~Copyable {
    /// `nil`: values live for ever, and nothing below is used.
    @usableFromInline let timeToLive: TimeToLive?
    @usableFromInline let duration: Nanoseconds
    @usableFromInline let refreshesOnRead: Bool
    /// When each value was last used; `Int64.min` where its clock was not set then.
    @usableFromInline var uses: [Nanoseconds] = []
    @usableFromInline var queue = ExpiryQueue()

    @usableFromInline init(_ timeToLive: TimeToLive?) {
        self.timeToLive = timeToLive
        duration = timeToLive?.duration ?? .max
        refreshesOnRead = timeToLive?.refresh == .onReadAndWrite
    }

    @inlinable var areLimited: Bool { timeToLive != nil }

    /// The present, of the clock that counts.
    @inlinable func now(_ clocks: StateClocks) -> Nanoseconds {
        timeToLive?.domain == .processingTime ? clocks.processing : clocks.event
    }

    @inlinable func useTime(_ clocks: StateClocks) -> Nanoseconds {
        timeToLive?.domain == .processingTime ? clocks.processing : clocks.eventUse
    }

    /// When something used last at `use` expires; `Int64.max` for what was used before the clock was set.
    @inlinable func end(_ use: Nanoseconds) -> Nanoseconds { use == .min ? .max : use.saturatingAdd(duration) }

    @inlinable func isLive(_ number: Int, _ clocks: StateClocks) -> Bool {
        guard areLimited else { return true }
        let now = now(clocks)
        return uses[number] == .min || now == .min || end(uses[number]) > now
    }

    /// A value that was not there is there now.
    @inlinable mutating func begin(_ number: Int, _ clocks: StateClocks) {
        guard areLimited else { return }
        set(number, lastUse: useTime(clocks))
    }

    @inlinable mutating func set(_ number: Int, lastUse: Nanoseconds) {
        while uses.count <= number { uses.append(.min) }
        uses[number] = lastUse
        queue.note(number, expiresAt: lastUse == .min ? .min : end(lastUse))
    }

    @inlinable mutating func use(_ number: Int, _ clocks: StateClocks) {
        guard areLimited else { return }
        uses[number] = max(uses[number], useTime(clocks))
    }

    @inlinable mutating func read(_ number: Int, _ clocks: StateClocks) {
        if refreshesOnRead { use(number, clocks) }
    }

    @inlinable mutating func end(_ number: Int) {
        if areLimited { queue.remove(number) }
    }

    /// A number that is to be looked at now, taken off; `nil` where there is none.
    @inlinable mutating func popDue(_ clocks: StateClocks) -> Int? {
        let now = now(clocks)
        return now == .min ? nil : queue.pop(through: now)
    }

    /// The number of a value that has expired, taken off; `nil` where there is none.
    @inlinable mutating func popExpired(_ clocks: StateClocks) -> Int? {
        let now = now(clocks)
        while let number = popDue(clocks) {
            // Used before there was a clock: its lifetime begins now.
            if uses[number] == .min { uses[number] = now }
            guard end(uses[number]) > now else { return number }
            queue.note(number, expiresAt: end(uses[number]))
        }
        return nil
    }
}
