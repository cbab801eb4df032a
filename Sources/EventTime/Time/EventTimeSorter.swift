/// An element that knows its event time, as plain bytes.
public protocol TimeStamped: BitwiseCopyable {
    /// Event time, ns.
    var time: Nanoseconds { get }
}

/// Puts elements that come somewhat out of order back into the order of event time, so that what follows sees the
/// same sequence however they were shuffled within the watermark's delay.
///
/// Elements wait until they are taken. They mostly come in order: those go to a ring in O(1), and can be made in place
/// there; only stragglers pay for a heap, O(log stragglers). Equal times keep the order of arrival.
///
///     let place = sorter.nextPlace        // after makeRoom(), where needsRoom
///     place.initialize(to: element)
///     if sorter.isInOrder(element.time) { sorter.appendPlaced(time: element.time) } else { sorter.insertPlaced() }
///     let count = sorter.take(through: watermark, into: batch, upTo: 128)
///
/// What is taken is released: an element with an earlier time than ``releasedBefore`` has no place any more.
///
/// Memory is bounded: with `capacity` elements waiting the earliest must be taken before its time.
public struct EventTimeSorter<Element: TimeStamped>: ~Copyable {
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

        @inlinable func precedes(_ other: HeapNode) -> Bool {
            time != other.time ? time < other.time : arrival < other.arrival
        }
    }

    public let capacity: Int
    /// A ring of elements in order; its size is a power of two. `head` and `tail` count elements ever taken and
    /// appended: their places are these numbers modulo the size.
    @usableFromInline var ring: UnsafeMutablePointer<Element>
    @usableFromInline var ringSize: Int
    @usableFromInline var head = 0
    @usableFromInline var tail = 0
    /// Where `tail` must not come without ``makeRoom()``.
    @usableFromInline var roomEnd: Int
    @usableFromInline var tailTime = Nanoseconds.min
    /// A binary heap of the elements that came after a later one, and where they lie. The ring's last element is later
    /// than all of them, and those of the ring that have a straggler's time came before it.
    @usableFromInline var heap: [HeapNode] = []
    @usableFromInline var stragglers: [Element] = []
    @usableFromInline var freePlaces: [Int] = []
    @usableFromInline var arrivals: UInt64 = 0
    @usableFromInline var released = Nanoseconds.min
    /// While the sorter is being frozen: its image, and the first element of the ring that is still to be copied. What
    /// waits there may be taken, but nothing may take its place before.
    @usableFromInline var frozen: FrozenSorter<Element>?
    @usableFromInline var uncopied = Int.max

    /// Everything before this time has been released; it never goes back.
    @inlinable public var releasedBefore: Nanoseconds { released }

    /// A sorter that lets at most `capacity` elements wait.
    @inlinable public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        ringSize = 1024
        ring = Self.allocate(ringSize)
        roomEnd = min(ringSize, capacity)
    }

    @inlinable deinit { Self.give(ring, ringSize) }

    @inlinable static func give(_ ring: UnsafeMutablePointer<Element>, _ count: Int) {
        TableMemory.give(ring, byteCount: count * MemoryLayout<Element>.stride)
    }

    @inlinable static func allocate(_ count: Int) -> UnsafeMutablePointer<Element> {
        TableMemory.take(byteCount: count * MemoryLayout<Element>.stride).bindMemory(
            to: Element.self, capacity: count)
    }

    /// Elements that wait.
    @inlinable public var count: Int { tail &- head &+ heap.count }

    /// The time of the earliest waiting element; `Int64.max` where none waits.
    @inlinable public var nextTime: Nanoseconds {
        let first = head != tail ? ring[head & (ringSize &- 1)].time : .max
        return heap.isEmpty ? first : min(first, heap[0].time)
    }

    /// The time of the latest waiting element, of which there is one.
    @inlinable public var newestTime: Nanoseconds { tailTime }

    /// Whether an element must be taken before another can be added.
    @inlinable public var isFull: Bool { count >= capacity }

    // MARK: Adding

    /// Whether ``makeRoom()`` must be called before ``nextPlace`` can be used.
    @inlinable @inline(__always)
    public var needsRoom: Bool { tail == roomEnd }

    /// Where the next element is to be made; whatever is there may be overwritten.
    @inlinable @inline(__always)
    public var nextPlace: UnsafeMutablePointer<Element> { ring + (tail & (ringSize &- 1)) }

    /// Whether an element with this time is the last in the order of those that wait.
    @inlinable @inline(__always)
    public func isInOrder(_ time: Nanoseconds) -> Bool { time >= tailTime || head == tail }

    /// Adds the element that was made at ``nextPlace`` and has this time: not before ``releasedBefore``, and
    /// ``isInOrder(_:)``.
    @inlinable @inline(__always)
    public mutating func appendPlaced(time: Nanoseconds) {
        assert(time == nextPlace.pointee.time && time >= released)
        tailTime = time
        tail &+= 1
    }

    /// Adds the element that was made at ``nextPlace``, which is not ``isInOrder(_:)``.
    @inlinable @inline(never)
    public mutating func insertPlaced() {
        let element = nextPlace.pointee
        assert(element.time >= released)
        let place: Int
        if let free = freePlaces.popLast() {
            place = free
            stragglers[place] = element
        } else {
            place = stragglers.count
            stragglers.append(element)
        }
        arrivals &+= 1
        let node = HeapNode(time: element.time, arrival: arrivals, place: place)
        heap.append(node)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard node.precedes(heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = node
        roomEnd = tail
    }

    /// Whether ``makeRoom()`` would take more memory, or finds none: what can be taken had better be taken before.
    @inlinable public var isCrowded: Bool { tail &- head == ringSize || isFull }

    /// Makes sure that ``nextPlace`` can be used. The sorter is not full.
    @inlinable @inline(never)
    public mutating func makeRoom() {
        precondition(!isFull)
        if tail &- ringSize >= uncopied { finishFreezing() }
        if tail &- head == ringSize { growRing() }
        roomEnd = min(head &+ ringSize, head &+ capacity &- heap.count)
        if uncopied != .max { roomEnd = min(roomEnd, uncopied &+ ringSize) }
    }

    /// Large rings grow by moving pages, and copy only what lies behind where the ring began anew.
    @usableFromInline mutating func growRing() {
        finishFreezing()
        let stride = MemoryLayout<Element>.stride
        ring = TableMemory.grow(ring, from: ringSize * stride, to: 2 * ringSize * stride).assumingMemoryBound(
            to: Element.self)
        // Places are numbers modulo the size: those with the new bit set lie a ring further.
        var position = head
        while position < tail {
            let end = min(tail, (position / ringSize + 1) * ringSize)
            if position & ringSize != 0 {
                let place = position & (ringSize - 1)
                (ring + ringSize + place).update(from: ring + place, count: end - position)
            }
            position = end
        }
        ringSize *= 2
    }

    // MARK: Taking

    /// The earliest elements that wait, in order and where they are: those with times up to `time` that lie side by
    /// side with no straggler between them, at most `limit` and in time O(log limit). Valid until the sorter changes;
    /// ``drop(_:)`` then takes some of them, without copying.
    @inlinable @inline(__always)
    public func run(through time: Nanoseconds, upTo limit: Int) -> UnsafeBufferPointer<Element> {
        let stop = heap.isEmpty ? time : min(time, heap[0].time)
        let place = head & (ringSize &- 1)
        let start = ring + place
        var count = min(limit, tail &- head, ringSize &- place)
        if count > 0, start[count &- 1].time > stop {
            // Those before `least` are early enough, that at `count` is not.
            var least = 0
            count &-= 1
            while least < count {
                let middle = (least &+ count) / 2
                if start[middle].time <= stop { least = middle &+ 1 } else { count = middle }
            }
        }
        return UnsafeBufferPointer(start: start, count: count)
    }

    /// Takes the first `count` elements of a run.
    @inlinable public mutating func drop(_ count: Int) {
        guard count > 0 else { return }
        released = max(released, ring[(head &+ count &- 1) & (ringSize &- 1)].time)
        head &+= count
    }

    /// Takes the elements with times up to `time`, in order, `limit` at most, and copies them to `batch`. Returns how
    /// many.
    @inlinable @inline(__always)
    public mutating func take(
        through time: Nanoseconds, into batch: UnsafeMutablePointer<Element>, upTo limit: Int
    ) -> Int {
        var count = 0
        let mask = ringSize &- 1
        while count < limit {
            let stop = heap.isEmpty ? time : min(time, heap[0].time)
            var first = head
            while count < limit, first != tail {
                let element = ring + (first & mask)
                guard element.pointee.time <= stop else { break }
                (batch + count).initialize(to: element.pointee)
                first &+= 1
                count &+= 1
            }
            head = first
            guard count < limit, !heap.isEmpty, heap[0].time <= time else { break }
            (batch + count).initialize(to: takeStraggler())
            count &+= 1
        }
        if count > 0 { released = max(released, batch[count &- 1].time) }
        return count
    }

    /// Notes that everything before `time` is taken as released.
    @inlinable public mutating func release(before time: Nanoseconds) {
        released = max(released, time)
    }

    @inlinable @inline(never)
    mutating func takeStraggler() -> Element {
        let first = heap[0]
        let node = heap.removeLast()
        if !heap.isEmpty {
            var hole = 0
            while true {
                var child = 2 * hole + 1
                guard child < heap.count else { break }
                if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
                guard heap[child].precedes(node) else { break }
                heap[hole] = heap[child]
                hole = child
            }
            heap[hole] = node
        }
        freePlaces.append(first.place)
        return stragglers[first.place]
    }
}
