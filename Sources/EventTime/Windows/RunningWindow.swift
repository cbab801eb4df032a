/// The fold of one sliding window for every key, moved along slice by slice: what enters is added and what leaves is
/// taken away, so a step costs O(keys of the slices that enter and leave) however many slices the window holds.
@usableFromInline
struct RunningWindow<Key: WindowKey, Accumulator: SliceAccumulator>: ~Copyable {
    @usableFromInline typealias Table = KeyedTable<Key, Accumulator>

    /// The slices held are `first` ..< `end`.
    @usableFromInline var first = Int64.min
    @usableFromInline var end = Int64.min
    /// Dense: a key whose fold has become zero is removed.
    @usableFromInline var table = Table()
    /// Keys whose fold is not empty: the window's rows.
    @usableFromInline var rowCount = 0

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
        if !value.pointee.value.isEmpty { rowCount -= 1 }
        body(&value.pointee.value)
        if !value.pointee.value.isEmpty {
            rowCount += 1
        } else if value.pointee.value.isZero {
            table.removeDensely(identifier, hash: hash)
        }
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
