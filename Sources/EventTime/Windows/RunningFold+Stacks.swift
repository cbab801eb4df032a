public import CPrefetch

// Folds that cannot be taken apart: each key's, from an entry up to the boundary.
extension RunningFold {
    /// Makes all that is held the front stack. O(entries).
    @inlinable mutating func makeStack(in slices: borrowing Slices) {
        for identifier in 0..<table.bound {
            rows.resetStacked(&table[identifier].pointee.value.total)
            table[identifier].pointee.value.front = .nowhere
        }
        let low = slices.firstPlace(from: first)
        var place = slices.firstPlace(from: end)
        while place > low {
            place -= 1
            let slice = slices.live[place]
            let count = slice.pointee.numbers.count
            slice.pointee.suffixes.removeAll(keepingCapacity: true)
            eachRow(of: slice) { window, row, fold in
                window.prefetchStack(slice, row, count)
                window.push(slice, row, &fold, of: window.table[slice.pointee.numbers[row]])
            }
        }
    }

    /// Asks for the folds that those of the keys behind this one will be put in front of.
    @inlinable @inline(__always)
    func prefetchStack(_ slice: Slice, _ row: Int, _ count: Int) {
        if row + 16 < count {
            table.prefetch(slice.pointee.numbers[row + 16], lines: KeyedTable<Key, Held>.linesOfEntry)
        }
        guard row + 8 < count else { return }
        prefetchSuffix(table[slice.pointee.numbers[row + 8]].pointee.value.front)
    }

    @inlinable @inline(__always)
    func prefetchSuffix(_ place: Slices.SuffixPlace) {
        place.slice?.pointee.suffixes.withUnsafeMutableBufferPointer { suffixes in
            guard let base = suffixes.baseAddress else { return }
            prefetchForWriting(UnsafeRawPointer(base + Int(place.number)))
        }
    }

    /// Puts an entry in front of the key's stack. Where that changes nothing, as mostly with the least and the greatest,
    /// nothing is kept of it; unless it has a `place` among the slice's suffixes.
    @inlinable @inline(__always)
    mutating func push(
        _ slice: Slice, _ row: Int, _ value: inout Function.Rows.Accumulator,
        of held: UnsafeMutablePointer<KeyedTable<Key, Held>.Entry>, at place: Int? = nil
    ) {
        var fold = rows.stacked(&value)
        let next = held.pointee.value.front
        if let later = next.slice {
            let isSame = later.pointee.suffixes.withUnsafeMutableBufferPointer { suffixes in
                rows.mergeStacked(&suffixes[Int(next.number)].value, into: &fold)
                return Self.hasSameBytes(&fold, &suffixes[Int(next.number)].value)
            }
            if isSame, place == nil { return }
        }
        let suffix = Slices.Suffix(value: fold, next: next, row: UInt32(truncatingIfNeeded: row))
        if let place {
            slice.pointee.suffixes[place] = suffix
        } else {
            slice.pointee.suffixes.append(suffix)
        }
        held.pointee.value.front = .init(slice, place ?? slice.pointee.suffixes.count - 1)
    }

    /// Whether two are certainly the same. Others may be so, too.
    @inlinable @inline(__always)
    static func hasSameBytes(_ a: inout Function.Rows.Stacked, _ b: inout Function.Rows.Stacked) -> Bool {
        guard _isPOD(Function.Rows.Stacked.self) else { return false }
        return withUnsafeBytes(of: &a) { a in
            withUnsafeBytes(of: &b) { b in
                var difference: UInt64 = 0
                var offset = 0
                while offset + 8 <= a.count {
                    difference |=
                        a.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                        ^ b.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    offset += 8
                }
                while offset < a.count {
                    difference |= UInt64(a[offset] ^ b[offset])
                    offset += 1
                }
                return difference == 0
            }
        }
    }

    /// A slice leaves whose suffix a key may have in front: then the next one is.
    @inlinable @inline(__always)
    mutating func leave(_ slice: Slice, suffix number: Int) {
        let suffix = slice.pointee.suffixes[number]
        let held = table[slice.pointee.numbers[Int(suffix.row)]]
        guard held.pointee.value.front.slice == slice, Int(held.pointee.value.front.number) == number else {
            return
        }
        held.pointee.value.front = suffix.next
    }

    /// Folds the row of a key anew: an element came into a slice that is held. The key's number.
    @inlinable mutating func renew(_ key: Key, in slices: borrowing Slices) -> Int {
        let hash = key.shortHash
        let number = number(key)
        let held = table[number]
        rows.reset(&held.pointee.value.total)
        held.pointee.value.slices = 0
        let low = slices.firstPlace(from: first)
        var isBehind = false
        var place = low
        while place < slices.live.count, slices.live[place].pointee.number < end {
            let slice = slices.live[place]
            slice.pointee.unpack()
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
        renewStack(key, held, in: slices)
        return number
    }

    /// Makes the stack of a key anew. Suffixes that it has keep their places.
    @inlinable mutating func renewStack(
        _ key: Key, _ held: UnsafeMutablePointer<KeyedTable<Key, Held>.Entry>, in slices: borrowing Slices
    ) {
        var places: [Slices.SuffixPlace] = []
        var next = held.pointee.value.front
        while let slice = next.slice {
            places.append(next)
            next = slice.pointee.suffixes[Int(next.number)].next
        }
        held.pointee.value.front = .nowhere
        let low = slices.firstPlace(from: first)
        var place = slices.firstPlace(from: min(boundary, end))
        while place > low {
            place -= 1
            let slice = slices.live[place]
            let row = slice.pointee.table.find(key, hash: key.shortHash)
            guard row >= 0 else { continue }
            let known = places.last?.slice == slice ? places.removeLast() : nil
            push(slice, row, &slice.pointee.table[row].pointee.value, of: held, at: known.map { Int($0.number) })
        }
    }
}
