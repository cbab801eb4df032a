// Where windows overlap, keys have numbers, and slices their rows by these: see ``FrontWindow``.

extension SlicedWindows {
    /// Slices before this one were taken in by the running window, or have left it without having been.
    @inlinable var takenIn: Int64 { max(front.end, front.first) }

    @inlinable @inline(__always)
    mutating func updateOverlapping(slice number: Int64, key: Key, _ body: (inout Accumulator) -> Void) {
        let slice = slices[number]
        var known = front.number(of: key)
        var row = front.row(known, in: slice)
        if row < 0 { (known, row) = front.addRow(key, known, to: slice) }
        body(&slice.pointee.table[row].pointee.value)
        amend(number, key, known, body)
    }

    /// Makes a change also where the slice has been taken in already: the running windows get the difference.
    @inlinable @inline(__always)
    mutating func amend(_ slice: Int64, _ key: Key, _ number: Int, _ body: (inout Accumulator) -> Void) {
        guard slice < takenIn else { return }
        var amount = Accumulator()
        body(&amount)
        front.amend(slice: slice, number: number, by: amount)
        anchor.amend(slice: slice, key: key, by: amount)
    }

    /// Keys with a row in a live slice: those that have numbers. 0 where windows do not overlap.
    @inlinable public var keyCount: Int { front.table.count }

    /// Whether the running window has taken a slice in: what changes in the slice then changes there, too.
    @inlinable @inline(__always)
    public func hasTakenIn(_ slice: Int64) -> Bool { slice < takenIn }

    /// Whether a number, which may be any, is a key's whose newest row lies in a slice.
    @inlinable @inline(__always)
    public func isNewest(_ number: Int32, _ key: Key, in slice: Int64) -> Bool {
        front.isNewest(Int(number), key, in: slice)
    }

    /// Whether a number, which may be any, is a key's at least until `slice` goes.
    @inlinable public func isNumbered(_ number: Int32, through slice: Int64) -> Bool {
        guard number >= 0, number < front.table.bound else { return false }
        let held = front.table.again(Int(number)).pointee.value
        return held.row >= 0 && held.slice >= slice
    }

    /// The same of a certain key's number.
    @inlinable public func isNumbered(_ number: Int32, _ key: Key, through slice: Int64) -> Bool {
        isNumbered(number, through: slice) && front.table.again(Int(number)).pointee.key == key
    }

    /// The number of a key, good as long as a live slice has a row of it; -1 where none has.
    @inlinable public func number(of key: Key) -> Int32 {
        overlaps ? Int32(truncatingIfNeeded: front.number(of: key)) : -1
    }

    /// Asks for what is looked at first of a key that very likely has this number.
    @inlinable @inline(__always)
    public func prefetch(number: Int32) {
        if number >= 0, number < front.table.bound { front.table.prefetch(Int(number), lines: 1) }
    }

    /// Asks for the row in a slice of a key that very likely has this number, where it has one and elements come there now.
    @inlinable @inline(__always)
    public func prefetchRow(slice: Int64, number: Int32) {
        guard let current = slices.current, current.pointee.number == slice, number >= 0, number < front.table.bound
        else { return }
        let newest = front.table.again(Int(number)).pointee.value.newest
        if newest.slice == slice { current.pointee.table.prefetch(Int(newest.row), lines: 2) }
    }

    /// Asks for the place where a key's number will be looked up, where windows overlap; then for what is kept of the key.
    @inlinable @inline(__always)
    public func prefetchSlot(of key: Key) { front.table.prefetchSlot(hash: key.tableHash) }

    @inlinable @inline(__always)
    public func prefetchEntry(of key: Key) { _ = front.table.prefetchEntry(hash: key.tableHash, lines: 1) }

    /// Hands out all rows that are not empty, slice by slice, and forgets them; the slices stay.
    public mutating func takeAllRows(_ body: (Int64, Row) -> Void) {
        for slice in slices.live {
            for row in 0..<slice.pointee.table.count {
                let entry = slice.pointee.table[row].pointee
                if !entry.value.isEmpty { body(slice.pointee.number, Row(key: entry.key, value: entry.value)) }
            }
            slice.pointee.table.removeAll()
            slice.pointee.numbers.removeAll()
            slice.pointee.admitted.removeAll()
        }
        front.forgetKeys()
    }

    /// ``update(slice:key:_:)`` of a key that very likely has this number.
    @inlinable @inline(__always)
    public mutating func update(
        slice number: Int64, key: Key, number guess: Int32, _ body: (inout Accumulator) -> Void
    ) {
        guard overlaps, front.isKey(Int(guess), key) else { return update(slice: number, key: key, body) }
        let slice = slices[number]
        var known = Int(guess)
        var row = front.row(known, in: slice)
        if row < 0 { (known, row) = front.addRow(key, known, to: slice) }
        body(&slice.pointee.table[row].pointee.value)
        amend(number, key, known, body)
    }

    /// ``update(slice:key:number:_:)`` of a slice that the running window holds and is about to let go of. What the slice
    /// would keep for nobody is noted in the window alone.
    @inlinable @inline(__always)
    public mutating func updateLeaving(
        slice: Int64, key: Key, number: Int32, _ body: (inout Accumulator) -> Void
    ) {
        guard overlaps, !keepsFired, slice >= front.first, slice < front.end, front.isKey(Int(number), key) else {
            return update(slice: slice, key: key, number: number, body)
        }
        front.pass(Int(number), body)
    }

    /// The same of the key with a number, which is good (``isNumbered(_:through:)``). No lateness is allowed.
    @inlinable @inline(__always)
    public mutating func updateLeaving(slice: Int64, number: Int32, _ body: (inout Accumulator) -> Void) {
        assert(!keepsFired)
        if slice >= front.first, slice < front.end { front.pass(Int(number), body) }
    }
}
