/// How many keys a slice may have: the first to come get folds of their own, the others share one.
///
/// Each key group admits its own share, and a fold remembers which groups it was admitted for, so who gets one does
/// not depend on which worker holds which groups.
@frozen public struct KeyAdmission<Key: WindowKey>: BitwiseCopyable, Sendable {
    /// Keys that each group may add to a slice.
    public var limitPerGroup: Int32
    /// The key that stands for those that were refused.
    public var overflow: Key
    /// The key group that adds now, 0 to 63.
    public var group = 0

    @inlinable public init(limitPerGroup: Int32, overflow: Key) {
        self.limitPerGroup = limitPerGroup
        self.overflow = overflow
    }
}

extension SlicedWindows where Accumulator: AdmittedAccumulator {
    /// Like ``update(slice:key:_:)``, but only where the key is admitted to the slice; else the change is made to the
    /// overflow key. Returns whether it was admitted.
    @inlinable @inline(__always)
    public mutating func update(
        slice number: Int64, key: Key, admission: KeyAdmission<Key>, _ body: (inout Accumulator) -> Void
    ) -> Bool {
        guard !overlaps else {
            return updateOverlapping(slice: number, key: key, number: -1, admission: admission, body) >= 0
        }
        let slice = slices[number]
        let hash = key.tableHash
        let bit: UInt64 = 1 << UInt64(admission.group)
        var identifier = slice.pointee.table.find(key, hash: hash)
        if identifier < 0 || slice.pointee.table[identifier].pointee.value.admittedGroups & bit == 0 {
            guard Self.admit(slice, admission) else {
                update(slice: number, key: admission.overflow, body)
                return false
            }
            if identifier < 0 { identifier = slice.pointee.table.insert(key, hash: hash, value: Accumulator()) }
            slice.pointee.table.again(identifier).pointee.value.admittedGroups |= bit
        }
        body(&slice.pointee.table.again(identifier).pointee.value)
        return true
    }

    /// The same where windows overlap, of a key that may have the number `guess`. Returns the key's number, good as long
    /// as a live slice has a row of it; -1 where it was not admitted.
    @inlinable @inline(__always)
    public mutating func updateOverlapping(
        slice number: Int64, key: Key, number guess: Int32, admission: KeyAdmission<Key>,
        _ body: (inout Accumulator) -> Void
    ) -> Int32 {
        assert(overlaps)
        let slice = slices[number]
        if front.isNewest(Int(guess), key, in: number) {
            let row = slice.pointee.table[front.newestRow(Int(guess))]
            if row.pointee.value.admittedGroups >> UInt64(admission.group) & 1 == 1 {
                body(&row.pointee.value)
                amend(number, key, Int(guess), body)
                return guess
            }
        }
        let (known, row) = admittedRow(key, guess, slice, admission)
        guard known >= 0 else {
            update(slice: number, key: admission.overflow, body)
            return -1
        }
        body(&slice.pointee.table[row].pointee.value)
        amend(number, key, known, body)
        return Int32(truncatingIfNeeded: known)
    }

    /// A key's row in a slice that the running window has not taken in, where windows overlap; or the overflow key's where
    /// the key is not admitted. `number`: what may be the key's, and then is; -1 where the key is not admitted. Good until
    /// the next row is made.
    @inlinable @inline(__always)
    public mutating func row(
        ahead slice: Int64, key: Key, number: inout Int32, admission: KeyAdmission<Key>
    ) -> UnsafeMutablePointer<KeyedTable<Key, Accumulator>.Entry> {
        assert(overlaps && !hasTakenIn(slice))
        let store = slices[slice]
        if front.isNewest(Int(number), key, in: slice) {
            let row = store.pointee.table[front.newestRow(Int(number))]
            if row.pointee.value.admittedGroups >> UInt64(admission.group) & 1 == 1 { return row }
        }
        return otherRow(store, key, &number, admission)
    }

    @inlinable @inline(never)
    mutating func otherRow(
        _ slice: UnsafeMutablePointer<SliceStore<Key, Accumulator, NothingStacked>.Slice>, _ key: Key,
        _ number: inout Int32, _ admission: KeyAdmission<Key>
    ) -> UnsafeMutablePointer<KeyedTable<Key, Accumulator>.Entry> {
        let known = front.isKey(Int(number), key) ? Int(number) : front.number(of: key)
        if known < 0 || front.table.again(known).pointee.value.newest.slice < slice.pointee.number {
            // Nearly always: the key's first row in the newest slice.
            guard Self.admit(slice, admission) else { return overflowRow(slice, &number, admission) }
            let added = front.addNewestRow(key, known, to: slice)
            number = Int32(truncatingIfNeeded: added)
            let row = slice.pointee.table.again(slice.pointee.table.bound &- 1)
            row.pointee.value.admittedGroups = 1 << UInt64(admission.group)
            return row
        }
        let (held, row) = admittedRow(key, Int32(truncatingIfNeeded: known), slice, admission)
        guard held >= 0 else { return overflowRow(slice, &number, admission) }
        number = Int32(truncatingIfNeeded: held)
        return slice.pointee.table[row]
    }

    @inlinable @inline(never)
    mutating func overflowRow(
        _ slice: UnsafeMutablePointer<SliceStore<Key, Accumulator, NothingStacked>.Slice>,
        _ number: inout Int32, _ admission: KeyAdmission<Key>
    ) -> UnsafeMutablePointer<KeyedTable<Key, Accumulator>.Entry> {
        number = -1
        let known = front.number(of: admission.overflow)
        var row = front.row(known, in: slice)
        if row < 0 { row = front.addRow(admission.overflow, known, to: slice).row }
        return slice.pointee.table[row]
    }

    /// A key's number, and its row in a slice, admitted there where there is room; -1 where there is none.
    @inlinable @inline(never)
    mutating func admittedRow(
        _ key: Key, _ guess: Int32,
        _ slice: UnsafeMutablePointer<SliceStore<Key, Accumulator, NothingStacked>.Slice>,
        _ admission: KeyAdmission<Key>
    ) -> (number: Int, row: Int) {
        let bit: UInt64 = 1 << UInt64(admission.group)
        var known = front.isKey(Int(guess), key) ? Int(guess) : front.number(of: key)
        var row = front.row(known, in: slice)
        if row >= 0, slice.pointee.table.again(row).pointee.value.admittedGroups & bit != 0 { return (known, row) }
        guard Self.admit(slice, admission) else { return (-1, -1) }
        if row < 0 { (known, row) = front.addRow(key, known, to: slice) }
        slice.pointee.table[row].pointee.value.admittedGroups |= bit
        return (known, row)
    }

    /// The number of the row in which a key's fold is in a slice, made where it is not there: that of the overflow key
    /// where the key is not admitted. Good until the slice is gone.
    @inlinable @inline(__always)
    public mutating func row(
        of key: Key, slice number: Int64, admission: KeyAdmission<Key>
    ) -> (number: Int, isOwn: Bool) {
        let slice = slices[number]
        let hash = key.tableHash
        let identifier = slice.pointee.table.find(key, hash: hash)
        if identifier >= 0,
            slice.pointee.table[identifier].pointee.value.admittedGroups >> UInt64(admission.group) & 1 == 1
        {
            return (identifier, true)
        }
        return newRow(of: key, hash, identifier, number, admission)
    }

    @inlinable @inline(never)
    mutating func newRow(
        of key: Key, _ hash: UInt32, _ known: Int, _ number: Int64, _ admission: KeyAdmission<Key>
    ) -> (number: Int, isOwn: Bool) {
        let slice = slices[number]
        guard Self.admit(slice, admission) else {
            update(slice: number, key: admission.overflow) { _ in }
            let overflow = admission.overflow
            return (slice.pointee.table.find(overflow, hash: overflow.tableHash), false)
        }
        let identifier = known < 0 ? slice.pointee.table.insert(key, hash: hash, value: Accumulator()) : known
        slice.pointee.table.again(identifier).pointee.value.admittedGroups |= 1 << UInt64(admission.group)
        return (identifier, true)
    }

    /// The number of a key's row in a live slice; `nil` where it has none.
    @inlinable public func existingRow(of key: Key, slice number: Int64) -> Int? {
        let place = slices.firstPlace(from: number)
        guard place < slices.live.count, slices.live[place].pointee.number == number else { return nil }
        let row = slices.live[place].pointee.table.find(key, hash: key.tableHash)
        return row < 0 ? nil : row
    }

    /// Asks for the place where a key's row will be looked up, where elements come to the slice now and windows do not
    /// overlap; then for the row.
    @inlinable @inline(__always)
    public func prefetchRowSlot(of key: Key, slice number: Int64) {
        guard let current = slices.current, current.pointee.number == number else { return }
        current.pointee.table.prefetchSlot(hash: key.tableHash)
    }

    @inlinable @inline(__always)
    public func prefetchRow(of key: Key, slice number: Int64) {
        guard let current = slices.current, current.pointee.number == number else { return }
        _ = current.pointee.table.prefetchEntry(hash: key.tableHash, lines: 2)
    }

    /// The same of a row whose number, which may be any, is known.
    @inlinable @inline(__always)
    public func prefetch(row: Int32, slice number: Int64) {
        guard let current = slices.current, current.pointee.number == number, row >= 0,
            row < current.pointee.table.bound
        else { return }
        current.pointee.table.prefetch(Int(row), lines: 2)
    }

    /// Changes the fold in a row of a slice by `body`. Windows do not overlap.
    @inlinable @inline(__always)
    public mutating func update(slice number: Int64, row: Int, _ body: (inout Accumulator) -> Void) {
        assert(!overlaps)
        body(&slices[number].pointee.table[row].pointee.value)
    }

    @inlinable @inline(__always)
    static func admit(
        _ slice: UnsafeMutablePointer<SliceStore<Key, Accumulator, NothingStacked>.Slice>,
        _ admission: KeyAdmission<Key>
    ) -> Bool {
        if slice.pointee.admitted.isEmpty { slice.pointee.admitted = Array(repeating: 0, count: 64) }
        return slice.pointee.admitted.withUnsafeMutableBufferPointer { admitted in
            guard admitted[admission.group] < admission.limitPerGroup else { return false }
            admitted[admission.group] &+= 1
            return true
        }
    }
}
