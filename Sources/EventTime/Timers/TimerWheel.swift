/// Event-time timers for many small integers, one timer each: a hashed timing wheel (Varghese and Lauck, SOSP 1987)
/// whose slots are doubly linked lists, so that setting, cancelling and firing cost O(1).
///
/// A timer may be moved to a later time lazily: leave it, and answer its firing with the later time.
/// Times beyond the wheel's horizon wait in the last slot and are put back until they are due.
public struct TimerWheel: ~Copyable {
    @usableFromInline static let none = UInt32.max
    private static let slotCount = 256

    private let resolution: Nanoseconds
    /// First timer of each slot.
    private var heads: [UInt32]
    /// Links by timer: neighbours in the slot's list, and the slot; `none` at the ends and where not set.
    private var next: [UInt32] = []
    private var previous: [UInt32] = []
    private var slot: [UInt32] = []
    /// The earliest slot's number since the epoch: no timer lies in an earlier one, and none 256 slots later.
    private var current: Int64?
    /// The earliest slot number for which a timer was set that then lay before `current`: it waits in that slot.
    private var earliest = Int64.max
    /// Timers set.
    public private(set) var count = 0

    /// A wheel that tells times `resolution` nanoseconds apart; its horizon is 256 times as far.
    public init(resolution: Nanoseconds) {
        precondition(resolution > 0)
        self.resolution = resolution
        heads = Array(repeating: Self.none, count: Self.slotCount)
    }

    /// Sets the timer `identifier`, which is not set, to fire at `time`.
    public mutating func set(_ identifier: Int, at time: Nanoseconds) {
        while next.count <= identifier {
            next.append(Self.none)
            previous.append(Self.none)
            slot.append(Self.none)
        }
        let number = time.floored(dividingBy: resolution)
        let horizon = Int64(Self.slotCount - 1)
        var first = current ?? number.saturatingAdd(-horizon)
        if count == 0 { first = max(first, number.saturatingAdd(-horizon)) }
        current = first
        if number < first { earliest = min(earliest, number) }
        let clamped = min(max(number, first), first.saturatingAdd(horizon))
        let position = Int(clamped.flooredRemainder(dividingBy: Int64(Self.slotCount)))
        let head = heads[position]
        next[identifier] = head
        previous[identifier] = Self.none
        slot[identifier] = UInt32(position)
        if head != Self.none { previous[Int(head)] = UInt32(identifier) }
        heads[position] = UInt32(identifier)
        count += 1
    }

    /// Removes the timer `identifier` where it is set.
    public mutating func cancel(_ identifier: Int) {
        guard identifier < slot.count, slot[identifier] != Self.none else { return }
        let after = next[identifier]
        let before = previous[identifier]
        if before == Self.none { heads[Int(slot[identifier])] = after } else { next[Int(before)] = after }
        if after != Self.none { previous[Int(after)] = before }
        slot[identifier] = Self.none
        count -= 1
    }

    /// Visits the timers that may be due before `time`, each one taken off the wheel first. `visit` answers when the
    /// timer is to fire instead, or `nil` when it is done with. `prefetch` hears of each timer some visits before its
    /// own. O(timers visited), at most 256 slots.
    public mutating func advance(
        to time: Nanoseconds, prefetch: (Int) -> Void = { _ in }, visit: (Int) -> Nanoseconds?
    ) {
        guard let first = current else { return }
        let last = time.floored(dividingBy: resolution)
        guard last >= min(first, earliest) else { return }
        // Timers put back may be such again.
        earliest = .max
        let (distance, overflow) = last.subtractingReportingOverflow(first)
        let steps = overflow ? Int64(Self.slotCount - 1) : min(max(distance, 0), Int64(Self.slotCount - 1))
        for step in 0...steps {
            let position = Self.position(first, step)
            var timer = heads[position]
            heads[position] = Self.none
            // Timers put back are set anew after the whole list was taken off, so none is visited twice.
            current = step == steps ? max(first, last) : first + step
            var due: [UInt32] = []
            while timer != Self.none {
                due.append(timer)
                slot[Int(timer)] = Self.none
                timer = next[Int(timer)]
            }
            count -= due.count
            for (place, timer) in due.enumerated() {
                if place + 16 < due.count { prefetch(Int(due[place + 16])) }
                if let later = visit(Int(timer)) { set(Int(timer), at: max(later, time)) }
            }
        }
        current = max(first, last)
    }

    /// Takes a timer out of the earliest slot that has one: `visit` answers a later time for one that has moved, and
    /// `nil` or a time in that slot for the one to be returned. `nil` where no timer is set. O(1) amortised over the
    /// moves.
    public mutating func popEarliest(_ visit: (Int) -> Nanoseconds?) -> Int? {
        var step: Int64 = 0
        while count > 0, let first = current {
            let timer = heads[Self.position(first, step)]
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
            guard let later = visit(Int(timer)), later.floored(dividingBy: resolution) > slot else {
                return Int(timer)
            }
            set(Int(timer), at: later)
        }
        return nil
    }

    /// Where the slot `step` behind `first` lies. 2^64 is a multiple of the slots, so the sum may wrap.
    private static func position(_ first: Int64, _ step: Int64) -> Int {
        Int((first &+ step).flooredRemainder(dividingBy: Int64(slotCount)))
    }
}

/// The timers of a ``TimerWheel`` as they were at one instant.
public struct FrozenTimers: Sendable {
    fileprivate var resolution: Nanoseconds
    fileprivate var heads: [UInt32]
    fileprivate var next: [UInt32]
    fileprivate var current: Int64?
    fileprivate var earliest: Int64

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
    /// O(1); the wheel's next change copies four bytes for each timer.
    public func freeze() -> FrozenTimers {
        FrozenTimers(resolution: resolution, heads: heads, next: next, current: current, earliest: earliest)
    }

    /// Reads what ``FrozenTimers/encode(into:)`` wrote: a timer for each of `identifiers` that is true, and no other.
    /// Throws ``StateError``.
    public init(resolution: Nanoseconds, identifiers: [Bool], from state: inout StateDecoder) throws(StateError) {
        self.init(resolution: resolution)
        guard try state.decode() == resolution else { throw state.invalid("timers of another resolution") }
        current = try Int64?(from: &state)
        earliest = try state.decode()
        next = Array(repeating: Self.none, count: identifiers.count)
        previous = next
        slot = next
        for position in 0..<Self.slotCount {
            var last = Self.none
            for timer in try [UInt32](from: &state) {
                let place = Int(timer)
                guard place < identifiers.count, identifiers[place], slot[place] == Self.none else {
                    throw state.invalid("timer \(timer) is set twice, or for nobody")
                }
                if last == Self.none { heads[position] = timer } else { next[Int(last)] = timer }
                previous[place] = last
                slot[place] = UInt32(position)
                last = timer
                count += 1
            }
        }
        guard count == identifiers.count(where: { $0 }), count == 0 || current != nil else {
            throw state.invalid("\(count) timers are set")
        }
    }
}
