/// What a process function sees and does: the key and the time of what it is given, its states and timers, and where
/// its results go. States are reached by subscripts: ``ValueState`` and its fellows say how.
public struct ProcessContext<Key: StreamKey, Output>: ~Copyable {
    @usableFromInline var currentTime = Nanoseconds.min
    @usableFromInline var currentWatermark = Nanoseconds.min
    @usableFromInline var now = Nanoseconds.min
    @usableFromInline var slots = KeySlots<Key>()
    /// The current key's slot.
    @usableFromInline var slot = 0
    @usableFromInline var clocks = StateClocks()
    @usableFromInline let columns: StateColumns
    /// Slots for which the columns have room.
    @usableFromInline var reserved: Int
    @usableFromInline var eventTimers = KeyTimers()
    @usableFromInline var processingTimers = KeyTimers()
    /// What was emitted and is still to be handed on.
    @usableFromInline var output = EmittedResults<Output>()

    @usableFromInline init(_ states: [any StateDeclaration]) {
        columns = StateColumns(states)
        reserved = slots.capacity
        columns.reserve(slots: reserved)
    }

    /// The event time of the element, or of the event-time timer, that the function is given; the earliest time that
    /// is not late, behind ``watermark``, where it is given a processing-time timer. What is emitted bears it.
    @inlinable public var time: Nanoseconds { currentTime }

    /// No element at or before this time is still to come but late ones; `Int64.min`: nothing is known yet;
    /// `Int64.max`: the input has ended.
    @inlinable public var watermark: Nanoseconds { currentWatermark }

    /// The driver's clock, in ns since the epoch; `Int64.min` where it was not set yet.
    @inlinable public var processingTime: Nanoseconds { now }

    /// The key of what the function is given.
    @inlinable public var key: Key { slots.keys[slot] }

    /// Whether the input has ended: timers set from now on still fire, all at once, so that a timer that always sets
    /// the next one has to stop here.
    @inlinable public var isAtEndOfInput: Bool { watermark == .max }

    /// Emits a result at ``time``.
    @inlinable public mutating func emit(_ value: Output) { output.append(Timed(value, at: time)) }

    /// Emits a result at an event time of its own.
    @inlinable public mutating func emit(_ value: Output, at time: Nanoseconds) {
        output.append(Timed(value, at: time))
    }

    /// Emits a result beside which there is a side output; at ``time`` where it has no event time of its own.
    @inlinable
    public mutating func emit<Main, Side>(_ value: Main, at time: Nanoseconds? = nil)
    where Output == WithSide<Main, Side> {
        output.append(Timed(.main(value), at: time ?? self.time))
    }

    /// Emits something to the side output; at ``time`` where it has no event time of its own.
    @inlinable
    public mutating func emit<Main, Side>(aside value: Side, at time: Nanoseconds? = nil)
    where Output == WithSide<Main, Side> {
        output.append(Timed(.side(value), at: time ?? self.time))
    }

    /// Sets a timer of the current key, to fire when the watermark comes to `time`; where it has come there already,
    /// at the watermark's next advance. There is one for each key and time. O(log n).
    @inlinable public mutating func setTimer(at time: Nanoseconds) {
        if eventTimers.set(time, slot: slot, keys: slots) { slots.uses[slot] += 1 }
    }

    /// Deletes a timer of the current key; does nothing where it is not set. O(log n).
    @inlinable public mutating func deleteTimer(at time: Nanoseconds) {
        if eventTimers.delete(time, slot: slot, keys: slots) { slots.uses[slot] -= 1 }
    }

    /// Sets a timer of the current key, to fire when processing time comes to `time`. O(log n).
    @inlinable public mutating func setProcessingTimer(at time: Nanoseconds) {
        if processingTimers.set(time, slot: slot, keys: slots) { slots.uses[slot] += 1 }
    }

    /// Deletes a processing-time timer of the current key; does nothing where it is not set. O(log n).
    @inlinable public mutating func deleteProcessingTimer(at time: Nanoseconds) {
        if processingTimers.delete(time, slot: slot, keys: slots) { slots.uses[slot] -= 1 }
    }

    /// Turns to an element's key.
    @inlinable mutating func enter(_ key: Key, at elementTime: Nanoseconds) {
        let hash = key.stableHash
        slot = slots.find(key, hash: hash)
        if slot < 0 { slot = insert(key, hash: hash) }
        currentTime = elementTime
        clocks.eventUse = max(elementTime, clocks.event)
    }

    @inlinable mutating func insert(_ key: Key, hash: UInt64) -> Int {
        let new = slots.insert(key, hash: hash)
        if slots.capacity > reserved {
            reserved = slots.capacity
            columns.reserve(slots: reserved)
        }
        return new
    }

    /// Turns to the next event-time timer that is due; `nil` where none is.
    @inlinable mutating func nextTimer(through watermark: Nanoseconds) -> FiredTimer? {
        guard eventTimers.count > 0, eventTimers.earliest <= watermark else { return nil }
        let timer = eventTimers.popEarliest(keys: slots)
        slot = timer.slot
        slots.uses[slot] -= 1
        currentTime = timer.time
        clocks.event = max(clocks.event, timer.time)
        clocks.eventUse = clocks.event
        return FiredTimer(time: timer.time, domain: .eventTime)
    }

    /// Turns to the next processing-time timer that is due; `nil` where none is.
    @inlinable mutating func nextProcessingTimer(through now: Nanoseconds) -> FiredTimer? {
        guard processingTimers.count > 0, processingTimers.earliest <= now else { return nil }
        let timer = processingTimers.popEarliest(keys: slots)
        slot = timer.slot
        slots.uses[slot] -= 1
        currentTime = watermark.saturatingAdd(1)
        clocks.eventUse = clocks.event
        return FiredTimer(time: timer.time, domain: .processingTime)
    }

    /// The function is done with what it was given: a slot in which nothing lies is free.
    @inlinable mutating func leave() {
        if slots.uses[slot] == 0 { slots.remove(slot) }
    }

    /// Frees what has expired.
    @usableFromInline mutating func expire() {
        let uses = slots.uses
        var empty: [Int] = []
        columns.expire(clocks) { slot in
            uses[slot] -= 1
            if uses[slot] == 0 { empty.append(slot) }
        }
        for slot in empty { slots.remove(slot) }
    }
}
