/// Puts the entries of a dense table that are not empty in the order of their keys. O(n), the scratch space is kept.
@usableFromInline
struct RowSorter<Key: WindowKey, Accumulator: SliceAccumulator>: ~Copyable {
    @usableFromInline var sorter = PrefixSorter()

    @inlinable init() {}

    /// Replaces `rows` by what `row` makes of the table's entries, in ascending order; `fold` says what of an entry counts.
    /// Entries that are free are empty.
    @inlinable @inline(__always)
    mutating func gather<Value, Row>(
        _ table: borrowing KeyedTable<Key, Value>, into rows: inout [Row], _ fold: (Value) -> Accumulator,
        _ row: (Key, Accumulator) -> Row
    ) {
        let (entries, count) = (table.unsafeEntries, table.identifierBound)
        sorter.places.removeAll(keepingCapacity: true)
        sorter.places.reserveCapacity(count)
        for identifier in 0..<count where !fold(entries[identifier].value).isEmpty {
            sorter.places.append(
                PrefixSorter.Place(prefix: entries[identifier].key.sortPrefix, identifier: UInt32(identifier)))
        }
        sorter.sortByPrefix()
        sorter.sortTies { entries[Int($0.identifier)].key < entries[Int($1.identifier)].key }
        rows.removeAll(keepingCapacity: true)
        rows.reserveCapacity(sorter.places.count)
        for (index, place) in sorter.places.enumerated() {
            // In the order of keys they lie anywhere.
            if index + 16 < sorter.places.count {
                KeyedTable.prefetch(entries + Int(sorter.places[index + 16].identifier), lines: 2)
            }
            let entry = entries + Int(place.identifier)
            rows.append(row(entry.pointee.key, fold(entry.pointee.value)))
        }
    }
}

/// Sorts identifiers by 64-bit prefixes: a radix sort from the least significant byte (Knuth, TAOCP 5.2.5), then a
/// comparison sort of what the prefixes leave equal. Concrete, so that it is compiled once and for all.
@usableFromInline
struct PrefixSorter {
    @frozen @usableFromInline struct Place: BitwiseCopyable {
        @usableFromInline var prefix: UInt64
        @usableFromInline var identifier: UInt32

        @inlinable init(prefix: UInt64, identifier: UInt32) {
            self.prefix = prefix
            self.identifier = identifier
        }
    }

    @usableFromInline var places: [Place] = []
    private var scratch: [Place] = []

    @usableFromInline init() {}

    /// Sorts by prefix, stably. Few places are compared, many are dealt out byte by byte; bytes that all have in
    /// common are skipped. Prefixes with and without the highest bit are sorted apart, since keys of two kinds, told
    /// apart by that bit, have other bytes in common: it halves the passes over addresses of IPv4 and IPv6.
    @usableFromInline mutating func sortByPrefix() {
        let count = places.count
        guard count > Self.few else { return places.sort { $0.prefix < $1.prefix } }
        if scratch.count < count { scratch = Array(repeating: Place(prefix: 0, identifier: 0), count: count) }
        places.withUnsafeMutableBufferPointer { places in
            scratch.withUnsafeMutableBufferPointer { scratch in
                let low = Self.divide(places, scratch)
                Self.sort(.init(rebasing: places[..<low]), scratch)
                Self.sort(.init(rebasing: places[low...]), scratch)
            }
        }
    }

    /// Up to so many are compared.
    private static let few = 64

    /// Moves prefixes with the highest bit behind the others, and returns how many those are.
    private static func divide(
        _ places: UnsafeMutableBufferPointer<Place>, _ scratch: UnsafeMutableBufferPointer<Place>
    ) -> Int {
        var (low, high) = (0, 0)
        for place in places {
            if place.prefix >> 63 == 0 {
                places[low] = place
                low += 1
            } else {
                scratch[high] = place
                high += 1
            }
        }
        for index in 0..<high { places[low + index] = scratch[index] }
        return low
    }

    private static func sort(
        _ places: UnsafeMutableBufferPointer<Place>, _ scratch: UnsafeMutableBufferPointer<Place>
    ) {
        let count = places.count
        var places = places
        guard count > few else { return places.sort { $0.prefix < $1.prefix } }
        var (all, any) = (UInt64.max, UInt64.zero)
        for place in places {
            all &= place.prefix
            any |= place.prefix
        }
        let varying = all ^ any
        var isInScratch = false
        for shift in stride(from: UInt64.zero, to: 64, by: 8) where varying >> shift & 0xFF != 0 {
            if isInScratch {
                deal(UnsafeBufferPointer(rebasing: scratch[..<count]), into: places, by: shift)
            } else {
                deal(UnsafeBufferPointer(places), into: scratch, by: shift)
            }
            isInScratch.toggle()
        }
        if isInScratch {
            for index in 0..<count { places[index] = scratch[index] }
        }
    }

    /// One pass: deals the places out by one byte of their prefixes, keeping their order.
    private static func deal(
        _ places: UnsafeBufferPointer<Place>, into target: UnsafeMutableBufferPointer<Place>, by shift: UInt64
    ) {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { starts in
            starts.initialize(repeating: 0)
            for place in places { starts[Int(place.prefix >> shift & 0xFF)] += 1 }
            var sum = 0
            for byte in 0..<256 {
                (starts[byte], sum) = (sum, sum + starts[byte])
            }
            for place in places {
                let byte = Int(place.prefix >> shift & 0xFF)
                target[starts[byte]] = place
                starts[byte] += 1
            }
        }
    }

    /// Orders the stretches of equal prefixes.
    @inlinable mutating func sortTies(_ precedes: (Place, Place) -> Bool) {
        var first = 0
        while first < places.count {
            var end = first + 1
            while end < places.count, places[end].prefix == places[first].prefix { end += 1 }
            if end - first > 1 { places[first..<end].sort(by: precedes) }
            first = end
        }
    }
}
