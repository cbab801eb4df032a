internal import Synchronization

/// A ``KeyedTable`` as it was at one instant, for another thread to encode while the table goes on.
///
/// Freezing takes no time. Entries are copied afterwards, piece by piece, and each piece at the latest when one of its
/// entries is about to be handed out: so the pause does not grow with the table, and a packet waits for one piece at
/// most. The memory is kept for the next time, since touching fresh memory costs far more than copying.
///
/// What is kept is also the table as it was before. Stretches of eight entries of which none was handed out since then
/// are not copied again. Where the copy is asked for as changes, each of the others is compared with what it replaces,
/// and those that are the same need not be encoded again.
///
/// Only tables of plain bytes can be frozen (``KeyedTable/freeze(into:asChanges:)``).
public final class FrozenTable<Key: Equatable, Value>: @unchecked Sendable {
    public typealias Entry = KeyedTable<Key, Value>.Entry

    /// Entries copied together: about 16 KiB of the larger ones, and a word's bits.
    @usableFromInline static var pieceSize: Int { 64 }
    /// Entries that are marked together as handed out: an eighth of a piece.
    @usableFromInline static var octetSize: Int { 8 }
    /// Images that are not compared after one in which nearly everything had changed.
    private static var greatestPatience: Int { 7 }

    @usableFromInline var memory = ReusableMemory<Entry>()
    /// Identifiers that were handed out, and those of them that were free.
    @usableFromInline var bound = 0
    @usableFromInline var free: [UInt32] = []
    /// Bit by piece: it has been copied.
    @exclusivity(unchecked) @usableFromInline var copied: [UInt64] = []
    /// Word by piece, byte by octet: not 0 where an entry may be another than in the image before.
    @exclusivity(unchecked) @usableFromInline var marks: [UInt64] = []
    /// Tells the table and the instant of this image from all others.
    @usableFromInline var stamp: UInt64 = 0
    /// Entries that the table had room for.
    @usableFromInline var room = 0
    /// Whether what is encoded may be only what changed since the image before; then word by piece: entries that may
    /// be others than they were in it.
    @usableFromInline var isOfChanges = false
    @exclusivity(unchecked) @usableFromInline var changed: [UInt64] = []
    /// Whether entries that were handed out are compared with what they were.
    @usableFromInline var isCompared = false
    /// Images until comparing is tried again.
    private var patience = 0

    public init() {}

    /// Entries held.
    public var count: Int { bound - free.count }

    /// Identifiers of the table that were not in use.
    public var freeIdentifiers: [UInt32] { free }

    /// Bytes of memory kept for copies.
    public var byteCount: Int { memory.capacity * MemoryLayout<Entry>.stride }

    /// Begins an image of a table with these identifiers. `marks`: byte by octet, not 0 where an entry was handed out
    /// since the table was frozen as `earlier`.
    @usableFromInline func begin(
        bound: Int, free: [UInt32], room: Int, marks octets: UnsafeRawPointer, earlier: UInt64, asChanges: Bool
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
        let pieces = (bound + Self.pieceSize - 1) / Self.pieceSize
        copied.removeAll(keepingCapacity: true)
        copied.append(contentsOf: repeatElement(0, count: (pieces + 63) / 64))
        marks.removeAll(keepingCapacity: true)
        // Where the image is of another table, or of an earlier instant, everything is to be copied.
        marks.append(contentsOf: repeatElement(earlier == stamp && stamp != 0 ? 0 : .max, count: pieces))
        if earlier == stamp, stamp != 0 {
            marks.withUnsafeMutableBytes {
                $0.copyMemory(
                    from: UnsafeRawBufferPointer(
                        start: octets, count: (bound + Self.octetSize - 1) / Self.octetSize))
            }
        }
        stamp = FrozenTableStamps.next()
        changed.removeAll(keepingCapacity: true)
        guard isOfChanges else { return }
        // Entries that were free were not encoded, whatever the memory holds.
        for piece in 0..<pieces { changed.append(piece < before.words.count ? ~before.words[piece] : .max) }
    }

    /// Copies what may have changed in a piece, unless that has been done. Returns how many entries were copied.
    @discardableResult @inlinable @inline(never)
    func copyPiece(_ piece: Int, of entries: UnsafeMutablePointer<Entry>) -> Int {
        let first = piece * Self.pieceSize
        guard first < bound, copied[piece / 64] >> UInt64(piece % 64) & 1 == 0 else { return 0 }
        copied[piece / 64] |= 1 << UInt64(piece % 64)
        let end = min(first + Self.pieceSize, bound)
        if marks[piece] == .max || marks[piece] == FrozenTableStamps.everyOctet {
            copyEntries(first..<end, piece, of: entries)
            return end - first
        }
        var copiedCount = 0
        var octets = marks[piece]
        while octets != 0 {
            let start = first + octets.trailingZeroBitCount / 8 * Self.octetSize
            octets &= octets - 1
            guard start < end else { break }
            copyEntries(start..<min(start + Self.octetSize, end), piece, of: entries)
            copiedCount += Self.octetSize
        }
        return copiedCount
    }

    @inlinable @inline(__always)
    func copyEntries(_ range: Range<Int>, _ piece: Int, of entries: UnsafeMutablePointer<Entry>) {
        // Plain bytes: nothing else is ever frozen.
        let target = UnsafeMutableRawPointer(memory.start + range.lowerBound)
        let source = entries + range.lowerBound
        var bits = UInt64.max >> UInt64(Self.pieceSize - range.count)
        if isCompared {
            bits = ImageCopy.copyComparing(
                source, to: target, count: range.count, stride: MemoryLayout<Entry>.stride)
        } else {
            ImageCopy.copy(source, to: target, byteCount: range.count * MemoryLayout<Entry>.stride)
        }
        if isOfChanges { changed[piece] |= bits << UInt64(range.lowerBound % Self.pieceSize) }
    }

    /// Takes memory in advance for the next image: for whoever has time between one and the next.
    public func prepare() { memory.prepare(min(bound + bound / 4, max(room, bound))) }

    /// What is encoded of a table that is copied in whole: all entries, or those that changed, where that is less than
    /// half of them. O(identifiers / 64).
    @usableFromInline var written: IdentifierSet {
        let live = IdentifierSet(below: bound, without: free)
        guard isOfChanges else { return live }
        let changes = live.intersection(IdentifierSet(below: bound, words: changed))
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
            bound: bound, free: free, room: capacity, marks: marks, earlier: stamp, asChanges: asChanges)
        stamp = image.stamp
        marks.update(repeating: 0, count: Self.markCount(bound))
        frozen = image
        uncopied = 0
    }
}

extension KeyedTable {
    /// Copies frozen entries that were not copied yet, for `budget` bytes, which shrinks by what was used up. Returns
    /// whether all are copied.
    @inlinable public mutating func continueFreezing(budget: inout Int) -> Bool {
        guard let image = frozen else { return true }
        while uncopied < image.bound {
            guard budget > 0 else { return false }
            let copied = image.copyPiece(uncopied / FrozenTable<Key, Value>.pieceSize, of: entries)
            uncopied += FrozenTable<Key, Value>.pieceSize
            // To look at one that is not copied takes time, too.
            budget -= copied * MemoryLayout<Entry>.stride + 64
        }
        ImageCopy.publish()
        frozen = nil
        uncopied = .max
        return true
    }

    /// Copies all that is left.
    @inlinable mutating func finishFreezing() {
        var budget = Int.max
        _ = continueFreezing(budget: &budget)
    }

    /// Marks an entry that is handed out for the first time since the table was frozen; copies its piece, where that has
    /// not been done, before it changes.
    @inlinable @inline(never)
    func mark(_ identifier: Int) {
        if identifier >= uncopied { frozen?.copyPiece(identifier / FrozenTable<Key, Value>.pieceSize, of: entries) }
        marks[identifier &>> 3] = 1
    }
}

/// Numbers for images, each given once, so that a table knows the image it was frozen into last.
@usableFromInline enum FrozenTableStamps {
    private static let latest = Atomic<UInt64>(0)

    @usableFromInline static func next() -> UInt64 { latest.add(1, ordering: .relaxed).newValue }

    /// Each octet of a piece marked.
    @usableFromInline static var everyOctet: UInt64 { 0x0101_0101_0101_0101 }
}
