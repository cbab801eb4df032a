/// Puts elements that come somewhat out of order back into the order of event time, so that what follows sees the
/// same sequence however they were shuffled within the watermark's delay.
///
/// An element waits until the watermark has passed its time. Elements mostly come in order: those go to a ring in
/// O(1); only stragglers pay for a heap, O(log stragglers). Equal times keep the order of arrival. An element that
/// comes after its time was released is released as soon as possible, behind everything already released.
///
/// Memory is bounded: with `capacity` elements waiting the earliest one is released before its time.
public struct EventTimeSorter<Element: BitwiseCopyable>: ~Copyable {
    @frozen @usableFromInline struct Waiting: BitwiseCopyable {
        /// Place in the order: the element's time, or for one that came too late the time it is released at.
        @usableFromInline var time: Nanoseconds
        @usableFromInline var arrival: UInt64
        @usableFromInline var element: Element

        @inlinable init(time: Nanoseconds, arrival: UInt64, element: Element) {
            self.time = time
            self.arrival = arrival
            self.element = element
        }
    }

    /// A straggler's place in the order and in `stragglers`.
    @frozen @usableFromInline struct HeapNode: BitwiseCopyable {
        @usableFromInline var time: Nanoseconds
        @usableFromInline var arrival: UInt64
        @usableFromInline var place: Int

        @inlinable init(time: Nanoseconds, arrival: UInt64, place: Int) {
            self.time = time
            self.arrival = arrival
            self.place = place
        }

        @inlinable func precedes(_ time: Nanoseconds, _ arrival: UInt64) -> Bool {
            self.time != time ? self.time < time : self.arrival < arrival
        }
    }

    public let capacity: Int
    /// A ring of elements in order; its size is a power of two.
    @usableFromInline var ring: UnsafeMutablePointer<Waiting>
    @usableFromInline var ringSize: Int
    @usableFromInline var head = 0
    @usableFromInline var ringCount = 0
    @usableFromInline var tailTime = Nanoseconds.min
    /// A binary heap of the elements that came after a later one, and where they lie.
    @usableFromInline var heap: [HeapNode] = []
    @usableFromInline var stragglers: [Element] = []
    @usableFromInline var freePlaces: [Int] = []
    @usableFromInline var arrivals: UInt64 = 0
    @usableFromInline var released = Nanoseconds.min
    /// While the sorter is being frozen: its image, and the first place of the ring that is still to be copied. What
    /// waits there may leave, but nothing may take its place before.
    @usableFromInline var frozen: FrozenSorter<Element>?
    @usableFromInline var uncopied = -1

    /// Everything before this time has been released; it never goes back.
    @inlinable public var releasedBefore: Nanoseconds { released }

    /// A sorter that lets at most `capacity` elements wait.
    @inlinable public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        ringSize = 1024
        ring = .allocate(capacity: ringSize)
    }

    @inlinable deinit { ring.deallocate() }

    /// Elements that wait.
    @inlinable public var count: Int { ringCount + heap.count }

    /// The time at which the earliest waiting element stands in the order; `Int64.max` where none waits.
    @inlinable public var nextTime: Nanoseconds {
        let first = ringCount > 0 ? ring[head].time : .max
        return heap.isEmpty ? first : min(first, heap[0].time)
    }

    /// Whether the earliest element must be popped before another can be pushed.
    @inlinable public var isFull: Bool { count >= capacity }

    /// Adds an element. The sorter is not full.
    @inlinable @inline(__always)
    public mutating func push(_ element: Element, at time: Nanoseconds) {
        let time = max(time, released)
        arrivals &+= 1
        if ringCount == 0 || time >= tailTime {
            if ringCount == ringSize || (head + ringCount) & (ringSize - 1) == uncopied { makeRoom() }
            (ring + ((head + ringCount) & (ringSize - 1))).initialize(
                to: Waiting(time: time, arrival: arrivals, element: element))
            ringCount += 1
            tailTime = time
        } else {
            pushStraggler(element, at: time)
        }
    }

    /// Removes and returns the earliest element, which exists.
    @inlinable @inline(__always)
    public mutating func pop() -> Element {
        if heap.isEmpty || (ringCount > 0 && !heap[0].precedes(ring[head].time, ring[head].arrival)) {
            let first = head
            head = (head + 1) & (ringSize - 1)
            ringCount -= 1
            released = ring[first].time
            return ring[first].element
        }
        return popStraggler()
    }

    /// Notes that everything before `time` is taken as released: an element that comes later stands at `time`.
    @inlinable public mutating func release(before time: Nanoseconds) {
        released = max(released, time)
    }

    /// The next place of the ring is taken, by an element that waits or one that is still to be copied.
    @inlinable @inline(never)
    mutating func makeRoom() {
        finishFreezing()
        if ringCount == ringSize { growRing() }
    }

    @usableFromInline mutating func growRing() {
        let larger = UnsafeMutablePointer<Waiting>.allocate(capacity: ringSize * 2)
        for position in 0..<ringCount {
            (larger + position).initialize(to: ring[(head + position) & (ringSize - 1)])
        }
        ring.deallocate()
        ring = larger
        ringSize *= 2
        head = 0
    }

    @inlinable @inline(never)
    mutating func pushStraggler(_ element: Element, at time: Nanoseconds) {
        let place: Int
        if let free = freePlaces.popLast() {
            place = free
            stragglers[place] = element
        } else {
            place = stragglers.count
            stragglers.append(element)
        }
        let node = HeapNode(time: time, arrival: arrivals, place: place)
        heap.append(node)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard node.precedes(heap[parent].time, heap[parent].arrival) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = node
    }

    @inlinable @inline(never)
    mutating func popStraggler() -> Element {
        let first = heap[0]
        let node = heap.removeLast()
        if !heap.isEmpty {
            var hole = 0
            while true {
                var child = 2 * hole + 1
                guard child < heap.count else { break }
                if child + 1 < heap.count, heap[child + 1].precedes(heap[child].time, heap[child].arrival) {
                    child += 1
                }
                guard heap[child].precedes(node.time, node.arrival) else { break }
                heap[hole] = heap[child]
                hole = child
            }
            heap[hole] = node
        }
        released = first.time
        freePlaces.append(first.place)
        return stragglers[first.place]
    }
}
