/// What slices keep besides a table of folds.
@usableFromInline protocol SliceParts {
    /// What a stack keeps of each fold.
    associatedtype Stacked
    associatedtype Columns: SliceColumns
}

/// What an aggregate needs.
@usableFromInline enum FoldParts<Function: Aggregate>: SliceParts {
    @usableFromInline typealias Stacked = Function.Rows.Stacked
    @usableFromInline typealias Columns = Function.Columns
}

/// Folds alone.
extension NothingStacked: SliceParts {
    @usableFromInline typealias Stacked = NothingStacked
    @usableFromInline typealias Columns = NoColumns
}

/// The live slices of sliced windows: each one's folds by key. Only slices that hold something are there.
@usableFromInline
struct SliceStore<Key: Equatable, Accumulator, Parts: SliceParts>: ~Copyable {
    @usableFromInline typealias Table = KeyedTable<Key, Accumulator>

    /// A slice's folds, and the keys that late elements changed.
    @usableFromInline struct Slice: ~Copyable {
        @usableFromInline var number: Int64
        /// Without a row where they are packed.
        @usableFromInline var table: Table
        /// The rows of a complete slice that lies in a ``RunningFold``, as long as nobody asks for single ones.
        @usableFromInline var packed = PackedRows<Table.Entry>()
        @usableFromInline var late = KeyedTable<Key, UInt8>()
        /// Keys admitted by key group; empty until the first.
        @usableFromInline var admitted: [Int32] = []
        /// The keys of the rows by their numbers in a ``FrontWindow`` or ``RunningFold``, as far as the slice has come into it.
        @usableFromInline var numbers = RowNumbers()
        /// Of slices in the front stack of a ``RunningFold``: the folds from entries on, where the slice changes them.
        @usableFromInline var suffixes: [Suffix] = []
        /// What is kept of the rows beside them.
        @usableFromInline let columns = Parts.Columns()

        @inlinable init(number: Int64, expecting keyCount: Int, isIndexed: Bool) {
            self.number = number
            table = Table(minimumCapacity: keyCount, isIndexed: isIndexed)
        }

        @inlinable deinit { columns.release() }
    }

    /// The fold of a key's entries from one slice up to a fixed later one.
    @usableFromInline struct Suffix {
        @usableFromInline var value: Parts.Stacked
        /// The key's fold from a later slice on that is another one.
        @usableFromInline var next: SuffixPlace
        /// The key's row in the slice.
        @usableFromInline var row: UInt32

        @inlinable init(value: Parts.Stacked, next: SuffixPlace, row: UInt32) {
            self.value = value
            self.next = next
            self.row = row
        }
    }

    /// Where a key's suffix is: among those of a slice; nowhere without one.
    @usableFromInline struct SuffixPlace {
        @usableFromInline var slice: UnsafeMutablePointer<Slice>?
        @usableFromInline var number: UInt32

        @inlinable init(_ slice: UnsafeMutablePointer<Slice>?, _ number: Int) {
            self.slice = slice
            self.number = UInt32(truncatingIfNeeded: number)
        }

        @inlinable static var nowhere: SuffixPlace { SuffixPlace(nil, 0) }
    }

    /// In ascending order of their numbers; owned.
    @usableFromInline var live: [UnsafeMutablePointer<Slice>] = []
    /// The slice used last: elements mostly come in order.
    @usableFromInline var current: UnsafeMutablePointer<Slice>?
    /// Slices that were dropped, emptied for use again; owned.
    @usableFromInline var spares: [UnsafeMutablePointer<Slice>] = []

    /// Keys that a new slice has room for before it grows.
    @usableFromInline var expectedKeyCount = 8
    /// Rows are looked up in the slices' tables, and not found by the numbers of their keys.
    @usableFromInline let isIndexed: Bool

    @inlinable init(isIndexed: Bool = true) { self.isIndexed = isIndexed }

    @inlinable deinit {
        for slice in live + spares {
            slice.deinitialize(count: 1)
            slice.deallocate()
        }
    }

    /// The place of the first live slice whose number is at least `number`.
    @inlinable func firstPlace(from number: Int64) -> Int {
        var (low, high) = (0, live.count)
        while low < high {
            let middle = (low + high) / 2
            if live[middle].pointee.number < number { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The places of the live slices `first` ..< `end`.
    @inlinable func places(from first: Int64, until end: Int64) -> Range<Int> {
        let low = firstPlace(from: first)
        return low..<max(low, firstPlace(from: end))
    }

    /// The slice with this number, made where it is not there.
    @inlinable @inline(__always)
    subscript(number: Int64) -> UnsafeMutablePointer<Slice> {
        mutating get {
            if let current, current.pointee.number == number { return current }
            return otherSlice(number)
        }
    }

    @inlinable @inline(never)
    mutating func otherSlice(_ number: Int64) -> UnsafeMutablePointer<Slice> {
        // Mostly there is a slice for each number: then the place is known at once.
        if let first = live.first {
            let (distance, overflow) = number.subtractingReportingOverflow(first.pointee.number)
            if !overflow, distance >= 0, distance < live.count, live[Int(distance)].pointee.number == number {
                current = live[Int(distance)]
                return live[Int(distance)]
            }
        }
        let place = firstPlace(from: number)
        if place == live.count || live[place].pointee.number != number {
            let slice: UnsafeMutablePointer<Slice>
            if let spare = spares.popLast() {
                slice = spare
                slice.pointee.number = number
            } else {
                slice = .allocate(capacity: 1)
                slice.initialize(to: Slice(number: number, expecting: expectedKeyCount, isIndexed: isIndexed))
            }
            live.insert(slice, at: place)
        }
        current = live[place]
        return live[place]
    }

    /// Forgets the slices before `number`.
    @inlinable mutating func drop(before number: Int64) {
        let count = firstPlace(from: number)
        guard count > 0 else { return }
        for slice in live[..<count] {
            if current == slice { current = nil }
            if spares.count < 4 {
                slice.pointee.table.removeAll()
                slice.pointee.packed = PackedRows()
                slice.pointee.late.removeAll()
                slice.pointee.admitted.removeAll()
                slice.pointee.numbers.removeAll()
                slice.pointee.suffixes.removeAll(keepingCapacity: true)
                slice.pointee.columns.removeAll()
                spares.append(slice)
            } else {
                slice.deinitialize(count: 1)
                slice.deallocate()
            }
        }
        live.removeFirst(count)
    }

    /// Forgets which keys late elements changed.
    @inlinable func forgetLate() {
        for slice in live { slice.pointee.late.removeAll() }
    }
}

extension SliceStore.Slice {
    /// Rows, packed or not.
    @inlinable var rowCount: Int { max(table.count, packed.count) }

    /// Calls `body` with all rows, and how many they are; packed ones are unpacked for it alone, so the slice stays as it
    /// is.
    @inlinable func withRows<Result>(
        _ body: (UnsafeMutablePointer<SliceStore.Table.Entry>, Int) -> Result
    ) -> Result {
        guard packed.count > 0 else { return body(table.unsafeEntries, table.count) }
        let rows = UnsafeMutablePointer<SliceStore.Table.Entry>.allocate(capacity: packed.count)
        defer { rows.deallocate() }
        packed.unpack(into: rows)
        return body(rows, packed.count)
    }
}

extension SliceStore.Slice where Key: StreamKey {
    /// Makes packed rows a table again, for single ones are asked for. O(rows), once.
    @inlinable mutating func unpack() {
        guard packed.count > 0 else { return }
        var table = SliceStore.Table(minimumCapacity: packed.count + packed.count / 8)
        withRows { rows, count in
            for row in 0..<count {
                _ = table.insert(rows[row].key, hash: rows[row].key.shortHash, value: rows[row].value)
            }
        }
        self.table = table
        packed = PackedRows()
    }
}
