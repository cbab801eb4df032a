/// The fold of one sliding window for every key, moved along slice by slice: what enters is added and what leaves is
/// taken away, so a step costs O(keys of the slices that enter and leave) however many slices the window holds.
///
/// This one goes behind the window that fires next, for late elements; that one is a ``FrontWindow``.
@usableFromInline
struct RunningWindow<Key: WindowKey, Accumulator: SliceAccumulator>: ~Copyable {
    @usableFromInline typealias Table = KeyedTable<Key, Accumulator>

    /// The slices held are `first` ..< `end`.
    @usableFromInline var first = Int64.min
    @usableFromInline var end = Int64.min
    /// Dense: a key whose fold has become zero is removed.
    @usableFromInline var table = Table()

    @inlinable init() {}

    /// A copy that can move ahead on its own.
    @inlinable func copy() -> RunningWindow {
        var copy = RunningWindow()
        copy.first = first
        copy.end = end
        for identifier in 0..<table.count {
            let entry = table[identifier]
            copy.change(entry.pointee.key) { $0 = entry.pointee.value }
        }
        return copy
    }

    /// Notes a change of a slice's fold that was made after the slice came in.
    @inlinable mutating func amend(slice: Int64, key: Key, by amount: Accumulator) {
        let hasLeft = slice < first
        guard hasLeft || slice < end else { return }
        change(key) { value in
            value.enter(amount)
            if hasLeft { value.leave(amount) }
        }
    }

    @inlinable @inline(__always)
    mutating func change(_ key: Key, _ body: (inout Accumulator) -> Void) {
        let hash = key.tableHash
        var identifier = table.find(key, hash: hash)
        if identifier < 0 { identifier = table.insert(key, hash: hash, value: Accumulator()) }
        let value = table[identifier]
        body(&value.pointee.value)
        if value.pointee.value.isZero { table.removeDensely(identifier, hash: hash) }
    }

    /// Takes in the slices before `end`.
    @inlinable mutating func enter(
        until end: Int64, in slices: borrowing SliceStore<Key, Accumulator, NothingStacked>
    ) {
        guard end > self.end else { return }
        for place in slices.places(from: max(self.end, first), until: end) {
            enter(slices.live[place].pointee.table)
        }
        self.end = end
    }

    /// Takes out the slices before `first`.
    @inlinable mutating func leave(
        until first: Int64, in slices: borrowing SliceStore<Key, Accumulator, NothingStacked>
    ) {
        guard first > self.first else { return }
        for place in slices.places(from: self.first, until: min(first, end)) {
            leave(slices.live[place].pointee.table)
        }
        self.first = first
    }

    @inlinable mutating func enter(_ slice: borrowing Table) {
        for identifier in 0..<slice.count {
            prefetch(slice, identifier)
            let entry = slice[identifier]
            change(entry.pointee.key) { $0.enter(entry.pointee.value) }
        }
    }

    @inlinable mutating func leave(_ slice: borrowing Table) {
        for identifier in 0..<slice.count {
            prefetch(slice, identifier)
            let entry = slice[identifier]
            change(entry.pointee.key) { $0.leave(entry.pointee.value) }
        }
    }

    /// Asks for the folds of the keys that come a little later.
    @inlinable @inline(__always)
    func prefetch(_ slice: borrowing Table, _ identifier: Int) {
        if identifier + 16 < slice.count {
            table.prefetchSlot(hash: slice[identifier + 16].pointee.key.tableHash)
        }
        if identifier + 8 < slice.count {
            _ = table.prefetchEntry(hash: slice[identifier + 8].pointee.key.tableHash, lines: 2)
        }
    }
}
