/// Different items, and in how many folds each of them is: 1 where items were put in, more where folds were merged.
///
/// Items that are neighbours (``StreamKey/cluster``) lie in the bits of one word, as in a Roaring bitmap (Lemire, Ssi-Yan-Kai
/// and Kaser, Software: Practice and Experience 46, 2016), in a flat table with open addressing by cluster. How many
/// folds hold an item is written across words, plane by plane: bit b of an item's count is its bit in word b of the
/// slot. So a fold is merged or taken away 64 items at a time, by the steps of a ripple-carry adder, and in a slice one
/// word holds 64 neighbours. Items without neighbours take a word each.
///
/// The first cluster is inline: where a key has no other, nothing is allocated.
///
/// A value: its table is written by one owner only, and copied where it has two; so it may be sent as an array may.
public struct DistinctItems<Item: StreamKey>: @unchecked Sendable {
    @usableFromInline struct Header {
        /// Slots in use.
        @usableFromInline var used = 0
        @usableFromInline let shape: DistinctSlots<Item>.Shape

        @inlinable init(shape: DistinctSlots<Item>.Shape) { self.shape = shape }
    }

    /// Written only through the one ``DistinctItems`` that refers to it.
    @usableFromInline final class Table: ManagedBuffer<Header, UInt64> {
        @inlinable deinit {
            withUnsafeMutablePointers { header, words in
                DistinctSlots<Item>(words, header.pointee.shape).deinitialize()
            }
        }
    }

    /// Different items.
    @inlinable public var count: Int { itemCount }
    @usableFromInline var itemCount = 0
    /// The only cluster, while there is no table.
    @usableFromInline var first: Item?
    /// Its items; with a table, the table's shape.
    @usableFromInline var word: UInt64 = 0
    @usableFromInline var table: Table?

    @inlinable public init() {}

    /// Puts an item in, where it is not there. O(1).
    @inlinable @inline(__always)
    public mutating func insert(_ item: Item) {
        let cluster = item.cluster
        let bit: UInt64 = 1 << UInt64(truncatingIfNeeded: item.placeInCluster)
        if table == nil, word == 0 || first == cluster {
            if word == 0 { first = cluster }
            itemCount &+= word & bit == 0 ? 1 : 0
            word |= bit
            return
        }
        insertIntoTable(cluster, bit)
    }

    @inlinable @inline(__always)
    mutating func insertIntoTable(_ cluster: Item, _ bit: UInt64) {
        prepareToWrite()
        let slots = slots
        let place = slots.place(of: cluster)
        let present = place < 0 ? 0 : slots.items(at: place)
        if present & bit != 0 { return }
        itemCount &+= 1
        if present == 0 {
            occupy(place, cluster).pointee = bit
        } else {
            slots.words(at: place).pointee |= bit
        }
    }

    /// The table's slots, good while it is neither replaced nor released.
    @inlinable @inline(__always)
    var slots: DistinctSlots<Item> {
        guard let table else { preconditionFailure("no table") }
        return table.withUnsafeMutablePointerToElements { DistinctSlots($0, .init(word)) }
    }

    /// Takes an empty slot for a cluster, and returns its words, all of them 0. Where the table has become full, or
    /// there is no such place, it is replaced by a larger one.
    @inlinable @inline(never)
    mutating func occupy(_ place: Int, _ cluster: Item) -> UnsafeMutablePointer<UInt64> {
        let shape = slots.shape
        let used = (table.map { $0.withUnsafeMutablePointerToHeader { $0.pointee.used } } ?? 0) + 1
        var place = place
        if used > shape.limit {
            resize(to: .init(capacity: shape.capacity * 2, planes: shape.planes))
            place = slots.place(of: cluster)
        }
        table?.withUnsafeMutablePointerToHeader { $0.pointee.used += 1 }
        slots.name(place).initialize(to: cluster)
        return slots.words(at: place)
    }

    /// Makes a table where there is none, and a copy of one that others refer to too.
    @inlinable @inline(__always)
    mutating func prepareToWrite() {
        if table != nil, isKnownUniquelyReferenced(&table) { return }
        resize(to: table == nil ? .init(capacity: 4, planes: 1) : .init(word))
    }

    /// Moves all items to a table of its own, of a shape that holds them.
    @inlinable @inline(never)
    mutating func resize(to shape: DistinctSlots<Item>.Shape) {
        let made = Self.makeTable(shape)
        made.withUnsafeMutablePointers { header, words in
            let slots = DistinctSlots<Item>(words, shape)
            eachCluster { cluster, words, planes in
                let place = slots.place(of: cluster)
                slots.name(place).initialize(to: cluster)
                slots.words(at: place).update(from: words, count: min(planes, shape.planes))
                header.pointee.used += 1
            }
        }
        table = made
        first = nil
        word = shape.packed
    }

    @inlinable static func makeTable(_ shape: DistinctSlots<Item>.Shape) -> Table {
        let count = shape.capacity * DistinctSlots<Item>.stride(planes: shape.planes) / 8
        let made = unsafeDowncast(
            Table.create(minimumCapacity: count) { _ in Header(shape: shape) }, to: Table.self)
        made.withUnsafeMutablePointerToElements { $0.initialize(repeating: 0, count: count) }
        return made
    }

    /// Calls `body` with each cluster, its words, and how many they are, in no order that means something.
    @inlinable @inline(__always)
    func eachCluster(_ body: (Item, UnsafePointer<UInt64>, Int) -> Void) {
        guard table != nil else {
            if word != 0, let first { withUnsafePointer(to: word) { body(first, $0, 1) } }
            return
        }
        let slots = slots
        for place in 0..<slots.shape.capacity where slots.items(at: place) != 0 {
            body(slots.name(place).pointee, UnsafePointer(slots.words(at: place)), slots.shape.planes)
        }
    }

    /// Takes everything out, and keeps the memory where it is little or was well used.
    @inlinable public mutating func removeAll() {
        itemCount = 0
        first = nil
        guard table != nil else {
            word = 0
            return
        }
        let shape = DistinctSlots<Item>.Shape(word)
        let isKept =
            isKnownUniquelyReferenced(&table)
            && table?.withUnsafeMutablePointers { header, words in
                guard shape.capacity <= 64 || header.pointee.used * 4 > shape.capacity else { return false }
                if header.pointee.used > 0 { DistinctSlots<Item>(words, shape).removeAll() }
                header.pointee.used = 0
                return true
            } == true
        if !isKept {
            table = nil
            word = 0
        }
    }
}
