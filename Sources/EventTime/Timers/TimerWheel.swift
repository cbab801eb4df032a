/// Event-time timers for many small integers, one timer each: a hashed timing wheel (Varghese and Lauck, SOSP 1987)
/// whose slots are doubly linked lists, so that setting, cancelling and firing cost O(1).
///
/// A timer may be moved to a later time lazily: leave it, and set it anew when it is taken off.
/// Times beyond the wheel's horizon wait in the last slot and are put back until they are due.
public struct TimerWheel: ~Copyable {
    /// A timer's neighbours in its slot's list, and the slot.
    @usableFromInline struct Links: BitwiseCopyable {
        @usableFromInline var next = TimerWheel.none
        @usableFromInline var previous = TimerWheel.none
        @usableFromInline var slot = TimerWheel.none

        @inlinable init() {}
    }

    /// Stands at the ends of lists, and for the slot of a timer that is not set.
    @usableFromInline static var none: UInt32 { .max }
    @usableFromInline static var slotCount: Int { 256 }
    @usableFromInline static var horizon: Int64 { Int64(slotCount - 1) }

    @usableFromInline let resolution: Nanoseconds
    /// First timer of each slot; owned, as the links are, which lie in the order of the timers.
    @usableFromInline let heads = UnsafeMutablePointer<UInt32>.allocate(capacity: TimerWheel.slotCount)
    @usableFromInline var links: UnsafeMutablePointer<Links>
    @usableFromInline var capacity = 64
    /// The earliest slot's number since the epoch: no timer lies in an earlier one, and none 256 slots later.
    @usableFromInline var current: Int64?
    /// The earliest slot number for which a timer was set that then lay before `current`: it waits in that slot.
    @usableFromInline var earliest = Int64.max
    /// The slot that was worked out last, by its number and the time at which it begins: mostly the next time lies in it
    /// too, and nothing has to be divided.
    @usableFromInline var known: (number: Int64, start: Nanoseconds) = (0, 0)
    @usableFromInline var setCount = 0

    /// A wheel that tells times `resolution` nanoseconds apart; its horizon is 256 times as far.
    public init(resolution: Nanoseconds) {
        precondition(resolution > 0)
        self.resolution = resolution
        heads.initialize(repeating: Self.none, count: Self.slotCount)
        links = Self.allocate(capacity)
    }

    /// Timers set.
    @inlinable public var count: Int { setCount }

    deinit {
        heads.deallocate()
        Self.give(links, capacity)
    }

    /// Sets the timer `identifier`, which is not set, to fire at `time`.
    @inlinable public mutating func set(_ identifier: Int, at time: Nanoseconds) {
        if identifier >= capacity { grow(for: identifier) }
        let number = slotNumber(of: time)
        var first = current ?? number.saturatingAdd(-Self.horizon)
        if count == 0 { first = max(first, number.saturatingAdd(-Self.horizon)) }
        current = first
        if number < first { earliest = min(earliest, number) }
        let place = Self.place(min(max(number, first), first.saturatingAdd(Self.horizon)))
        let head = heads[place]
        links[identifier].next = head
        links[identifier].previous = Self.none
        links[identifier].slot = UInt32(truncatingIfNeeded: place)
        if head != Self.none { links[Int(head)].previous = UInt32(truncatingIfNeeded: identifier) }
        heads[place] = UInt32(truncatingIfNeeded: identifier)
        setCount &+= 1
    }

    /// Removes the timer `identifier` where it is set.
    @inlinable public mutating func cancel(_ identifier: Int) {
        guard identifier < capacity, links[identifier].slot != Self.none else { return }
        let timer = links[identifier]
        if timer.previous == Self.none {
            heads[Int(timer.slot)] = timer.next
        } else {
            links[Int(timer.previous)].next = timer.next
        }
        if timer.next != Self.none { links[Int(timer.next)].previous = timer.previous }
        links[identifier].slot = Self.none
        setCount &-= 1
    }

    /// Takes off the timers that may be due before `time`, slot by slot, and appends them to `due`. Those that were moved,
    /// or are set for a time in the slot of `time`, are to be set again, for no time before it. O(timers taken), at most
    /// 256 slots.
    public mutating func takeDue(before time: Nanoseconds, into due: inout [UInt32]) {
        guard let first = current else { return }
        let last = slotNumber(of: time)
        guard last >= min(first, earliest) else { return }
        // Timers put back may be such again.
        earliest = .max
        let (distance, overflow) = last.subtractingReportingOverflow(first)
        let steps = overflow ? Self.horizon : min(max(distance, 0), Self.horizon)
        for step in 0...steps {
            let place = Self.place(first &+ step)
            var timer = heads[place]
            heads[place] = Self.none
            while timer != Self.none {
                due.append(timer)
                setCount -= 1
                links[Int(timer)].slot = Self.none
                timer = links[Int(timer)].next
            }
        }
        current = max(first, last)
    }

    /// Takes a timer out of the earliest slot that has one: `visit` answers a later time for one that has moved, and
    /// `nil` or a time in that slot for the one to be returned. `nil` where no timer is set. O(1) amortised over the
    /// moves.
    @inlinable public mutating func popEarliest(_ visit: (Int) -> Nanoseconds?) -> Int? {
        var step: Int64 = 0
        while count > 0, let first = current {
            let timer = heads[Self.place(first &+ step)]
            guard timer != Self.none else {
                step += 1
                continue
            }
            // What is set for an earlier time from now on waits in this slot, and what waits in the last one for
            // lack of slots gets its own.
            let slot = first.saturatingAdd(step)
            current = slot
            step = 0
            cancel(Int(timer))
            guard let later = visit(Int(timer)), slotNumber(of: later) > slot else { return Int(timer) }
            set(Int(timer), at: later)
        }
        return nil
    }

    /// Removes all timers.
    public mutating func removeAll() {
        heads.update(repeating: Self.none, count: Self.slotCount)
        for timer in 0..<capacity { links[timer].slot = Self.none }
        setCount = 0
    }

    // MARK: Slots

    /// The number since the epoch of the slot in which a time lies.
    @inlinable @inline(__always)
    mutating func slotNumber(of time: Nanoseconds) -> Int64 {
        if UInt64(bitPattern: time &- known.start) < resolution.magnitude { return known.number }
        return otherSlotNumber(of: time)
    }

    @usableFromInline mutating func otherSlotNumber(of time: Nanoseconds) -> Int64 {
        let number = time.floored(dividingBy: resolution)
        let (start, overflow) = number.multipliedReportingOverflow(by: resolution)
        // Where the slot begins before all time, or ends after it, differences tell nothing.
        if !overflow, start <= Int64.max - resolution { known = (number, start) }
        return number
    }

    /// Where the list of a slot begins. 2^64 is a multiple of the slots, so that numbers may wrap.
    @inlinable @inline(__always)
    static func place(_ number: Int64) -> Int { Int(truncatingIfNeeded: number) & (slotCount - 1) }

    // MARK: Memory

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Links> {
        let links = TableMemory.take(byteCount: capacity * MemoryLayout<Links>.stride).bindMemory(
            to: Links.self, capacity: capacity)
        links.initialize(repeating: Links(), count: capacity)
        return links
    }

    private static func give(_ links: UnsafeMutablePointer<Links>, _ capacity: Int) {
        TableMemory.give(links, byteCount: capacity * MemoryLayout<Links>.stride)
    }

    @usableFromInline mutating func grow(for identifier: Int) {
        var larger = capacity * 2
        while larger <= identifier { larger *= 2 }
        let stride = MemoryLayout<Links>.stride
        links = TableMemory.grow(links, from: capacity * stride, to: larger * stride).assumingMemoryBound(
            to: Links.self)
        (links + capacity).initialize(repeating: Links(), count: larger - capacity)
        capacity = larger
    }
}

/// The timers of a ``TimerWheel`` as they were at one instant.
public struct FrozenTimers: Sendable {
    fileprivate var resolution: Nanoseconds = 1
    fileprivate var heads: [UInt32] = []
    fileprivate var next: [UInt32] = []
    fileprivate var current: Int64?
    fileprivate var earliest = Int64.max

    public init() {}

    /// Writes the slots' lists in their order: it decides who fires first.
    public func encode(into state: inout StateEncoder) {
        state.encode(resolution)
        current.encode(into: &state)
        state.encode(earliest)
        var list: [UInt32] = []
        for head in heads {
            list.removeAll(keepingCapacity: true)
            var timer = head
            while timer != TimerWheel.none {
                list.append(timer)
                timer = next[Int(timer)]
            }
            list.encode(into: &state)
        }
    }
}

extension TimerWheel {
    /// Notes the timers in `image`, whose memory serves again; all of them are below `bound`. O(`bound`): four bytes for
    /// each, which is a millisecond for a million.
    public func freeze(into image: inout FrozenTimers, below bound: Int) {
        image.resolution = resolution
        (image.current, image.earliest) = (current, earliest)
        image.heads.removeAll(keepingCapacity: true)
        image.heads.append(contentsOf: UnsafeBufferPointer(start: heads, count: Self.slotCount))
        if image.next.count < bound {
            // For as many more as the table of links grows to.
            image.next = Array(repeating: Self.none, count: max(bound, capacity))
        }
        image.next.withUnsafeMutableBufferPointer { next in
            for timer in 0..<min(bound, capacity) { next[timer] = links[timer].next }
        }
    }

    /// Reads what ``FrozenTimers/encode(into:)`` wrote: a timer for each of `identifiers` that is true, and no other.
    /// Throws ``StateError``.
    public init(resolution: Nanoseconds, identifiers: [Bool], from state: inout StateDecoder) throws(StateError) {
        self.init(resolution: resolution)
        guard try state.decode() == resolution else { throw state.invalid("timers of another resolution") }
        current = try Int64?(from: &state)
        earliest = try state.decode()
        if identifiers.count > capacity { grow(for: identifiers.count - 1) }
        for position in 0..<Self.slotCount {
            var last = Self.none
            for timer in try [UInt32](from: &state) {
                let place = Int(timer)
                guard place < identifiers.count, identifiers[place], links[place].slot == Self.none else {
                    throw state.invalid("timer \(timer) is set twice, or for nobody")
                }
                if last == Self.none { heads[position] = timer } else { links[Int(last)].next = timer }
                links[place].previous = last
                links[place].slot = UInt32(position)
                last = timer
                setCount += 1
            }
        }
        guard count == identifiers.count(where: { $0 }), count == 0 || current != nil else {
            throw state.invalid("\(count) timers are set")
        }
    }
}
