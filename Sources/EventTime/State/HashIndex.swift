public import CPrefetch

/// Finds small integers by hash: the index of a table whose entries lie elsewhere.
///
/// Open addressing with linear probing over eight-byte slots; a slot holds 32 bits of hash beside the identifier,
/// so a probe touches an entry only when it very likely is the one sought, and growing never touches entries.
/// Removal shifts the cluster back: no tombstones, no slow decay. Lookups, insertions and removals cost O(1)
/// expected; an insertion that doubles the index costs O(n).
public struct HashIndex: ~Copyable {
    /// The hash in the upper half, the identifier + 1 in the lower; 0 is an empty slot.
    @usableFromInline var slots: UnsafeMutablePointer<UInt64>
    @usableFromInline var mask: Int
    /// Identifiers held.
    public private(set) var count: Int

    /// Room for `minimumCapacity` identifiers before the index grows.
    public init(minimumCapacity: Int = 8) {
        var size = 16
        while size / 4 * 3 < minimumCapacity { size *= 2 }
        slots = Self.emptySlots(size)
        mask = size - 1
        count = 0
    }

    @inlinable deinit { slots.deallocate() }

    /// The identifier stored under `hash` for which `matches` holds; -1 where there is none.
    @inlinable @inline(__always)
    public func find(_ hash: UInt32, where matches: (Int) -> Bool) -> Int {
        var position = Int(hash) & mask
        while true {
            let slot = slots[position]
            if slot == 0 { return -1 }
            if UInt32(truncatingIfNeeded: slot >> 32) == hash {
                let identifier = Int(UInt32(truncatingIfNeeded: slot)) - 1
                if matches(identifier) { return identifier }
            }
            position = (position + 1) & mask
        }
    }

    /// Asks for the memory that ``find(_:where:)`` will look at first.
    @inlinable @inline(__always)
    public func prefetch(_ hash: UInt32) { prefetchForWriting(slots + (Int(hash) & mask)) }

    /// The first identifier stored under `hash`, without looking at its entry; -1 where there is none. A guess that
    /// is nearly always right.
    @inlinable @inline(__always)
    public func guess(_ hash: UInt32) -> Int {
        var position = Int(hash) & mask
        while true {
            let slot = slots[position]
            if slot == 0 { return -1 }
            if UInt32(truncatingIfNeeded: slot >> 32) == hash {
                return Int(UInt32(truncatingIfNeeded: slot)) - 1
            }
            position = (position + 1) & mask
        }
    }

    /// Adds `identifier` (0 to 2^32 - 2) under `hash`. The caller has checked that it is not there.
    public mutating func insert(_ identifier: Int, hash: UInt32) {
        if (count + 1) * 4 > (mask + 1) * 3 { grow() }
        place(UInt64(hash) << 32 | UInt64(identifier + 1))
        count += 1
    }

    /// Removes `identifier`, which was inserted under `hash`; does nothing where it is not there.
    public mutating func remove(_ identifier: Int, hash: UInt32) {
        let sought = UInt64(hash) << 32 | UInt64(identifier + 1)
        var hole = Int(hash) & mask
        while slots[hole] != sought {
            if slots[hole] == 0 { return }
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

    /// Gives the identifier `old`, which is there under `hash`, the new name `new`.
    @inlinable public mutating func rename(_ old: Int, to new: Int, hash: UInt32) {
        let sought = UInt64(hash) << 32 | UInt64(old + 1)
        var position = Int(hash) & mask
        while slots[position] != sought {
            if slots[position] == 0 { return }
            position = (position + 1) & mask
        }
        slots[position] = UInt64(hash) << 32 | UInt64(new + 1)
    }

    /// Forgets every identifier and keeps the memory.
    public mutating func removeAll() {
        slots.update(repeating: 0, count: mask + 1)
        count = 0
    }

    private func place(_ slot: UInt64) {
        var position = Int(truncatingIfNeeded: slot >> 32) & mask
        while slots[position] != 0 { position = (position + 1) & mask }
        slots[position] = slot
    }

    private mutating func grow() {
        let old = slots
        let oldSize = mask + 1
        slots = Self.emptySlots(oldSize * 2)
        mask = oldSize * 2 - 1
        for position in 0..<oldSize where old[position] != 0 { place(old[position]) }
        old.deallocate()
    }

    private static func emptySlots(_ size: Int) -> UnsafeMutablePointer<UInt64> {
        let slots = TableMemory.take(byteCount: size * 8).bindMemory(to: UInt64.self, capacity: size)
        slots.initialize(repeating: 0, count: size)
        return slots
    }
}
