/// The newest elements of a slice, which wait for the memory that their folds need.
///
/// An element passes three stages, each ``WaitingElement/stride`` elements after the one before: the slot of its key's
/// hash is fetched, then the key's row; then that is looked up, or made, and its place in columns fetched; then the
/// element is folded in. Rows are made, and elements folded, in the order they came.
@usableFromInline typealias WaitingElements<Key: StreamKey, Element> = WaitingRing<WaitingElement<Key, Element>, 32>

@usableFromInline struct WaitingElement<Key: StreamKey, Element> {
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

    /// The ring has room for three.
    @inlinable static var stride: Int { 8 }
}

extension SlicedWindowOperator {
    /// An element of the current slice comes; the one that came three stages before is folded in.
    @inlinable @inline(__always)
    func wait(_ element: Element, _ key: Key, in slice: UnsafeMutablePointer<Slices.Slice>) {
        let stride = WaitingElement<Key, Element>.stride
        let hash = key.shortHash
        slice.pointee.table.prefetchSlot(hash: hash)
        let (number, taken) = (waiting.came, waiting.taken)
        waiting.append(.init(key: key, element: element, hash: hash))
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
        let oldest = waiting.removeFirst()
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
