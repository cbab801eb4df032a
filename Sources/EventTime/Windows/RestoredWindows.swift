/// ``SlicedWindows`` that are being read from what ``FrozenWindows`` wrote: windows that stand for themselves, and after
/// them what had changed since the ones before.
public final class RestoredWindows<Key: WindowKey & StateRecord, Accumulator: SliceAccumulator & StateRecord> {
    @usableFromInline typealias Folds = RestoredTable<Key, Accumulator>

    @usableFromInline struct Slice {
        @usableFromInline var number: Int64
        @usableFromInline var admitted: [Int32]
        @usableFromInline let folds = Folds()
        @usableFromInline let late = RestoredTable<Key, UInt8>()

        @inlinable init(number: Int64) {
            self.number = number
            admitted = []
        }
    }

    @usableFromInline struct Running<Value: StateRecord & BitwiseCopyable> {
        @usableFromInline var first = Int64.min
        @usableFromInline var end = Int64.min
        @usableFromInline let folds = RestoredTable<Key, Value>()

        @inlinable init() {}

        @inlinable mutating func read(from state: inout StateDecoder) throws(StateError) {
            first = try state.decode()
            end = try state.decode()
            try folds.read(from: &state)
        }
    }

    @usableFromInline var slices: [Slice] = []
    @usableFromInline var front = Running<NumberedKey<Accumulator>>()
    @usableFromInline var anchor = Running<Accumulator>()
    @usableFromInline var nextWindow = Int64.min
    @usableFromInline var firstOpen = Int64.min

    @inlinable public init() {}

    /// Reads windows, or what changed in them. Throws ``StateError``; what is held is of no use then.
    @inlinable public func read(from state: inout StateDecoder) throws(StateError) {
        nextWindow = try state.decode()
        firstOpen = try state.decode()
        var earlier: [Int64: Slice] = [:]
        for slice in slices { earlier[slice.number] = slice }
        slices = []
        for _ in 0..<(try state.decodeCount(elementSize: 24)) {
            let number = try state.decode(Int64.self)
            guard slices.last.map({ $0.number < number }) ?? true else {
                throw state.invalid("slices out of order")
            }
            var slice = earlier[number] ?? Slice(number: number)
            slice.admitted = try [Int32](from: &state)
            guard slice.admitted.isEmpty || slice.admitted.count == 64 else {
                throw state.invalid("\(slice.admitted.count) key groups")
            }
            try slice.folds.read(from: &state)
            try slice.late.read(from: &state)
            slices.append(slice)
        }
        try front.read(from: &state)
        try anchor.read(from: &state)
    }
}

extension RestoredTable {
    /// The table of a slice or window, in which no identifier is free.
    @inlinable func finishDensely(
        _ state: borrowing StateDecoder
    ) throws(StateError) -> KeyedTable<Key, Value> {
        let table = try finish(state)
        guard table.free.isEmpty else { throw state.invalid("a slice or a window with gaps") }
        return table
    }
}

extension SlicedWindows where Key: StateRecord, Accumulator: StateRecord {
    /// Takes over what was read of windows of the same size, slide and lateness. Throws ``StateError``.
    @inlinable public init(
        _ windows: SlidingWindows, allowedLateness: Nanoseconds, _ restored: RestoredWindows<Key, Accumulator>,
        _ state: borrowing StateDecoder
    ) throws(StateError) {
        self.init(windows, allowedLateness: allowedLateness)
        nextWindow = restored.nextWindow
        firstOpen = restored.firstOpen
        for read in restored.slices {
            let slice = slices[read.number]
            slice.pointee.admitted = read.admitted
            slice.pointee.table = try read.folds.finishDensely(state)
            slice.pointee.late = try read.late.finish(state)
        }
        if overlaps {
            front = try FrontWindow(
                restored.front.first, restored.front.end, restored.front.folds, slices, state)
        }
        anchor = try RunningWindow(restored.anchor.first, restored.anchor.end, restored.anchor.folds, state)
    }
}

extension RunningWindow where Key: StateRecord, Accumulator: StateRecord {
    @inlinable init(
        _ first: Int64, _ end: Int64, _ folds: RestoredTable<Key, Accumulator>, _ state: borrowing StateDecoder
    ) throws(StateError) {
        self.init()
        self.first = first
        self.end = end
        table = try folds.finishDensely(state)
    }
}
