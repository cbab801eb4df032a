/// A ``KeyedTable`` as it was at one instant, for another thread to encode while the table goes on.
///
/// Freezing takes no time. Entries are copied afterwards, piece by piece, and each piece at the latest when one of its
/// entries is about to be handed out: so the pause does not grow with the table, and a packet waits for one piece at
/// most. The memory is kept for the next time, since touching fresh memory costs far more than copying.
///
/// What is kept is also the table as it was before: where the copy is asked for as changes, each entry is compared with
/// what it replaces, and those that are the same need not be encoded again. So nothing has to be noted per packet.
///
/// Only tables of plain bytes can be frozen (``KeyedTable/freeze(into:asChanges:)``).
public final class FrozenTable<Key: Equatable, Value>: @unchecked Sendable {
    public typealias Entry = KeyedTable<Key, Value>.Entry

    /// Entries copied together: about 16 KiB of the larger ones, and a word's bits.
    @usableFromInline static var pieceSize: Int { 64 }

    @usableFromInline var memory = ReusableMemory<Entry>()
    /// Identifiers that were handed out, and those of them that were free.
    @usableFromInline var bound = 0
    @usableFromInline var free: [UInt32] = []
    /// Bit by piece: it has been copied.
    @usableFromInline var copied: [UInt64] = []
    /// Word by piece: entries that are not what they were in the image before. Of meaning where that is compared.
    @usableFromInline var changed: [UInt64] = []
    @usableFromInline var isCompared = false

    public init() {}

    /// Entries held.
    public var count: Int { bound - free.count }

    /// Bytes of memory kept for copies.
    public var byteCount: Int { memory.capacity * MemoryLayout<Entry>.stride }

    @usableFromInline func begin(bound: Int, free: [UInt32], asChanges: Bool) {
        let before = asChanges ? IdentifierSet(below: self.bound, without: self.free) : IdentifierSet()
        let isKept = memory.reserve(bound)
        isCompared = asChanges && isKept
        self.bound = bound
        self.free = free
        let pieces = (bound + Self.pieceSize - 1) / Self.pieceSize
        copied.removeAll(keepingCapacity: true)
        copied.append(contentsOf: repeatElement(0, count: (pieces + 63) / 64))
        changed.removeAll(keepingCapacity: true)
        guard isCompared else { return }
        // Entries that were free were not encoded, whatever the memory holds.
        for piece in 0..<pieces { changed.append(piece < before.words.count ? ~before.words[piece] : .max) }
    }

    /// Copies a piece, unless that has been done.
    @inlinable @inline(never)
    func copyPiece(_ piece: Int, of entries: UnsafeMutablePointer<Entry>) {
        let first = piece * Self.pieceSize
        guard first < bound, copied[piece / 64] >> UInt64(piece % 64) & 1 == 0 else { return }
        copied[piece / 64] |= 1 << UInt64(piece % 64)
        // Plain bytes: nothing else is ever frozen.
        let target = UnsafeMutableRawPointer(memory.start + first)
        let count = min(Self.pieceSize, bound - first)
        if isCompared {
            changed[piece] |= ComparingCopy.copy(
                entries + first, to: target, count: count, stride: MemoryLayout<Entry>.stride)
        } else {
            target.copyMemory(from: entries + first, byteCount: count * MemoryLayout<Entry>.stride)
        }
    }

    /// What is encoded of a table that is copied in whole: all entries, or those that changed, where that is less than
    /// half of them. O(identifiers / 64).
    @usableFromInline var written: IdentifierSet {
        let live = IdentifierSet(below: bound, without: free)
        guard isCompared else { return live }
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
        image.begin(bound: bound, free: free, asChanges: asChanges)
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
            image.copyPiece(uncopied / FrozenTable<Key, Value>.pieceSize, of: entries)
            uncopied += FrozenTable<Key, Value>.pieceSize
            budget -= FrozenTable<Key, Value>.pieceSize * MemoryLayout<Entry>.stride
        }
        frozen = nil
        uncopied = .max
        return true
    }

    /// Copies all that is left.
    @inlinable mutating func finishFreezing() {
        var budget = Int.max
        _ = continueFreezing(budget: &budget)
    }

    /// Copies the piece of a frozen entry before it changes.
    @inlinable @inline(never)
    func preserve(_ identifier: Int) {
        frozen?.copyPiece(identifier / FrozenTable<Key, Value>.pieceSize, of: entries)
    }
}
