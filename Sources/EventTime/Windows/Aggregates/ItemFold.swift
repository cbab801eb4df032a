public import CPrefetch

/// Different items, and in how many folds each of them is: 1 where items were put in, more where folds were merged. Its
/// memory is somebody else's, who is passed along.
///
/// Items that are neighbours (``StreamKey/cluster``) lie in the bits of one word, as in a Roaring bitmap (Lemire, Ssi-Yan-Kai
/// and Kaser, Software: Practice and Experience 46, 2016), in a flat table with open addressing by cluster. How many
/// folds hold an item is written across words, plane by plane: bit b of an item's count is its bit in word b of the
/// slot. So a fold is merged or taken away 64 items at a time, by the steps of a ripple-carry adder, and in a slice one
/// word holds 64 neighbours. Items without neighbours take a word each.
///
/// The first cluster is inline: where a key has no other, no memory is taken.
@frozen public struct ItemFold<Item: StreamKey> {
    /// The table's words, where there is a table.
    @usableFromInline var table: UnsafeMutablePointer<UInt64>?
    /// The items of the only cluster; with a table, its shape.
    @usableFromInline var word: UInt64 = 0
    /// Different items.
    @usableFromInline var count = 0
    /// Slots in use.
    @usableFromInline var used: UInt32 = 0
    /// The only cluster, while there is no table.
    @usableFromInline var first: Item?

    @inlinable init() {}

    /// The table's slots, where there is a table.
    @inlinable @inline(__always)
    var slots: DistinctSlots<Item>? { table.map { DistinctSlots($0, .init(word)) } }

    /// Puts an item in, where it is not there. O(1).
    @inlinable @inline(__always)
    mutating func insert(_ item: Item, in memory: inout some ItemMemory<Item>) {
        let cluster = item.cluster
        let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: item.placeInCluster)
        let slots: DistinctSlots<Item>
        if let held = self.slots {
            slots = held
        } else {
            if word == 0 || first == cluster {
                if word == 0 { first = cluster }
                count &+= word & bit == 0 ? 1 : 0
                word |= bit
                return
            }
            slots = resize(to: .first, in: &memory)
        }
        let place = slots.place(of: cluster)
        let present = place < 0 ? 0 : slots.items(at: place)
        if present & bit != 0 { return }
        count &+= 1
        if present == 0 {
            occupy(place, of: slots, cluster, in: &memory).pointee = bit
        } else {
            slots.words(at: place).pointee |= bit
        }
    }

    /// Asks for the slot where an item very likely is.
    @inlinable @inline(__always)
    func prefetch(_ item: Item) {
        if let slots { prefetchForWriting(slots.name(slots.home(of: item.cluster))) }
    }

    /// Takes an empty slot of the table for a cluster, and returns its words, all of them 0. Where the table has become
    /// full, or there is no such place, it is replaced by a larger one.
    @inlinable @inline(never)
    mutating func occupy(
        _ place: Int, of slots: DistinctSlots<Item>, _ cluster: Item, in memory: inout some ItemMemory<Item>
    ) -> UnsafeMutablePointer<UInt64> {
        var (place, slots) = (place, slots)
        if Int(used) >= slots.shape.limit {
            slots = resize(
                to: .init(capacity: slots.shape.capacity * 2, planes: slots.shape.planes), in: &memory)
            place = slots.place(of: cluster)
        }
        used &+= 1
        slots.name(place).initialize(to: cluster)
        return slots.words(at: place)
    }

    /// Moves all items to a new table, of a shape that holds them.
    @inlinable @inline(never) @discardableResult
    mutating func resize(
        to shape: DistinctSlots<Item>.Shape, in memory: inout some ItemMemory<Item>
    ) -> DistinctSlots<Item> {
        let made = memory.replace(slots, with: shape) { slots in
            used = 0
            eachCluster { cluster, words, planes in
                let place = slots.place(of: cluster)
                slots.name(place).initialize(to: cluster)
                slots.words(at: place).update(from: words, count: min(planes, shape.planes))
                used &+= 1
            }
        }
        table = made
        first = nil
        word = shape.packed
        return DistinctSlots(made, shape)
    }

    /// Takes everything out, and keeps the table.
    @inlinable mutating func clear() {
        if used > 0 { slots?.removeAll() }
        if table == nil { word = 0 }
        first = nil
        count = 0
        used = 0
    }

    /// Calls `body` with each cluster, its words, and how many they are, in no order that means something.
    @inlinable @inline(__always)
    func eachCluster(_ body: (Item, UnsafePointer<UInt64>, Int) -> Void) {
        guard let slots else {
            if word != 0, let first { withUnsafePointer(to: word) { body(first, $0, 1) } }
            return
        }
        slots.eachUsed {
            body(slots.name($0).pointee, UnsafePointer(slots.words(at: $0)), slots.shape.planes)
        }
    }
}

/// Where folds of items keep their tables.
@usableFromInline protocol ItemMemory<Item> {
    associatedtype Item: StreamKey

    /// Makes a table, all of it 0, has it filled with what is in the `old` one, and gives that back, where there is one.
    mutating func replace(
        _ old: DistinctSlots<Item>?, with shape: DistinctSlots<Item>.Shape,
        fill: (DistinctSlots<Item>) -> Void
    ) -> UnsafeMutablePointer<UInt64>
}
