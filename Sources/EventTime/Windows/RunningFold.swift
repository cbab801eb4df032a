public import CPrefetch

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
        /// The key's first entry in front of the boundary.
        @usableFromInline var slice: Slice?
        @usableFromInline var identifier: UInt32 = 0
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

    @inlinable init(_ function: Function) {
        self.function = function
        rows = function.rows
    }

    @inlinable deinit { columns.release() }

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
        for identifier in 0..<count {
            prefetchEntering(slice, identifier, count)
            let entry = slice.pointee.table[identifier]
            let number = number(entry.pointee.key)
            let held = table[number]
            slice.pointee.numbers.append(number)
            rows.mergeInPlace(&entry.pointee.value, into: &held.pointee.value.total)
            held.pointee.value.slices += 1
        }
        slice.pointee.columns.enter(
            columns, numbers: slice.pointee.numbers.numbers, rowCount: count, keyCount: table.bound)
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
                $0.slice = nil
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
        for identifier in 0..<count {
            prefetch(slice, identifier, count)
            let entry = slice.pointee.table[identifier]
            let number = slice.pointee.numbers[identifier]
            let held = table[number]
            held.pointee.value.slices -= 1
            guard held.pointee.value.slices > 0 else {
                rows.reset(&held.pointee.value.total)
                held.pointee.value.slice = nil
                if !held.pointee.value.isEmptied {
                    held.pointee.value.isEmptied = true
                    emptied.append(UInt32(truncatingIfNeeded: number))
                }
                continue
            }
            rows.subtract(&entry.pointee.value, from: &held.pointee.value.total)
            if Function.Rows.needsStacks, identifier < slice.pointee.suffixes.count {
                held.pointee.value.slice = slice.pointee.suffixes[identifier].slice
                held.pointee.value.identifier = slice.pointee.suffixes[identifier].identifier
            }
        }
        slice.pointee.numbers.removeAll()
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

    /// Asks for the folds that those of the keys behind this one will be put in front of.
    @inlinable @inline(__always)
    func prefetchStack(_ slice: Slice, _ identifier: Int, _ count: Int) {
        if identifier + 16 < count {
            table.prefetch(slice.pointee.numbers[identifier + 16], lines: KeyedTable<Key, Held>.linesOfEntry)
        }
        guard identifier + 8 < count else { return }
        let held = table[slice.pointee.numbers[identifier + 8]]
        if let next = held.pointee.value.slice { prefetchSuffix(next, held.pointee.value.identifier) }
    }

    /// Makes all that is held the front stack.
    @inlinable mutating func makeStack(in slices: borrowing Slices) {
        for identifier in 0..<table.bound {
            rows.resetStacked(&table[identifier].pointee.value.total)
            table[identifier].pointee.value.slice = nil
        }
        let low = slices.firstPlace(from: first)
        var place = slices.firstPlace(from: end)
        while place > low {
            place -= 1
            let slice = slices.live[place]
            let count = slice.pointee.numbers.count
            slice.pointee.suffixes.removeAll(keepingCapacity: true)
            slice.pointee.suffixes.reserveCapacity(count)
            for identifier in 0..<count {
                prefetchStack(slice, identifier, count)
                push(slice, identifier, table[slice.pointee.numbers[identifier]])
            }
        }
    }

    /// Puts an entry in front of the key's stack.
    @inlinable @inline(__always)
    mutating func push(
        _ slice: Slice, _ identifier: Int, _ held: UnsafeMutablePointer<KeyedTable<Key, Held>.Entry>
    ) {
        var fold = rows.stacked(&slice.pointee.table[identifier].pointee.value)
        if let next = held.pointee.value.slice {
            rows.mergeStacked(&next.pointee.suffixes[Int(held.pointee.value.identifier)].value, into: &fold)
        }
        let suffix = Slices.Suffix(
            value: fold, slice: held.pointee.value.slice, identifier: held.pointee.value.identifier)
        if identifier < slice.pointee.suffixes.count {
            slice.pointee.suffixes[identifier] = suffix
        } else {
            slice.pointee.suffixes.append(suffix)
        }
        held.pointee.value.slice = slice
        held.pointee.value.identifier = UInt32(truncatingIfNeeded: identifier)
    }

    /// Folds the row of a key anew: an element came into a slice that is held. The key's number.
    @inlinable mutating func renew(_ key: Key, in slices: borrowing Slices) -> Int {
        let hash = key.shortHash
        let number = number(key)
        let held = table[number]
        rows.reset(&held.pointee.value.total)
        held.pointee.value.slice = nil
        held.pointee.value.slices = 0
        let low = slices.firstPlace(from: first)
        var isBehind = false
        var place = low
        while place < slices.live.count, slices.live[place].pointee.number < end {
            let slice = slices.live[place]
            if !isBehind, slice.pointee.number >= boundary {
                isBehind = true
                rows.resetStacked(&held.pointee.value.total)
            }
            let identifier = slice.pointee.table.find(key, hash: hash)
            if identifier >= 0 {
                // It may be the first of its key in the slice, and so new there.
                if identifier == slice.pointee.numbers.count { slice.pointee.numbers.append(number) }
                rows.mergeInPlace(
                    &slice.pointee.table[identifier].pointee.value, into: &held.pointee.value.total)
                held.pointee.value.slices += 1
            }
            place += 1
        }
        guard Function.Rows.needsStacks else { return number }
        if !isBehind { rows.resetStacked(&held.pointee.value.total) }
        place = slices.firstPlace(from: min(boundary, end))
        while place > low {
            place -= 1
            let slice = slices.live[place]
            let identifier = slice.pointee.table.find(key, hash: hash)
            if identifier >= 0 { push(slice, identifier, held) }
        }
        return number
    }

    /// Asks for what the results behind this one will need.
    @inlinable @inline(__always)
    func prefetchResult(_ place: Int, _ count: Int) {
        if place + 16 < count {
            table.prefetch(Int(order[place + 16].identifier), lines: KeyedTable<Key, Held>.linesOfEntry)
        }
        guard Function.Rows.needsStacks, place + 8 < count else { return }
        let held = table[Int(order[place + 8].identifier)]
        if let slice = held.pointee.value.slice { prefetchSuffix(slice, held.pointee.value.identifier) }
    }

    @inlinable @inline(__always)
    func prefetchSuffix(_ slice: Slice, _ identifier: UInt32) {
        slice.pointee.suffixes.withUnsafeMutableBufferPointer { suffixes in
            guard let base = suffixes.baseAddress else { return }
            prefetchForWriting(UnsafeRawPointer(base + Int(identifier)))
        }
    }

    /// The window's result for the key with this number.
    @inlinable @inline(__always)
    func result(of number: Int) -> Function.Result {
        let held = table[number]
        guard Function.Rows.needsStacks, let slice = held.pointee.value.slice else {
            return function.result(of: &held.pointee.value.total, number: number, in: columns)
        }
        return function.result(
            of: &held.pointee.value.total,
            behind: &slice.pointee.suffixes[Int(held.pointee.value.identifier)].value, number: number, in: columns)
    }
}
