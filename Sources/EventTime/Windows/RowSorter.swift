/// Puts the entries of a dense table in the order of their keys: a radix sort by the keys' prefixes, from the least
/// significant byte (Knuth, TAOCP 5.2.5), then a comparison sort of what the prefixes leave equal. O(n), the scratch
/// space is kept.
@usableFromInline
struct RowSorter<Key: WindowKey, Accumulator: SliceAccumulator>: ~Copyable {
    @frozen @usableFromInline struct Place: BitwiseCopyable {
        @usableFromInline var prefix: UInt64
        @usableFromInline var identifier: UInt32

        @inlinable init(prefix: UInt64, identifier: UInt32) {
            self.prefix = prefix
            self.identifier = identifier
        }
    }

    @usableFromInline var places: [Place] = []
    @usableFromInline var scratch: [Place] = []

    @inlinable init() {}

    /// Replaces `rows` by the table's entries in ascending order.
    @inlinable mutating func gather(
        _ table: borrowing KeyedTable<Key, Accumulator>, into rows: inout [WindowRow<Key, Accumulator>]
    ) {
        places.removeAll(keepingCapacity: true)
        places.reserveCapacity(table.count)
        for identifier in 0..<table.count {
            places.append(
                Place(prefix: table[identifier].pointee.key.sortPrefix, identifier: UInt32(identifier)))
        }
        sortByPrefix()
        let entries = table.unsafeEntries
        sortTies { entries[Int($0.identifier)].key < entries[Int($1.identifier)].key }
        rows.removeAll(keepingCapacity: true)
        rows.reserveCapacity(places.count)
        for place in places {
            let entry = entries + Int(place.identifier)
            rows.append(WindowRow(key: entry.pointee.key, value: entry.pointee.value))
        }
    }

    /// Sorts by prefix; few places are compared, many are dealt out byte by byte. Bytes that all have in common are
    /// skipped.
    @usableFromInline mutating func sortByPrefix() {
        guard places.count > 64 else {
            places.sort { $0.prefix < $1.prefix }
            return
        }
        var (all, any) = (UInt64.max, UInt64.zero)
        for place in places {
            all &= place.prefix
            any |= place.prefix
        }
        let varying = all ^ any
        if scratch.count < places.count {
            scratch = Array(repeating: Place(prefix: 0, identifier: 0), count: places.count)
        }
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 256) { starts in
            for shift in stride(from: UInt64.zero, to: 64, by: 8) where varying >> shift & 0xFF != 0 {
                deal(by: shift, starts)
            }
        }
    }

    /// One pass: deals the places out by one byte of their prefixes, keeping their order.
    private mutating func deal(by shift: UInt64, _ starts: UnsafeMutableBufferPointer<Int>) {
        starts.initialize(repeating: 0)
        for place in places { starts[Int(place.prefix >> shift & 0xFF)] += 1 }
        var sum = 0
        for byte in starts.indices {
            (starts[byte], sum) = (sum, sum + starts[byte])
        }
        let count = places.count
        places.withUnsafeBufferPointer { places in
            scratch.withUnsafeMutableBufferPointer { scratch in
                for place in places {
                    let byte = Int(place.prefix >> shift & 0xFF)
                    scratch[starts[byte]] = place
                    starts[byte] += 1
                }
            }
        }
        swap(&places, &scratch)
        places.removeLast(places.count - count)
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
