/// The fold of one window for every key, moved along slice by slice, for any aggregate.
///
/// What can be taken apart is subtracted when a slice leaves (subtract-on-evict). Of the rest there are two stacks
/// (Two-Stacks; Tangwongsan, Hirzel and Schneider, "In-order sliding-window aggregation in worst-case constant time",
/// VLDB J. 30, 2021): in front of a boundary each entry of a slice keeps the fold from there up to the boundary, behind
/// it the key keeps one fold; the two make the window's. When the window has passed the boundary, the next one is a
/// window's length later, and the folds up to it are made from the newest to the oldest. So each entry of a slice is
/// merged twice and subtracted once, however many windows hold it, and a window's result costs one merge.
///
/// Boundaries lie at fixed slices (as in van Herk, Pattern Recognition Letters 13, 1992), so that in what order a fold
/// was made, which floating-point numbers tell, depends on the key's elements alone: not on other keys or on restarts.
@usableFromInline
struct RunningFold<Key: StreamKey, Function: Aggregate>: ~Copyable {
    @usableFromInline typealias Slices = SliceStore<Key, Function.Rows.Accumulator, FoldParts<Function>>
    @usableFromInline typealias Slice = UnsafeMutablePointer<Slices.Slice>

    /// What the window holds of a key.
    @usableFromInline struct Held {
        /// All of what can be taken apart, and of the rest what lies behind the boundary.
        @usableFromInline var total: Function.Rows.Accumulator
        /// The fold of the key's entries in front of the boundary, but for what can be taken apart.
        @usableFromInline var front = Slices.SuffixPlace.nowhere
        /// Slices of the window with an entry of the key.
        @usableFromInline var slices: Int32 = 0
        /// Whether it is among those that `emptied` names.
        @usableFromInline var isEmptied = false

        @inlinable init(total: Function.Rows.Accumulator) { self.total = total }
    }

    @usableFromInline let function: Function
    @usableFromInline let rows: Function.Rows
    /// What is kept of the window beside the rows of its keys.
    @usableFromInline let columns = Function.Columns.Window()
    /// The slices held are `first` ..< `end`.
    @usableFromInline var first = Int64.min
    @usableFromInline var end = Int64.min
    @usableFromInline var boundary = Int64.min
    /// A key that the window lets go of stays, with a fold of nothing, until the keys are put in order.
    @usableFromInline var table = KeyedTable<Key, Held>()
    /// The keys in order, but for those that came or went since.
    @usableFromInline var order: [PrefixSorter.Place] = []
    /// Keys that came since: they are not in `order` yet.
    @usableFromInline var arrivals = PrefixSorter()
    /// Keys of which the window held nothing at some time since.
    @usableFromInline var emptied: [UInt32] = []
    /// Where complete slices lie, and what packs them.
    @usableFromInline let memory = SliceMemory()
    @usableFromInline var packer = RowPacker<Slices.Table.Entry>()
    /// Empty tables of slices that were packed, for the next ones; and those without memory that slices had for them.
    /// Owned.
    @usableFromInline var spares: [UnsafeMutablePointer<Slices.Table>] = []
    @usableFromInline var blanks: [UnsafeMutablePointer<Slices.Table>] = []

    @inlinable init(_ function: Function) {
        self.function = function
        rows = function.rows
    }

    @inlinable deinit {
        columns.release()
        for spare in spares + blanks {
            spare.deinitialize(count: 1)
            spare.deallocate()
        }
    }

    /// Moves the window to the slices `first` ..< `end`, neither of which goes back.
    @inlinable mutating func move(
        to first: Int64, _ end: Int64, boundary: Int64, in slices: borrowing Slices
    ) {
        if boundary != self.boundary {
            // Behind the old boundary, and so behind all that is held.
            leave(before: first, in: slices)
            enter(before: boundary, in: slices)
            self.boundary = boundary
            if Function.Rows.needsStacks { makeStack(in: slices) }
        } else {
            leave(before: first, in: slices)
        }
        enter(before: end, in: slices)
    }

    @inlinable mutating func enter(before end: Int64, in slices: borrowing Slices) {
        guard end > self.end else { return }
        var place = slices.firstPlace(from: max(self.end, first))
        while place < slices.live.count, slices.live[place].pointee.number < end {
            enter(slices.live[place])
            place += 1
        }
        self.end = end
    }

    @inlinable mutating func enter(_ slice: Slice) {
        let count = slice.pointee.table.count
        let isPacked = PackedRows<Slices.Table.Entry>.isPossible
        if isPacked { packer.begin(count) }
        for identifier in 0..<count {
            prefetchEntering(slice, identifier, count)
            let entry = slice.pointee.table[identifier]
            let number = number(entry.pointee.key)
            let held = table[number]
            slice.pointee.numbers.append(number)
            rows.mergeInPlace(&entry.pointee.value, into: &held.pointee.value.total)
            held.pointee.value.slices += 1
            if isPacked { packer.append(entry) }
        }
        slice.pointee.columns.enter(
            columns, numbers: slice.pointee.numbers.numbers, rowCount: count, keyCount: table.bound)
        if isPacked {
            slice.pointee.packed = packer.finish(count, in: memory)
            takeBack(&slice.pointee.table)
        }
    }

    /// A key's number, which is its entry here, as long as the window holds a slice with an entry of the key.
    @inlinable @inline(__always)
    mutating func number(_ key: Key) -> Int {
        let hash = key.shortHash
        var identifier = table.find(key, hash: hash)
        if identifier < 0 {
            let rows = rows
            identifier = table.insert(key, hash: hash) {
                Held(total: rows.makeAccumulator())
            } renew: {
                rows.reset(&$0.total)
                $0.front = .nowhere
                $0.slices = 0
                $0.isEmptied = false
            }
            arrivals.places.append(
                .init(prefix: key.sortPrefix, identifier: UInt32(truncatingIfNeeded: identifier)))
        }
        return identifier
    }

    @inlinable mutating func leave(before first: Int64, in slices: borrowing Slices) {
        guard first > self.first else { return }
        var place = slices.firstPlace(from: self.first)
        while place < slices.live.count, slices.live[place].pointee.number < min(first, end) {
            leave(slices.live[place])
            place += 1
        }
        self.first = first
        end = max(end, first)
    }

    @inlinable mutating func leave(_ slice: Slice) {
        let count = slice.pointee.numbers.count
        slice.pointee.columns.leave(columns, numbers: slice.pointee.numbers.numbers)
        eachRow(of: slice) { window, row, fold in
            window.prefetch(slice, row, count)
            window.leave(&fold, slice.pointee.numbers[row])
        }
        for number in slice.pointee.suffixes.indices { leave(slice, suffix: number) }
        slice.pointee.numbers.removeAll()
    }

    /// Takes away what a slice has of the key with this number.
    @inlinable @inline(__always)
    mutating func leave(_ value: inout Function.Rows.Accumulator, _ number: Int) {
        let held = table[number]
        held.pointee.value.slices -= 1
        guard held.pointee.value.slices == 0 else {
            return rows.subtract(&value, from: &held.pointee.value.total)
        }
        rows.reset(&held.pointee.value.total)
        held.pointee.value.front = .nowhere
        if !held.pointee.value.isEmptied {
            held.pointee.value.isEmptied = true
            emptied.append(UInt32(truncatingIfNeeded: number))
        }
    }

    /// Calls `body` with each row of a slice that the window holds, and its fold.
    @inlinable @inline(__always)
    mutating func eachRow(
        of slice: Slice,
        _ body: (inout Self, _ row: Int, _ fold: inout Function.Rows.Accumulator) -> Void
    ) {
        let count = slice.pointee.numbers.count
        guard slice.pointee.packed.count > 0 else {
            for row in 0..<count { body(&self, row, &slice.pointee.table[row].pointee.value) }
            return
        }
        withUnsafeTemporaryAllocation(of: Slices.Table.Entry.self, capacity: 1) { entry in
            guard let entry = entry.baseAddress else { return }
            var reader = PackedRows<Slices.Table.Entry>.Reader(slice.pointee.packed)
            for row in 0..<count {
                reader.read(into: entry)
                body(&self, row, &entry.pointee.value)
            }
        }
    }

    /// Asks for what the entries behind this one will need to enter: first the slot of the key's hash, then what the
    /// window holds of the key.
    @inlinable @inline(__always)
    func prefetchEntering(_ slice: Slice, _ identifier: Int, _ count: Int) {
        let entries = slice.pointee.table.unsafeEntries
        if identifier + 16 < count { table.prefetchSlot(hash: entries[identifier + 16].key.shortHash) }
        if identifier + 8 < count {
            _ = table.prefetchEntry(
                hash: entries[identifier + 8].key.shortHash, lines: KeyedTable<Key, Held>.linesOfEntry)
        }
    }

    /// The same of entries whose keys have numbers, to leave.
    @inlinable @inline(__always)
    func prefetch(_ slice: Slice, _ identifier: Int, _ count: Int) {
        if identifier + 12 < count {
            table.prefetch(
                slice.pointee.numbers[identifier + 12], lines: KeyedTable<Key, Held>.linesOfEntry)
        }
    }

    // MARK: Tables of slices

    /// Gives the empty table that a slice had to the next one.
    @inlinable mutating func lend(to table: inout Slices.Table) {
        guard let spare = spares.popLast() else { return }
        swap(&table, &spare.pointee)
        blanks.append(spare)
    }

    /// Takes over the table of a slice that was packed, where it was well used.
    @inlinable mutating func takeBack(_ table: inout Slices.Table) {
        guard table.count * 8 >= table.capacity, spares.count < 4 else {
            table = Slices.Table()
            return
        }
        table.removeAll()
        if blanks.isEmpty {
            blanks.append(.allocate(capacity: 1))
            blanks[0].initialize(to: Slices.Table())
        }
        let spare = blanks.removeLast()
        swap(&table, &spare.pointee)
        spares.append(spare)
    }

    // MARK: Results

    /// Asks for what the results behind this one will need.
    @inlinable @inline(__always)
    func prefetchResult(_ place: Int, _ count: Int) {
        if place + 16 < count {
            table.prefetch(Int(order[place + 16].identifier), lines: KeyedTable<Key, Held>.linesOfEntry)
        }
        guard Function.Rows.needsStacks, place + 8 < count else { return }
        prefetchSuffix(table[Int(order[place + 8].identifier)].pointee.value.front)
    }

    /// The window's result for the key with this number.
    @inlinable @inline(__always)
    func result(of number: Int) -> Function.Result {
        let held = table[number]
        let front = held.pointee.value.front
        guard Function.Rows.needsStacks, let slice = front.slice else {
            return function.result(of: &held.pointee.value.total, number: number, in: columns)
        }
        return function.result(
            of: &held.pointee.value.total,
            behind: &slice.pointee.suffixes[Int(front.number)].value, number: number, in: columns)
    }
}
