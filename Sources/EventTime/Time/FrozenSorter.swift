/// The elements of an ``EventTimeSorter`` as they were at one instant; the memory is kept for the next time.
public final class FrozenSorter<Element: TimeStamped>: @unchecked Sendable {
    @usableFromInline typealias HeapNode = EventTimeSorter<Element>.HeapNode

    @usableFromInline var ring = ReusableMemory<Element>()
    @usableFromInline var ringCount = 0
    /// How many of them have been copied.
    @usableFromInline var copied = 0
    @usableFromInline var heap: [HeapNode] = []
    @usableFromInline var stragglers: [Element] = []
    @usableFromInline var released = Nanoseconds.min
    /// Elements that may wait.
    @usableFromInline var room = 0

    public init() {}

    /// Takes memory in advance for the next image: for whoever has time between one and the next.
    public func prepare() { ring.prepare(min(ringCount + ringCount / 4, room)) }

    /// Elements that waited.
    public var count: Int { ringCount + heap.count }
}

extension FrozenSorter where Element: StateRecord {
    /// Writes the elements in their order.
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(released)
        let late = heap.sorted { $0.precedes($1) }
        let waiting = ring.start
        var (place, latePlace) = (0, 0)
        state.encodeRecords(count) { rows in
            if latePlace < late.count, place == ringCount || late[latePlace].time < waiting[place].time {
                Self.encode(stragglers[late[latePlace].place], into: &rows)
                latePlace += 1
            } else {
                Self.encode(waiting[place], into: &rows)
                place += 1
            }
        }
    }

    @inlinable static func encode(_ element: Element, into state: inout StateEncoder) {
        state.encode(element.time)
        element.encode(into: &state)
    }
}

extension EventTimeSorter {
    /// Notes what waits now in `image`, whose earlier content goes. O(stragglers); ``continueFreezing(budget:)`` then
    /// copies the others.
    @inlinable public mutating func freeze(into image: FrozenSorter<Element>) {
        image.ring.reserve(tail &- head)
        image.room = capacity
        image.ringCount = tail &- head
        image.copied = 0
        image.heap = heap
        image.stragglers = stragglers
        image.released = released
        guard head != tail else { return }
        frozen = image
        uncopied = head
        // It may lie behind what is to be copied.
        roomEnd = tail
    }

    /// Copies frozen elements that were not copied yet, for `budget` bytes, which shrinks by what was used up. Returns
    /// whether all are copied.
    @inlinable public mutating func continueFreezing(budget: inout Int) -> Bool {
        guard let image = frozen else { return true }
        let stride = MemoryLayout<Element>.stride
        while image.copied < image.ringCount {
            guard budget > 0 else { return false }
            let place = uncopied & (ringSize &- 1)
            let count = min(
                image.ringCount - image.copied, ringSize &- place, max(1, min(budget / stride, 1 << 12)))
            (image.ring.start + image.copied).update(from: ring + place, count: count)
            image.copied += count
            uncopied &+= count
            budget -= count * stride
        }
        frozen = nil
        uncopied = .max
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
            let element = try Element(from: &rows)
            guard element.time == time, time >= released, isInOrder(time) else {
                throw rows.invalid("an element out of order")
            }
            if needsRoom { makeRoom() }
            nextPlace.initialize(to: element)
            appendPlaced(time: element.time)
        }
    }
}
