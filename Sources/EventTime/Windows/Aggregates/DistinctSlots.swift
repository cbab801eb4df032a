/// The slots of an ``ItemFold``'s table, in memory that somebody else owns. A slot is a cluster's name and its words, one
/// for each plane of its items' counts; it is empty where all of them are 0, and the name then not initialised.
@usableFromInline struct DistinctSlots<Item: StreamKey> {
    /// How many slots there are, a power of two, and of how many words each.
    @usableFromInline struct Shape {
        @usableFromInline let packed: UInt64

        @inlinable init(_ packed: UInt64) { self.packed = packed }
        @inlinable init(capacity: Int, planes: Int) { packed = UInt64(planes) << 48 | UInt64(capacity) }

        @inlinable var capacity: Int { Int(truncatingIfNeeded: packed & (1 << 48 - 1)) }
        /// Slots that may be taken: all of few, which lie in some cache lines that are looked at anyway; three quarters
        /// of many.
        @inlinable var limit: Int { capacity <= 16 ? capacity : capacity / 4 &* 3 }
        @inlinable var planes: Int { Int(truncatingIfNeeded: packed >> 48) }
        /// Of a table that replaces the one cluster that is inline.
        @inlinable static var first: Shape { Shape(capacity: 4, planes: 1) }
        /// Words that the slots take.
        @inlinable var wordCount: Int { capacity &* DistinctSlots.stride(planes: planes) / 8 }
    }

    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let shape: Shape

    @inlinable @inline(__always)
    init(_ words: UnsafeMutablePointer<UInt64>, _ shape: Shape) {
        base = UnsafeMutableRawPointer(words)
        self.shape = shape
    }

    /// Bytes from a slot's start to its words.
    @inlinable @inline(__always)
    static var wordsOffset: Int { (MemoryLayout<Item>.size + 7) & ~7 }

    /// Bytes of a slot.
    @inlinable @inline(__always)
    static func stride(planes: Int) -> Int {
        let alignment = max(MemoryLayout<Item>.alignment, 8)
        return (wordsOffset &+ planes &* 8 &+ alignment &- 1) & ~(alignment &- 1)
    }

    @inlinable @inline(__always)
    func name(_ place: Int) -> UnsafeMutablePointer<Item> {
        (base + place &* Self.stride(planes: shape.planes)).assumingMemoryBound(to: Item.self)
    }

    @inlinable @inline(__always)
    func words(at place: Int) -> UnsafeMutablePointer<UInt64> {
        (base + (place &* Self.stride(planes: shape.planes) &+ Self.wordsOffset))
            .assumingMemoryBound(to: UInt64.self)
    }

    /// The items of a slot: those whose count is not 0.
    @inlinable @inline(__always)
    func items(at place: Int) -> UInt64 {
        let words = words(at: place)
        var items = words[0]
        var plane = 1
        while plane < shape.planes {
            items |= words[plane]
            plane &+= 1
        }
        return items
    }

    /// Where a cluster belongs. In small tables, which may be full, neighbours lie side by side.
    @inlinable @inline(__always)
    func home(of cluster: Item) -> Int {
        let hash = shape.capacity <= 16 ? cluster.clusterHash : cluster.shortHash
        return Int(hash) & (shape.capacity &- 1)
    }

    /// Whether a slot is the cluster's or empty.
    @inlinable @inline(__always)
    func isPlace(_ place: Int, of cluster: Item) -> Bool {
        // The name first, where that of an empty slot can be read as well: it is most often the one.
        _isPOD(Item.self)
            ? name(place).pointee == cluster || items(at: place) == 0
            : items(at: place) == 0 || name(place).pointee == cluster
    }

    /// The slot of a cluster, or the empty one where it belongs; -1 where all are taken, and none by the cluster.
    @inlinable @inline(__always)
    func place(of cluster: Item) -> Int {
        let mask = shape.capacity &- 1
        let home = home(of: cluster)
        var place = home
        while !isPlace(place, of: cluster) {
            place = (place &+ 1) & mask
            if place == home { return -1 }
        }
        return place
    }

    /// Forgets the name of a slot whose words have become 0; later members of its run move up. The run ends at the latest
    /// where the slot is that was left empty last.
    @inlinable func vacate(_ place: Int) {
        let mask = shape.capacity &- 1
        name(place).deinitialize(count: 1)
        var hole = place
        var next = (hole &+ 1) & mask
        while items(at: next) != 0 {
            let home = home(of: name(next).pointee)
            if (next - home) & mask >= (next - hole) & mask {
                name(hole).moveInitialize(from: name(next), count: 1)
                words(at: hole).update(from: words(at: next), count: shape.planes)
                words(at: next).update(repeating: 0, count: shape.planes)
                hole = next
            }
            next = (next &+ 1) & mask
        }
    }

    @inlinable func deinitialize() {
        eachUsed { name($0).deinitialize(count: 1) }
    }

    /// Calls `body` with each slot in use, in no order that means something.
    @inlinable @inline(__always)
    func eachUsed(_ body: (Int) -> Void) {
        for place in 0..<shape.capacity where items(at: place) != 0 { body(place) }
    }

    @inlinable func removeAll() {
        if !_isPOD(Item.self) { deinitialize() }
        base.initializeMemory(as: UInt8.self, repeating: 0, count: shape.wordCount * 8)
    }
}
