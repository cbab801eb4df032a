/// The newest elements of a slice, which wait for the memory that their folds need: the processor fetches it meanwhile,
/// for many elements at once, where it would else stand still for each (software pipelining; Kocberber, Falsafi and
/// Grot, "Asynchronous memory access chaining", VLDB 2015).
///
/// An element passes three stages, each ``stride`` elements after the one before: the slot of its key's hash is fetched,
/// then the key's row; then that is looked up, or made, and its place in columns fetched; then the element is folded in.
/// Rows are made, and elements folded, in the order they came.
@usableFromInline
struct WaitingElements<Key: StreamKey, Element>: ~Copyable {
    @usableFromInline struct Waiting {
        @usableFromInline var key: Key
        @usableFromInline var element: Element
        @usableFromInline var hash: UInt32
        /// The key's row in the slice; -1 before it was looked up.
        @usableFromInline var row: Int32

        @inlinable init(key: Key, element: Element, hash: UInt32) {
            self.key = key
            self.element = element
            self.hash = hash
            row = -1
        }
    }

    /// Elements that came and that were taken, ever.
    @usableFromInline struct Counts: BitwiseCopyable {
        @usableFromInline var came = 0
        @usableFromInline var taken = 0

        @inlinable init() {}
    }

    @inlinable static var stride: Int { 8 }
    /// Elements that wait at most: of three stages, and a power of two.
    @inlinable static var capacity: Int { 32 }

    @usableFromInline let waiting: UnsafeMutablePointer<Waiting>
    @usableFromInline let counts: UnsafeMutablePointer<Counts>

    @inlinable init() {
        waiting = .allocate(capacity: Self.capacity)
        counts = .allocate(capacity: 1)
        counts.initialize(to: Counts())
    }

    @inlinable deinit {
        for number in counts.pointee.taken..<counts.pointee.came { self[number].deinitialize(count: 1) }
        waiting.deallocate()
        counts.deallocate()
    }

    @inlinable @inline(__always)
    subscript(number: Int) -> UnsafeMutablePointer<Waiting> { waiting + (number & (Self.capacity - 1)) }

    @inlinable var isEmpty: Bool { counts.pointee.taken == counts.pointee.came }
}

extension SlicedWindowOperator {
    /// An element of the current slice comes; the one that came three stages before is folded in.
    @inlinable @inline(__always)
    func wait(_ element: Element, _ key: Key, in slice: UnsafeMutablePointer<Slices.Slice>) {
        let stride = WaitingElements<Key, Element>.stride
        let hash = key.shortHash
        slice.pointee.table.prefetchSlot(hash: hash)
        let number = waiting.counts.pointee.came
        let taken = waiting.counts.pointee.taken
        waiting[number].initialize(to: .init(key: key, element: element, hash: hash))
        waiting.counts.pointee.came = number + 1
        if number - stride >= taken {
            _ = slice.pointee.table.prefetchEntry(
                hash: waiting[number - stride].pointee.hash, lines: Slices.Table.linesOfEntry)
        }
        if number - 2 * stride >= taken {
            let third = waiting[number - 2 * stride]
            let row = row(third.pointee.key, hash: third.pointee.hash, in: slice)
            third.pointee.row = Int32(truncatingIfNeeded: row)
            function.prefetch(third.pointee.element, in: slice.pointee.columns, row: row)
        }
        if number - 3 * stride >= taken { takeOldest(into: slice) }
    }

    @inlinable @inline(__always)
    func takeOldest(into slice: UnsafeMutablePointer<Slices.Slice>) {
        let oldest = waiting[waiting.counts.pointee.taken].move()
        waiting.counts.pointee.taken += 1
        let row = oldest.row >= 0 ? Int(oldest.row) : row(oldest.key, hash: oldest.hash, in: slice)
        add(oldest.element, toRow: row, of: slice)
    }

    /// Folds in all that wait: before anything else is done with the slices.
    @inlinable @inline(__always)
    func takeWaiting() {
        if !waiting.isEmpty { takeAllWaiting() }
    }

    @inlinable @inline(never)
    func takeAllWaiting() {
        // Elements wait for the current slice only.
        guard let slice = slices.current else { return }
        while !waiting.isEmpty { takeOldest(into: slice) }
    }
}
