internal import Synchronization

/// A ``KeyedTable`` as it was at one instant, for another thread to encode while the table goes on.
///
/// Freezing takes no time. Entries are copied afterwards, by the thread that is going to encode them
/// (``copyBeside()``), by the table's thread between other things (``KeyedTable/continueFreezing(budget:)``), or by both;
/// eight of them at the latest when the table is about to hand one out. So the pause does not grow with the table. The
/// memory is kept for the next time, since touching fresh memory costs far more than copying.
///
/// What is kept is also the table as it was before. Stretches of eight entries of which none was handed out since then
/// are not copied again. Where the copy is asked for as changes, each of the others is compared with what it replaces,
/// and those that are the same need not be encoded again; unless nearly everything had changed when that was tried
/// last, a few images ago: then all that was handed out counts as changed.
///
/// Only tables of plain bytes can be frozen (``KeyedTable/freeze(into:asChanges:)``).
public final class FrozenTable<Key: Equatable, Value>: @unchecked Sendable {
    public typealias Entry = KeyedTable<Key, Value>.Entry

    /// Images that are not compared after one in which nearly everything had changed.
    private static var greatestPatience: Int { 7 }

    @usableFromInline var memory = ReusableMemory<Entry>()
    @usableFromInline let pieces = ImagePieces(stride: MemoryLayout<Entry>.stride)
    /// Identifiers that were handed out, and those of them that were free.
    @usableFromInline var bound = 0
    @usableFromInline var free: [UInt32] = []
    /// Tells the table and the instant of this image from all others.
    @usableFromInline var stamp: UInt64 = 0
    /// Entries that the table had room for.
    @usableFromInline var room = 0
    /// Whether what is encoded may be only what changed since the image before.
    @usableFromInline var isOfChanges = false
    /// Whether entries that were handed out are compared with what they were.
    private var isCompared = false
    /// Images until comparing is tried again.
    private var patience = 0

    public init() {}

    /// Entries held.
    public var count: Int { bound - free.count }

    /// Identifiers of the table that were not in use.
    public var freeIdentifiers: [UInt32] { free }

    /// Bytes of memory kept for copies.
    public var byteCount: Int { memory.capacity * MemoryLayout<Entry>.stride }

    /// Begins an image of a table with these identifiers. `marks`: byte by octet, 1 where an entry was handed out since
    /// the table was frozen as `earlier`, else 0.
    @usableFromInline func begin(
        _ entries: UnsafeMutablePointer<Entry>, bound: Int, free: [UInt32], room: Int, marks: UnsafeRawPointer,
        earlier: UInt64, asChanges: Bool
    ) {
        let before = asChanges ? IdentifierSet(below: self.bound, without: self.free) : IdentifierSet()
        if isCompared { patience = needsEarlier ? 0 : Self.greatestPatience }
        memory.reserve(bound)
        isOfChanges = asChanges
        isCompared = asChanges && patience == 0
        if asChanges, patience > 0 { patience -= 1 }
        self.bound = bound
        self.free = free
        self.room = room
        var changed: [UInt64] = []
        if asChanges {
            // Entries that were free were not encoded, whatever the memory holds.
            let count = (bound + ImagePieces.pieceSize - 1) / ImagePieces.pieceSize
            changed = (0..<count).map { $0 < before.words.count ? ~before.words[$0] : .max }
        }
        // Where the image is of another table, or of an earlier instant, everything is to be copied.
        let isOfLast = earlier == stamp && stamp != 0
        stamp = FrozenTableStamps.next()
        pieces.begin(
            from: entries, to: memory.start, bound: bound, marks: isOfLast ? marks : nil, isCompared: isCompared,
            changed: changed)
    }

    /// Copies what the table's thread has not copied yet and does not copy meanwhile: for another thread, which may
    /// begin once the table is frozen. What is encoded is whole when the table has ended its part as well
    /// (``KeyedTable/continueFreezing(budget:)``).
    public func copyBeside() { pieces.copyBeside() }

    /// Takes memory in advance for the next image: for whoever has time between one and the next.
    public func prepare() { memory.prepare(min(bound + bound / 4, max(room, bound))) }

    /// What is encoded of a table that is copied in whole: all entries, or those that changed, where that is less than
    /// half of them. O(identifiers / 64).
    @usableFromInline var written: IdentifierSet {
        let live = IdentifierSet(below: bound, without: free)
        guard isOfChanges else { return live }
        let changes = live.intersection(IdentifierSet(below: bound, words: pieces.changed))
        return changes.count * 2 < count ? changes : live
    }

    /// Whether what is encoded can be read only after the image before. O(identifiers / 64).
    public var needsEarlier: Bool { written.count < count }
}

extension FrozenTable where Key: StateRecord, Value: StateRecord {
    /// Writes identifiers and entries, or those that changed: what ``RestoredTable/read(from:)`` reads.
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(UInt64(bound))
        var place = 0
        state.encodeRecords(free.count) { rows in
            rows.encode(free[place])
            place += 1
        }
        let (entries, written) = (memory.start, written)
        for word in written.words { state.encode(word) }
        var identifier = -1
        state.encodeRecords(written.count) { rows in
            identifier = written.first(from: identifier + 1)
            entries[identifier].key.encode(into: &rows)
            entries[identifier].value.encode(into: &rows)
        }
    }
}

extension KeyedTable where Key: BitwiseCopyable, Value: BitwiseCopyable {
    /// Notes the table as it is now in `image`, whose earlier content goes. O(1) but for the list of free identifiers;
    /// ``continueFreezing(budget:)`` then copies the entries.
    ///
    /// `asChanges`: whoever reads what is encoded has what was encoded of the same image before, and of the same table.
    @inlinable public mutating func freeze(into image: FrozenTable<Key, Value>, asChanges: Bool = false) {
        image.begin(
            entries, bound: bound, free: free, room: capacity, marks: marks, earlier: stamp, asChanges: asChanges)
        stamp = image.stamp
        marks.update(repeating: 0, count: Self.markCount(bound))
        frozen = image
        uncopied = 0
    }
}

extension KeyedTable {
    /// Copies frozen entries that were not copied yet, for `budget` bytes, which shrinks by what was used up. Returns
    /// whether all are copied, or will be by who copies beside: then the image does not need the table any more.
    @inlinable public mutating func continueFreezing(budget: inout Int) -> Bool {
        guard let image = frozen else { return true }
        while uncopied < image.bound {
            guard budget > 0 else { return false }
            let copied = image.pieces.takePiece(uncopied / ImagePieces.pieceSize)
            uncopied += ImagePieces.pieceSize
            // To look at one that is not copied takes time, too.
            budget -= copied * MemoryLayout<Entry>.stride + 64
        }
        image.pieces.end()
        frozen = nil
        uncopied = .max
        return true
    }

    /// Copies all that is left.
    @inlinable mutating func finishFreezing() {
        var budget = Int.max
        _ = continueFreezing(budget: &budget)
    }

    /// Marks an entry that is about to change, where it is the first of its octet since the table was frozen.
    @inlinable @inline(__always)
    func mark(_ identifier: Int) {
        guard marks[identifier &>> 3] == 0 else { return }
        Self.mark(identifier, marks, identifier >= uncopied ? frozen : nil)
    }

    /// Marks an entry that is handed out for the first time since the table was frozen, with its seven neighbours; copies
    /// them to `image`, where that has not been done, before it changes. No method: for one the compiler would put the
    /// table together in memory, with each entry that is handed out.
    @inlinable @inline(never)
    static func mark(_ identifier: Int, _ marks: UnsafeMutablePointer<UInt8>, _ image: FrozenTable<Key, Value>?) {
        image?.pieces.takeOctet(identifier &>> 3)
        marks[identifier &>> 3] = 1
    }
}

/// Numbers for images, each given once, so that a table knows the image it was frozen into last.
@usableFromInline enum FrozenTableStamps {
    private static let latest = Atomic<UInt64>(0)

    @usableFromInline static func next() -> UInt64 { latest.add(1, ordering: .relaxed).newValue }
}
