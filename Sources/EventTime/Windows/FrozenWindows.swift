/// ``SlicedWindows`` as they were at one instant, for another thread to encode while they go on.
public final class FrozenWindows<Key: WindowKey, Accumulator: SliceAccumulator>: @unchecked Sendable {
    @usableFromInline typealias Folds = FrozenTable<Key, Accumulator>

    @usableFromInline struct Slice {
        @usableFromInline var number: Int64
        @usableFromInline var folds: Folds
        @usableFromInline var late: FrozenTable<Key, UInt8>
        @usableFromInline var admitted: [Int32]

        @inlinable init(number: Int64, folds: Folds, late: FrozenTable<Key, UInt8>, admitted: [Int32]) {
            self.number = number
            self.folds = folds
            self.late = late
            self.admitted = admitted
        }
    }

    /// A running window: the slices it holds, and their fold.
    @usableFromInline struct Running {
        @usableFromInline var first = Int64.min
        @usableFromInline var end = Int64.min
        @usableFromInline let folds = Folds()

        @inlinable init() {}
    }

    @usableFromInline var slices: [Slice] = []
    /// Slices of earlier times: their memory is used again.
    @usableFromInline var spares: [Slice] = []
    @usableFromInline var front = Running()
    @usableFromInline var anchor = Running()
    @usableFromInline var nextWindow = Int64.min
    @usableFromInline var firstOpen = Int64.min

    public init() {}

    /// Slices held, and all their rows.
    public var sliceCount: Int { slices.count }
    public var rowCount: Int { slices.reduce(0) { $0 + $1.folds.count } }

    @inlinable func takeSpare(number: Int64, admitted: [Int32]) -> Slice {
        guard var slice = spares.popLast() else {
            return Slice(number: number, folds: Folds(), late: FrozenTable(), admitted: admitted)
        }
        slice.number = number
        slice.admitted = admitted
        return slice
    }
}

extension FrozenWindows where Key: StateValue, Accumulator: StateValue {
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(nextWindow)
        state.encode(firstOpen)
        state.encode(UInt64(slices.count))
        for slice in slices {
            state.encode(slice.number)
            slice.admitted.encode(into: &state)
            slice.folds.encode(into: &state)
            slice.late.encode(into: &state)
        }
        for running in [front, anchor] {
            state.encode(running.first)
            state.encode(running.end)
            running.folds.encode(into: &state)
        }
    }
}

extension SlicedWindows {
    /// Notes the windows as they are now in `image`: O(slices). ``continueFreezing(budget:)`` copies what they hold.
    @inlinable public mutating func freeze(into image: FrozenWindows<Key, Accumulator>) {
        image.spares += image.slices
        image.slices.removeAll(keepingCapacity: true)
        for slice in slices.live {
            let frozen = image.takeSpare(number: slice.pointee.number, admitted: slice.pointee.admitted)
            slice.pointee.table.freeze(into: frozen.folds)
            slice.pointee.late.freeze(into: frozen.late)
            slice.pointee.late.finishFreezing()
            image.slices.append(frozen)
        }
        (image.front.first, image.front.end) = (front.first, front.end)
        (image.anchor.first, image.anchor.end) = (anchor.first, anchor.end)
        front.table.freeze(into: image.front.folds)
        anchor.table.freeze(into: image.anchor.folds)
        image.nextWindow = nextWindow
        image.firstOpen = firstOpen
    }

    /// Copies for `budget` bytes, which shrinks by what was used up; returns whether all is copied.
    @inlinable public mutating func continueFreezing(budget: inout Int) -> Bool {
        guard front.table.continueFreezing(budget: &budget), anchor.table.continueFreezing(budget: &budget) else {
            return false
        }
        for slice in slices.live {
            guard slice.pointee.table.continueFreezing(budget: &budget) else { return false }
        }
        return true
    }
}

extension SlicedWindows where Key: StateValue, Accumulator: StateValue {
    /// Reads what ``FrozenWindows/encode(into:)`` wrote of windows of the same size, slide and lateness. Throws
    /// ``StateError``.
    @inlinable public init(
        _ windows: SlidingWindows, allowedLateness: Nanoseconds, from state: inout StateDecoder
    ) throws(StateError) {
        self.init(windows, allowedLateness: allowedLateness)
        nextWindow = try state.decode()
        firstOpen = try state.decode()
        for _ in 0..<(try state.decodeCount(elementSize: 24)) {
            let number = try state.decode(Int64.self)
            guard slices.live.last.map({ $0.pointee.number < number }) ?? true else {
                throw state.invalid("slices out of order")
            }
            let slice = slices[number]
            slice.pointee.admitted = try [Int32](from: &state)
            guard slice.pointee.admitted.isEmpty || slice.pointee.admitted.count == 64 else {
                throw state.invalid("\(slice.pointee.admitted.count) key groups")
            }
            slice.pointee.table = try KeyedTable(from: &state)
            slice.pointee.late = try KeyedTable(from: &state)
            guard slice.pointee.table.free.isEmpty else { throw state.invalid("a slice with gaps") }
        }
        front = try RunningWindow(from: &state)
        anchor = try RunningWindow(from: &state)
    }
}

extension RunningWindow where Key: StateValue, Accumulator: StateValue {
    @inlinable init(from state: inout StateDecoder) throws(StateError) {
        self.init()
        first = try state.decode()
        end = try state.decode()
        table = try KeyedTable(from: &state)
        guard table.free.isEmpty else { throw state.invalid("a running window with gaps") }
        for identifier in 0..<table.count where !table[identifier].pointee.value.isEmpty { rowCount += 1 }
    }
}
