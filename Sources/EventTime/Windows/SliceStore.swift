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
        @usableFromInline var table: Table
        @usableFromInline var late = KeyedTable<Key, UInt8>()
        /// Keys admitted by key group; empty until the first.
        @usableFromInline var admitted: [Int32] = []
        /// The keys of the rows by their numbers in a ``FrontWindow`` or ``RunningFold``, as far as the slice has come into it.
        @usableFromInline var numbers = RowNumbers()
        /// The folds from each entry on, of slices in the front stack of a ``RunningFold``.
        @usableFromInline var suffixes: [Suffix] = []
        /// What is kept of the rows beside them.
        @usableFromInline let columns = Parts.Columns()

        @inlinable init(number: Int64, expecting keyCount: Int) {
            self.number = number
            table = Table(minimumCapacity: keyCount)
        }

        @inlinable deinit { columns.release() }
    }

    /// The fold of a key's entries from one slice up to a fixed later one.
    @usableFromInline struct Suffix {
        @usableFromInline var value: Parts.Stacked
        /// Where it goes on: the key's next entry; `nil` at the end.
        @usableFromInline var slice: UnsafeMutablePointer<Slice>?
        @usableFromInline var identifier: UInt32

        @inlinable init(value: Parts.Stacked, slice: UnsafeMutablePointer<Slice>?, identifier: UInt32) {
            self.value = value
            self.slice = slice
            self.identifier = identifier
        }
    }

    /// In ascending order of their numbers; owned.
    @usableFromInline var live: [UnsafeMutablePointer<Slice>] = []
    /// The slice used last: elements mostly come in order.
    @usableFromInline var current: UnsafeMutablePointer<Slice>?
    /// Slices that were dropped, emptied for use again; owned.
    @usableFromInline var spares: [UnsafeMutablePointer<Slice>] = []

    /// Keys that a new slice has room for before it grows.
    @usableFromInline var expectedKeyCount = 8

    @inlinable init() {}

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
                slice.initialize(to: Slice(number: number, expecting: expectedKeyCount))
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
