public import CPrefetch

/// Finds small integers by hash: the index of a table whose entries lie elsewhere.
///
/// Open addressing with linear probing over eight-byte slots; a slot holds 32 bits of hash beside the identifier,
/// so a probe touches an entry only when it very likely is the one sought, and growing never touches entries.
/// Removal shifts the cluster back: no slow decay. Lookups, insertions and removals cost O(1) expected.
///
/// No insertion waits for the whole index to be made anew: growing goes on beside the insertions that follow, which
/// each move a few slots, and meanwhile what is not found among the new slots is looked for among the old ones.
public struct HashIndex: ~Copyable {
    /// The hash in the upper half, the identifier + 1 in the lower; 0 is an empty slot.
    @usableFromInline var slots: UnsafeMutablePointer<UInt64>
    @usableFromInline var mask: Int
    /// Identifiers held.
    public private(set) var count: Int
    /// While the index grows: the slots from before, in which those that were moved or removed are ``Slot/gone``, and
    /// the first place that is still to be moved.
    @usableFromInline var old: UnsafeMutablePointer<UInt64>?
    @usableFromInline var oldMask = 0
    private var moved = 0

    /// Says that a slot was taken, so that clusters go on behind it. No identifier: its lower half is 0.
    @usableFromInline static var gone: UInt64 { 1 << 32 }
    /// Old slots moved with each insertion: more than enough to be done before the index must grow again.
    private static var movedAtOnce: Int { 16 }

    /// Room for `minimumCapacity` identifiers before the index grows.
    public init(minimumCapacity: Int = 8) {
        var size = 16
        while size / 8 * 5 < minimumCapacity { size *= 2 }
        slots = Self.emptySlots(size)
        mask = size - 1
        count = 0
    }

    @inlinable deinit {
        Self.give(slots, mask)
        if let old { Self.give(old, oldMask) }
    }

    /// The identifier stored under `hash` for which `matches` holds; -1 where there is none.
    @inlinable @inline(__always)
    public func find(_ hash: UInt32, where matches: (Int) -> Bool) -> Int {
        let identifier = Self.find(hash, slots, mask, where: matches)
        if identifier >= 0 { return identifier }
        guard let old else { return -1 }
        return Self.find(hash, old, oldMask, where: matches)
    }

    @inlinable @inline(__always)
    static func find(
        _ hash: UInt32, _ slots: UnsafeMutablePointer<UInt64>, _ mask: Int, where matches: (Int) -> Bool
    ) -> Int {
        var position = Int(hash) & mask
        while true {
            let slot = slots[position]
            if slot == 0 { return -1 }
            if UInt32(truncatingIfNeeded: slot >> 32) == hash {
                let identifier = Int(UInt32(truncatingIfNeeded: slot)) &- 1
                if identifier >= 0, matches(identifier) { return identifier }
            }
            position = (position &+ 1) & mask
        }
    }

    /// Asks for the memory that ``find(_:where:)`` will look at first.
    @inlinable @inline(__always)
    public func prefetch(_ hash: UInt32) { prefetchForWriting(slots + (Int(hash) & mask)) }

    /// The first identifier stored under `hash`, without looking at its entry; -1 where there is none. A guess that
    /// is nearly always right.
    @inlinable @inline(__always)
    public func guess(_ hash: UInt32) -> Int { find(hash) { _ in true } }

    /// Adds `identifier` (0 to 2^32 - 2) under `hash`. The caller has checked that it is not there.
    public mutating func insert(_ identifier: Int, hash: UInt32) {
        if (count + 1) * 8 > (mask + 1) * 5 { beginGrowing() }
        place(UInt64(hash) << 32 | UInt64(identifier + 1))
        count += 1
        if old != nil { goOnGrowing() }
    }

    /// Removes `identifier`, which was inserted under `hash`; does nothing where it is not there.
    public mutating func remove(_ identifier: Int, hash: UInt32) {
        let sought = UInt64(hash) << 32 | UInt64(identifier + 1)
        var hole = Int(hash) & mask
        while slots[hole] != sought {
            if slots[hole] == 0 { return removeOld(sought) }
            hole = (hole + 1) & mask
        }
        // Later members of the cluster move into the hole unless they would pass their home slot.
        var next = (hole + 1) & mask
        while slots[next] != 0 {
            let home = Int(truncatingIfNeeded: slots[next] >> 32) & mask
            if (next - home) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole] = 0
        count -= 1
    }

    private mutating func removeOld(_ sought: UInt64) {
        guard let place = oldPlace(of: sought), let old else { return }
        old[place] = Self.gone
        count -= 1
    }

    /// Gives the identifier `old`, which is there under `hash`, the new name `new`.
    public mutating func rename(_ old: Int, to new: Int, hash: UInt32) {
        let sought = UInt64(hash) << 32 | UInt64(old + 1)
        let renamed = UInt64(hash) << 32 | UInt64(new + 1)
        var position = Int(hash) & mask
        while slots[position] != sought {
            if slots[position] == 0 {
                if let place = oldPlace(of: sought) { self.old?[place] = renamed }
                return
            }
            position = (position + 1) & mask
        }
        slots[position] = renamed
    }

    private func oldPlace(of sought: UInt64) -> Int? {
        guard let old else { return nil }
        var position = Int(truncatingIfNeeded: sought >> 32) & oldMask
        while old[position] != sought {
            if old[position] == 0 { return nil }
            position = (position + 1) & oldMask
        }
        return position
    }

    /// Forgets every identifier and keeps the memory.
    public mutating func removeAll() {
        slots.update(repeating: 0, count: mask + 1)
        count = 0
        endGrowing()
    }

    private func place(_ slot: UInt64) {
        var position = Int(truncatingIfNeeded: slot >> 32) & mask
        while slots[position] != 0 { position = (position + 1) & mask }
        slots[position] = slot
    }

    // MARK: Growing

    private mutating func beginGrowing() {
        while old != nil { goOnGrowing() }
        (old, oldMask, moved) = (slots, mask, 0)
        mask = mask * 2 + 1
        slots = Self.emptySlots(mask + 1)
    }

    @inline(never)
    private mutating func goOnGrowing() {
        guard let old else { return }
        let end = min(moved + Self.movedAtOnce, oldMask + 1)
        for position in moved..<end where old[position] != 0 {
            if old[position] != Self.gone { place(old[position]) }
            old[position] = Self.gone
        }
        moved = end
        if moved > oldMask { endGrowing() }
    }

    private mutating func endGrowing() {
        if let old { Self.give(old, oldMask) }
        old = nil
    }

    private static func emptySlots(_ size: Int) -> UnsafeMutablePointer<UInt64> {
        TableMemory.take(byteCount: size * 8, isZeroed: true).bindMemory(to: UInt64.self, capacity: size)
    }

    @usableFromInline static func give(_ slots: UnsafeMutablePointer<UInt64>, _ mask: Int) {
        TableMemory.give(slots, byteCount: (mask + 1) * 8)
    }
}
