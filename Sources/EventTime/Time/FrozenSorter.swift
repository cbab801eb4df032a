/// The elements of an ``EventTimeSorter`` as they were at one instant; the memory is kept for the next time.
public final class FrozenSorter<Element: BitwiseCopyable>: @unchecked Sendable {
    @usableFromInline typealias Waiting = EventTimeSorter<Element>.Waiting
    @usableFromInline typealias HeapNode = EventTimeSorter<Element>.HeapNode

    @usableFromInline var ring = ReusableMemory<Waiting>()
    @usableFromInline var ringCount = 0
    @usableFromInline var heap: [HeapNode] = []
    @usableFromInline var stragglers: [Element] = []
    @usableFromInline var released = Nanoseconds.min

    public init() {}

    /// Elements that waited.
    public var count: Int { ringCount + heap.count }
}

extension FrozenSorter where Element: StateValue {
    /// Writes the elements in their order.
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(released)
        state.encode(UInt64(count))
        var place = 0
        for straggler in heap.sorted(by: { $0.precedes($1.time, $1.arrival) }) {
            while place < ringCount, !straggler.precedes(ring.start[place].time, ring.start[place].arrival) {
                Self.encode(ring.start[place].element, at: ring.start[place].time, into: &state)
                place += 1
            }
            Self.encode(stragglers[straggler.place], at: straggler.time, into: &state)
        }
        while place < ringCount {
            Self.encode(ring.start[place].element, at: ring.start[place].time, into: &state)
            place += 1
        }
    }

    @inlinable static func encode(_ element: Element, at time: Nanoseconds, into state: inout StateEncoder) {
        state.encode(time)
        element.encode(into: &state)
    }
}

extension EventTimeSorter {
    /// Copies what waits: O(elements), a plain copy for all but stragglers.
    @inlinable public func freeze(into image: FrozenSorter<Element>) {
        image.ring.reserve(ringCount)
        let first = min(ringCount, ringSize - head)
        image.ring.start.update(from: ring + head, count: first)
        (image.ring.start + first).update(from: ring, count: ringCount - first)
        image.ringCount = ringCount
        image.heap = heap
        image.stragglers = stragglers
        image.released = released
    }
}

extension EventTimeSorter where Element: StateValue {
    /// Reads what ``FrozenSorter/encode(into:)`` wrote: elements leave in the same order. Throws ``StateError``.
    @inlinable public init(capacity: Int, from state: inout StateDecoder) throws(StateError) {
        self.init(capacity: capacity)
        released = try state.decode()
        let count = try state.decodeCount(elementSize: 9)
        guard count <= capacity else { throw state.invalid("\(count) elements wait where \(capacity) may") }
        for _ in 0..<count {
            let time = try state.decode(Nanoseconds.self)
            guard time >= released, ringCount == 0 || time >= tailTime else {
                throw state.invalid("an element out of order")
            }
            push(try Element(from: &state), at: time)
        }
    }
}
