/// The elements of an ``EventTimeSorter`` as they were at one instant; the memory is kept for the next time.
public final class FrozenSorter<Element: BitwiseCopyable>: @unchecked Sendable {
    @usableFromInline typealias Waiting = EventTimeSorter<Element>.Waiting
    @usableFromInline typealias HeapNode = EventTimeSorter<Element>.HeapNode

    @usableFromInline var ring = ReusableMemory<Waiting>()
    @usableFromInline var ringCount = 0
    /// How many of them have been copied.
    @usableFromInline var copied = 0
    @usableFromInline var heap: [HeapNode] = []
    @usableFromInline var stragglers: [Element] = []
    @usableFromInline var released = Nanoseconds.min

    public init() {}

    /// Elements that waited.
    public var count: Int { ringCount + heap.count }
}

extension FrozenSorter where Element: StateRecord {
    /// Writes the elements in their order.
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(released)
        let late = heap.sorted { $0.precedes($1.time, $1.arrival) }
        let waiting = ring.start
        var (place, latePlace) = (0, 0)
        state.encodeRecords(count) { rows in
            if latePlace < late.count,
                place == ringCount || late[latePlace].precedes(waiting[place].time, waiting[place].arrival)
            {
                Self.encode(stragglers[late[latePlace].place], at: late[latePlace].time, into: &rows)
                latePlace += 1
            } else {
                Self.encode(waiting[place].element, at: waiting[place].time, into: &rows)
                place += 1
            }
        }
    }

    @inlinable static func encode(_ element: Element, at time: Nanoseconds, into state: inout StateEncoder) {
        state.encode(time)
        element.encode(into: &state)
    }
}

extension EventTimeSorter {
    /// Notes what waits now in `image`, whose earlier content goes. O(stragglers); ``continueFreezing(budget:)`` then
    /// copies the others.
    @inlinable public mutating func freeze(into image: FrozenSorter<Element>) {
        _ = image.ring.reserve(ringCount)
        image.ringCount = ringCount
        image.copied = 0
        image.heap = heap
        image.stragglers = stragglers
        image.released = released
        guard ringCount > 0 else { return }
        frozen = image
        uncopied = head
    }

    /// Copies frozen elements that were not copied yet, for `budget` bytes, which shrinks by what was used up. Returns
    /// whether all are copied.
    @inlinable public mutating func continueFreezing(budget: inout Int) -> Bool {
        guard let image = frozen else { return true }
        let stride = MemoryLayout<Waiting>.stride
        while image.copied < image.ringCount {
            guard budget > 0 else { return false }
            let count = min(
                image.ringCount - image.copied, ringSize - uncopied, max(1, min(budget / stride, 1 << 12)))
            (image.ring.start + image.copied).update(from: ring + uncopied, count: count)
            image.copied += count
            uncopied = (uncopied + count) & (ringSize - 1)
            budget -= count * stride
        }
        frozen = nil
        uncopied = -1
        return true
    }

    /// Copies all that is left.
    @inlinable mutating func finishFreezing() {
        var budget = Int.max
        _ = continueFreezing(budget: &budget)
    }
}

extension EventTimeSorter where Element: StateRecord {
    /// Reads what ``FrozenSorter/encode(into:)`` wrote: elements leave in the same order. Throws ``StateError``.
    @inlinable public init(capacity: Int, from state: inout StateDecoder) throws(StateError) {
        self.init(capacity: capacity)
        released = try state.decode()
        let records = try state.decodeRecords()
        guard records.count <= capacity else {
            throw state.invalid("\(records.count) elements wait where \(capacity) may")
        }
        try state.decode(records) { rows throws(StateError) in
            let time = try rows.decode(Nanoseconds.self)
            guard time >= released, ringCount == 0 || time >= tailTime else {
                throw rows.invalid("an element out of order")
            }
            push(try Element(from: &rows), at: time)
        }
    }
}
