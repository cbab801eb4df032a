/// The window that fires next where windows overlap, moved along slice by slice as a ``RunningWindow`` is; and the
/// numbers by which slices know their keys.
///
/// A key has a number, which is its entry here, as long as some live slice has a row of it. Its entry knows the newest
/// of these rows: so to add to the slice in which elements come now takes one look at the entry, and a slice that
/// enters or leaves goes from each row straight to the key's fold.
@usableFromInline
struct FrontWindow<Key: WindowKey, Accumulator: SliceAccumulator>: ~Copyable {
    @usableFromInline typealias Table = KeyedTable<Key, NumberedKey<Accumulator>>
    @usableFromInline typealias Slices = SliceStore<Key, Accumulator, NothingStacked>
    @usableFromInline typealias Slice = UnsafeMutablePointer<Slices.Slice>

    /// The slices held are `first` ..< `end`.
    @usableFromInline var first = Int64.min
    @usableFromInline var end = Int64.min
    @usableFromInline var table = Table()
    /// Keys whose fold is not empty: the window's rows.
    @usableFromInline var rowCount = 0

    @inlinable init() {}

    // MARK: Rows of slices

    /// The number of a key; -1 where no live slice has a row of it.
    @inlinable @inline(__always)
    func number(of key: Key) -> Int { table.find(key, hash: key.tableHash) }

    /// Whether a number, which may be any, is that of a key.
    @inlinable @inline(__always)
    func isKey(_ number: Int, _ key: Key) -> Bool {
        guard number >= 0, number < table.bound else { return false }
        let entry = table.again(number)
        return entry.pointee.value.row >= 0 && entry.pointee.key == key
    }

    /// Whether a number is that of a key, and the key's newest row lies in a slice. The number may be any.
    @inlinable @inline(__always)
    func isNewest(_ number: Int, _ key: Key, in slice: Int64) -> Bool {
        guard number >= 0, number < table.bound else { return false }
        let entry = table.again(number)
        return entry.pointee.value.slice == slice && entry.pointee.value.row >= 0 && entry.pointee.key == key
    }

    /// The newest row of a key.
    @inlinable @inline(__always)
    func newestRow(_ number: Int) -> Int { Int(table.again(number).pointee.value.row) }

    /// A key's row in a slice; -1 where it has none. `number`: the key's, or -1.
    @inlinable @inline(__always)
    func row(_ number: Int, in slice: Slice) -> Int {
        guard number >= 0 else { return -1 }
        let held = table.again(number).pointee.value.newest
        if held.slice == slice.pointee.number { return Int(held.row) }
        return held.slice < slice.pointee.number ? -1 : slice.pointee.numbers.row(of: number)
    }

    /// Gives a key without a row in the slice one, and a number where it has none. Returns number and row.
    @inlinable @inline(never)
    mutating func addRow(_ key: Key, _ number: Int, to slice: Slice) -> (number: Int, row: Int) {
        let number = number >= 0 ? number : table.insert(key, hash: key.tableHash, value: NumberedKey())
        let row = slice.pointee.table.append(key, value: Accumulator())
        slice.pointee.numbers.append(number)
        let entry = table[number]
        if entry.pointee.value.row < 0 || entry.pointee.value.slice < slice.pointee.number {
            entry.pointee.value.slice = slice.pointee.number
            entry.pointee.value.row = Int32(truncatingIfNeeded: row)
        }
        return (number, row)
    }

    /// The same of a key that has no row in the slice or a later one. Returns its number; the row is the slice's last.
    @inlinable @inline(__always)
    mutating func addNewestRow(_ key: Key, _ number: Int, to slice: Slice) -> Int {
        let number = number >= 0 ? number : table.insert(key, hash: key.tableHash, value: NumberedKey())
        let row = slice.pointee.table.append(key, value: Accumulator())
        slice.pointee.numbers.append(number)
        let entry = table[number]
        entry.pointee.value.slice = slice.pointee.number
        entry.pointee.value.row = Int32(truncatingIfNeeded: row)
        return number
    }

    /// A slice goes: keys of which it held the newest row lose their numbers.
    @inlinable mutating func release(_ slice: Slice) {
        let number = slice.pointee.number
        for row in 0..<slice.pointee.numbers.count {
            let key = slice.pointee.numbers[row]
            guard table.again(key).pointee.value.slice == number else { continue }
            let entry = table[key]
            entry.pointee.value.forgetRow()
            removeWhereZero(key)
        }
    }

    /// Removes a key without a row whose fold is that of nothing. Where it is not, corrections are still to come.
    @inlinable mutating func removeWhereZero(_ number: Int) {
        let entry = table.again(number)
        guard entry.pointee.value.row < 0, entry.pointee.value.fold.isZero else { return }
        table.remove(number, hash: entry.pointee.key.tableHash)
    }

    /// No slice has a row any more.
    mutating func forgetKeys() {
        table = Table()
        rowCount = 0
    }

    // MARK: Moving along

    /// Notes a change of a slice's fold that was made after the slice came in.
    @inlinable mutating func amend(slice: Int64, number: Int, by amount: Accumulator) {
        let hasLeft = slice < first
        guard hasLeft || slice < end else { return }
        change(number) { fold in
            fold.enter(amount)
            if hasLeft { fold.leave(amount) }
        }
        removeWhereZero(number)
    }

    @inlinable @inline(__always)
    mutating func change(_ number: Int, _ body: (inout Accumulator) -> Void) {
        let entry = table[number]
        let wasEmpty = entry.pointee.value.fold.isEmpty
        body(&entry.pointee.value.fold)
        let isEmpty = entry.pointee.value.fold.isEmpty
        if wasEmpty != isEmpty { rowCount += isEmpty ? -1 : 1 }
    }

    /// Notes a change of a slice's fold that comes in and goes at once.
    @inlinable @inline(__always)
    mutating func pass(_ number: Int, _ body: (inout Accumulator) -> Void) {
        var amount = Accumulator()
        body(&amount)
        change(number) {
            $0.enter(amount)
            $0.leave(amount)
        }
    }

    /// Takes in the slices before `end`.
    @inlinable mutating func enter(until end: Int64, in slices: borrowing Slices) {
        guard end > self.end else { return }
        for place in slices.places(from: max(self.end, first), until: end) {
            sweep(slices.live[place]) { $0.enter($1) }
        }
        self.end = end
    }

    /// Takes out the slices before `first`.
    @inlinable mutating func leave(until first: Int64, in slices: borrowing Slices) {
        guard first > self.first else { return }
        for place in slices.places(from: self.first, until: min(first, end)) {
            sweep(slices.live[place]) { $0.leave($1) }
        }
        self.first = first
    }

    /// Changes the folds of a slice's keys by its rows.
    @inlinable @inline(__always)
    mutating func sweep(_ slice: Slice, _ body: (inout Accumulator, Accumulator) -> Void) {
        let (rows, count) = (slice.pointee.table.unsafeEntries, slice.pointee.numbers.count)
        for row in 0..<count {
            if row + 16 < count {
                table.prefetch(slice.pointee.numbers[row + 16], lines: 2)
                slice.pointee.table.prefetch(row + 16, lines: 2)
            }
            change(slice.pointee.numbers[row]) { body(&$0, rows[row].value) }
        }
    }
}

/// What a ``FrontWindow`` keeps of a key.
@frozen @usableFromInline
struct NumberedKey<Accumulator: SliceAccumulator>: BitwiseCopyable, Sendable {
    /// The newest slice with a row of the key, and the row; -1 for none.
    @usableFromInline var slice = Int64.min
    @usableFromInline var row: Int32 = -1
    /// Over the slices that the window holds.
    @usableFromInline var fold = Accumulator()
    /// With a key of 24 bytes and a fold of 80, as the analyser has them, two cache lines are full: what finds a row lies
    /// in the first of them.
    @usableFromInline var padding: UInt64 = 0

    @inlinable init() {}

    @inlinable @inline(__always)
    var newest: (slice: Int64, row: Int32) { (row < 0 ? .min : slice, row) }

    @inlinable mutating func forgetRow() { (slice, row) = (.min, -1) }
}

/// Rows are found again in the slices: the fold is what is written.
extension NumberedKey: StateValue, StateRecord where Accumulator: StateRecord {
    @inlinable func encode(into state: inout StateEncoder) { fold.encode(into: &state) }

    @inlinable init(from state: inout StateDecoder) throws(StateError) {
        self.init()
        fold = try Accumulator(from: &state)
    }
}

extension FrontWindow where Key: StateRecord, Accumulator: StateRecord {
    /// A window that was read, and the slices as they were read: keys find their rows.
    @inlinable init(
        _ first: Int64, _ end: Int64, _ folds: RestoredTable<Key, NumberedKey<Accumulator>>,
        _ slices: borrowing Slices, _ state: borrowing StateDecoder
    ) throws(StateError) {
        self.init()
        self.first = first
        self.end = end
        table = try folds.finish(state)
        // What was free holds zeros, which would be a row.
        for identifier in table.free { table[Int(identifier)].pointee.value = NumberedKey() }
        for slice in slices.live {
            for row in 0..<slice.pointee.table.count {
                let key = slice.pointee.table.again(row).pointee.key
                var number = number(of: key)
                if number < 0 { number = table.insert(key, hash: key.tableHash, value: NumberedKey()) }
                slice.pointee.numbers.append(number)
                table[number].pointee.value.slice = slice.pointee.number
                table[number].pointee.value.row = Int32(truncatingIfNeeded: row)
            }
        }
        for (number, isLive) in table.liveIdentifiers().enumerated() where isLive {
            if !table[number].pointee.value.fold.isEmpty { rowCount += 1 }
            removeWhereZero(number)
        }
    }
}
