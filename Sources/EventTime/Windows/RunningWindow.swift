/// The fold of one sliding window for every key, in the order of keys, moved along slice by slice: what enters is
/// added and what leaves is taken away, so a step costs O(rows + keys of the slices that enter and leave) however
/// many slices the window holds.
@usableFromInline
struct RunningWindow<Key: WindowKey, Accumulator: SliceAccumulator>: ~Copyable {
    @usableFromInline typealias Row = WindowRow<Key, Accumulator>
    @usableFromInline typealias Table = KeyedTable<Key, Accumulator>

    /// The slices held are `first` ..< `end`.
    @usableFromInline var first = Int64.min
    @usableFromInline var end = Int64.min
    @usableFromInline var rows: [Row] = []
    /// Changes not yet merged into `rows`: late traffic, and slices beyond the first of a step.
    @usableFromInline var changes = Table()
    @usableFromInline var merged: [Row] = []
    @usableFromInline var changed: [Row] = []

    @inlinable init() {}

    /// Nothing is held and nothing waits to be merged.
    @inlinable var isEmpty: Bool { rows.isEmpty && changes.count == 0 }

    /// A copy that can move ahead on its own.
    @inlinable func copy() -> RunningWindow {
        var copy = RunningWindow()
        copy.first = first
        copy.end = end
        copy.rows = rows
        for identifier in 0..<changes.count {
            let entry = changes[identifier]
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

    @inlinable mutating func change(_ key: Key, _ body: (inout Accumulator) -> Void) {
        let hash = key.tableHash
        var identifier = changes.find(key, hash: hash)
        if identifier < 0 { identifier = changes.insert(key, hash: hash, value: Accumulator()) }
        body(&changes[identifier].pointee.value)
    }

    @inlinable mutating func enter(_ slice: borrowing Table) {
        for identifier in 0..<slice.count {
            let entry = slice[identifier]
            change(entry.pointee.key) { $0.enter(entry.pointee.value) }
        }
    }

    @inlinable mutating func leave(_ slice: borrowing Table) {
        for identifier in 0..<slice.count {
            let entry = slice[identifier]
            change(entry.pointee.key) { $0.leave(entry.pointee.value) }
        }
    }

    /// Merges the changes into `rows`, dropping rows that have become empty.
    @inlinable mutating func settle(_ sorter: inout RowSorter<Key, Accumulator>) {
        guard changes.count > 0 else { return }
        sorter.gather(changes, into: &changed)
        changes.removeAll()
        merged.removeAll(keepingCapacity: true)
        merged.reserveCapacity(rows.count + changed.count)
        var i = 0
        for change in changed {
            while i < rows.count, rows[i].key < change.key {
                merged.append(rows[i])
                i += 1
            }
            var row = change
            if i < rows.count, rows[i].key == change.key {
                row.value = rows[i].value
                row.value.enter(change.value)
                i += 1
            }
            if !row.value.isEmpty { merged.append(row) }
        }
        while i < rows.count {
            merged.append(rows[i])
            i += 1
        }
        swap(&rows, &merged)
    }
}
