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
    @usableFromInline struct Running<Value> {
        @usableFromInline var first = Int64.min
        @usableFromInline var end = Int64.min
        @usableFromInline let folds = FrozenTable<Key, Value>()

        @inlinable init() {}
    }

    @usableFromInline var slices: [Slice] = []
    /// Slices of earlier times: their memory is used again.
    @usableFromInline var spares: [Slice] = []
    @usableFromInline var front = Running<NumberedKey<Accumulator>>()
    @usableFromInline var anchor = Running<Accumulator>()
    @usableFromInline var nextWindow = Int64.min
    @usableFromInline var firstOpen = Int64.min

    public init() {}

    /// Slices held, and all their rows.
    public var sliceCount: Int { slices.count }
    public var rowCount: Int { slices.reduce(0) { $0 + $1.folds.count } }

    /// The slice of this number as it was in the image before; `nil` where it was not there.
    @inlinable func takeEarlier(_ earlier: inout [Slice], number: Int64) -> Slice? {
        guard let index = earlier.firstIndex(where: { $0.number == number }) else { return nil }
        return earlier.remove(at: index)
    }

    @inlinable func takeSpare(number: Int64) -> Slice {
        guard var slice = spares.popLast() else {
            return Slice(number: number, folds: Folds(), late: FrozenTable(), admitted: [])
        }
        slice.number = number
        return slice
    }

    /// Copies what the thread of the windows has not copied yet and does not copy meanwhile, as
    /// ``FrozenTable/copyBeside()`` does.
    public func copyBeside() {
        front.folds.copyBeside()
        anchor.folds.copyBeside()
        for slice in slices { slice.folds.copyBeside() }
    }

    /// Takes memory in advance for the next image: for whoever has time between one and the next.
    public func prepare() {
        for slice in slices { slice.folds.prepare() }
        front.folds.prepare()
        anchor.folds.prepare()
    }

    /// Whether what is encoded can be read only after the image before.
    public var needsEarlier: Bool {
        front.folds.needsEarlier || anchor.folds.needsEarlier
            || slices.contains { $0.folds.needsEarlier || $0.late.needsEarlier }
    }
}

extension FrozenWindows where Key: StateRecord, Accumulator: StateRecord {
    /// Writes rows, or those that changed: what ``RestoredWindows/read(from:)`` reads.
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
        front.encode(into: &state)
        anchor.encode(into: &state)
    }
}

extension FrozenWindows.Running where Key: StateRecord, Value: StateRecord {
    @inlinable func encode(into state: inout StateEncoder) {
        state.encode(first)
        state.encode(end)
        folds.encode(into: &state)
    }
}

extension SlicedWindows {
    /// Notes the windows as they are now in `image`: O(slices). ``continueFreezing(budget:)`` copies what they hold.
    /// `asChanges` as for a table: what did not change in a slice, which is all of it once it is closed, is not encoded
    /// again.
    @inlinable public mutating func freeze(
        into image: FrozenWindows<Key, Accumulator>, asChanges: Bool = false
    ) {
        var earlier = image.slices
        image.slices.removeAll(keepingCapacity: true)
        // Those that are gone first, so that their memory is there for those that are new.
        let numbers = Set(slices.live.map { $0.pointee.number })
        image.spares += earlier.filter { !numbers.contains($0.number) }
        for slice in slices.live {
            let number = slice.pointee.number
            let known = image.takeEarlier(&earlier, number: number)
            var frozen = known ?? image.takeSpare(number: number)
            frozen.admitted = slice.pointee.admitted
            slice.pointee.table.freeze(into: frozen.folds, asChanges: asChanges && known != nil)
            slice.pointee.late.freeze(into: frozen.late, asChanges: asChanges && known != nil)
            slice.pointee.late.finishFreezing()
            image.slices.append(frozen)
        }
        (image.front.first, image.front.end) = (front.first, front.end)
        (image.anchor.first, image.anchor.end) = (anchor.first, anchor.end)
        front.table.freeze(into: image.front.folds, asChanges: asChanges)
        anchor.table.freeze(into: image.anchor.folds, asChanges: asChanges)
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
