internal import Glibc
internal import Synchronization

/// The entries of a table on their way into its image, as bytes, copied by two threads at once and each of them once.
///
/// The table's thread takes eight entries, an *octet*, before it changes one of them. Another thread goes through all of
/// them meanwhile: it copies a *piece* of 64 aside, takes of its octets what is still there to be taken, and throws away
/// the others, which may have been changing under its hands. So the table's thread never waits for the other one,
/// except where the table's memory moves or goes: then for one piece.
@usableFromInline final class ImagePieces: @unchecked Sendable {
    @usableFromInline static var pieceSize: Int { 64 }
    @usableFromInline static var octetSize: Int { 8 }
    private static var everyOctet: UInt8 { .max }

    /// Bytes from one entry to the next.
    private let stride: Int
    /// The entries and their copies.
    private var source: UnsafeRawPointer?
    private var target: UnsafeMutableRawPointer?
    @usableFromInline private(set) var bound = 0
    /// Whether copies are compared with what they replace.
    private var isCompared = false
    /// By piece, bit by octet: taken, or not to be copied.
    private var taken: UnsafeMutablePointer<Atomic<UInt8>>
    /// By piece, bit by entry: not what it was in the image before, as each of the threads has found.
    @exclusivity(unchecked) private var changedHere: [UInt64] = []
    @exclusivity(unchecked) private var changedBeside: [UInt64] = []
    private var room = 0
    /// Where the other thread copies a piece to.
    private let aside: UnsafeMutableRawPointer
    /// Held while the other thread reads the table, and while the table's memory moves.
    private let isReading = Atomic<Bool>(false)
    /// Nothing is read any more. Changed by who holds the lock.
    private var isOver = true

    @usableFromInline init(stride: Int) {
        self.stride = stride
        taken = .allocate(capacity: 0)
        aside = .allocate(byteCount: Self.pieceSize * stride, alignment: 64)
    }

    deinit {
        taken.deinitialize(count: room)
        taken.deallocate()
        aside.deallocate()
    }

    private var pieceCount: Int { (bound + Self.pieceSize - 1) / Self.pieceSize }

    /// Begins to copy the entries below `bound`. `marks`: byte by octet, 1 where it is to be copied and else 0; `nil`
    /// where all are. `changed`: what is known to be another than before, by piece. O(pieces).
    @usableFromInline func begin(
        from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, bound: Int, marks: UnsafeRawPointer?,
        isCompared: Bool, changed: [UInt64]
    ) {
        (self.source, self.target, self.bound) = (source, target, bound)
        self.isCompared = isCompared
        let count = pieceCount
        makeRoom(count)
        for piece in 0..<count {
            let octets = min(8, (bound - piece * Self.pieceSize + Self.octetSize - 1) / Self.octetSize)
            var wanted = Self.everyOctet >> UInt8(8 - octets)
            if let marks {
                var bytes: UInt64 = 0
                memcpy(&bytes, marks + piece * 8, octets)
                // Byte by octet becomes bit by octet.
                wanted &= UInt8((bytes &* 0x0102_0408_1020_4080) >> 56)
            }
            taken[piece].store(~wanted, ordering: .relaxed)
        }
        changedHere = changed
        changedBeside.removeAll(keepingCapacity: true)
        if !changed.isEmpty { changedBeside.append(contentsOf: repeatElement(0, count: count)) }
        isOver = false
    }

    private func makeRoom(_ count: Int) {
        guard count > room else { return }
        taken.deinitialize(count: room)
        taken.deallocate()
        room = count + count / 4
        taken = .allocate(capacity: room)
        for piece in 0..<room { (taken + piece).initialize(to: Atomic(Self.everyOctet)) }
    }

    /// By piece, bit by entry: may be another than in the image before. Of meaning where `changed` was given.
    @usableFromInline var changed: [UInt64] {
        var changed = changedHere
        for piece in changed.indices { changed[piece] |= changedBeside[piece] }
        return changed
    }

    // MARK: The table's thread

    /// Copies an octet, unless that has been done: one of its entries is going to change.
    @usableFromInline func takeOctet(_ octet: Int) {
        let (piece, bit) = (octet / 8, UInt8(1) << UInt8(octet % 8))
        guard piece < pieceCount, taken[piece].load(ordering: .acquiring) & bit == 0 else { return }
        take(bit, of: piece)
    }

    /// Copies what is left of a piece. Returns how many entries that were, at most.
    @usableFromInline func takePiece(_ piece: Int) -> Int {
        guard taken[piece].load(ordering: .acquiring) != Self.everyOctet else { return 0 }
        return take(Self.everyOctet, of: piece) * Self.octetSize
    }

    @discardableResult
    private func take(_ octets: UInt8, of piece: Int) -> Int {
        let mine = octets & ~taken[piece].bitwiseOr(octets, ordering: .acquiringAndReleasing).oldValue
        guard let source else { return 0 }
        let found = copy(mine, of: piece, from: source + piece * Self.pieceSize * stride)
        if !changedHere.isEmpty { changedHere[piece] |= found }
        return mine.nonzeroBitCount
    }

    /// All is taken: from here on the other thread does not read the table any more.
    @usableFromInline func end() {
        suspend()
        isOver = true
        resume()
        ImageCopy.publish()
    }

    /// Copies all that is left, and ends.
    @usableFromInline func finish() {
        for piece in 0..<pieceCount { _ = takePiece(piece) }
        end()
    }

    /// The other thread does not read the table until ``resume()``: its memory may move.
    @usableFromInline func suspend() {
        while isReading.exchange(true, ordering: .acquiring) { sched_yield() }
    }

    @usableFromInline func resume() { isReading.store(false, ordering: .releasing) }

    /// As ``resume()``: the entries are elsewhere now.
    @usableFromInline func resume(from source: UnsafeRawPointer) {
        self.source = source
        resume()
    }

    // MARK: The other thread

    /// Copies whatever the table's thread does not take itself.
    @usableFromInline func copyBeside() {
        for piece in 0..<pieceCount where taken[piece].load(ordering: .relaxed) != Self.everyOctet {
            guard setAside(piece) else { break }
            takeSetAside(piece)
        }
        ImageCopy.publish()
    }

    /// Reads what nobody has taken of a piece yet, which may change meanwhile. Whether the table may still be read.
    func setAside(_ piece: Int) -> Bool {
        suspend()
        defer { resume() }
        guard !isOver, let source else { return false }
        let first = piece * Self.pieceSize
        let left = ~taken[piece].load(ordering: .relaxed)
        let start = left.trailingZeroBitCount * Self.octetSize
        let end = min((8 - left.leadingZeroBitCount) * Self.octetSize, bound - first)
        if start < end {
            memcpy(aside + start * stride, source + (first + start) * stride, (end - start) * stride)
        }
        return true
    }

    /// Takes what is left of the piece that was set aside last. Who takes an octet later than this changes it later than
    /// it was read; what somebody took before is thrown away.
    func takeSetAside(_ piece: Int) {
        let all = Self.everyOctet
        let mine = ~taken[piece].bitwiseOr(all, ordering: .acquiringAndReleasing).oldValue
        let found = copy(mine, of: piece, from: UnsafeRawPointer(aside))
        if !changedBeside.isEmpty { changedBeside[piece] |= found }
    }

    /// Copies octets of a piece, which is at `start`; says which entries are others than they were, or may be.
    private func copy(_ octets: UInt8, of piece: Int, from start: UnsafeRawPointer) -> UInt64 {
        guard let target else { return 0 }
        let first = piece * Self.pieceSize
        let count = min(Self.pieceSize, bound - first)
        var (left, found) = (octets, 0 as UInt64)
        while left != 0 {
            // Neighbours together.
            let octet = left.trailingZeroBitCount
            let length = (~(left >> UInt8(octet))).trailingZeroBitCount
            left &= ~((UInt8.max >> UInt8(8 - length)) << UInt8(octet))
            let begin = octet * Self.octetSize
            let entries = min(length * Self.octetSize, count - begin)
            let (from, to) = (start + begin * stride, target + (first + begin) * stride)
            if isCompared {
                found |= ImageCopy.copyComparing(from, to: to, count: entries, stride: stride) << UInt64(begin)
            } else {
                ImageCopy.copy(from, to: to, byteCount: entries * stride)
                found |= (UInt64.max >> UInt64(Self.pieceSize - entries)) << UInt64(begin)
            }
        }
        return found
    }
}
