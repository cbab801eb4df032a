// Metwally, Agrawal, El Abbadi: Efficient computation of frequent and top-k elements in data streams, ICDT 2005.
// Merging: Agarwal, Cormode, Huang, Phillips, Wei, Yi: Mergeable summaries, PODS 2012, in the form of Cafaro,
// Pulimeno, Tempesta: A parallel space saving algorithm for frequent items, Information Sciences 329 (2016).

/// The most frequent elements, in a fixed number of counters: Space-Saving.
///
/// Of N elements, with c counters: each element's true count lies between its count less its error and its count; no
/// error is above N / c; and each element that came more than N / c times is held. Merging keeps all three, whatever
/// the order and the tree of merges. Where no more than c different elements came, counts are exact and merging is
/// associative; beyond that the bounds are, while counts within them depend on what was merged first.
public struct HeavyHitters<Element: StreamKey>: MergeableSketch {
    /// Numbers of counters there are.
    public static var capacities: ClosedRange<Int> { 1...1_048_576 }

    /// An element that is held.
    public struct Counter: Hashable, Sendable {
        public var element: Element
        /// How often it came, at most.
        public var count: UInt64
        /// How far ``count`` may be above the truth.
        public var error: UInt64

        @inlinable init(element: Element, count: UInt64, error: UInt64) {
            self.element = element
            self.count = count
            self.error = error
        }

        /// The order in which counters are given up: the lowest count, then the lowest element.
        @inlinable static func precedes(_ a: Counter, _ b: Counter) -> Bool {
            a.count != b.count ? a.count < b.count : a.element < b.element
        }
    }

    /// Counters at most.
    public private(set) var capacity: Int
    /// Elements taken in.
    @usableFromInline var taken: UInt64 = 0
    /// A heap: no counter precedes its parent, which stands at (place - 1) / 2.
    @usableFromInline var heap: [Counter] = []
    @usableFromInline var places: [Element: Int] = [:]

    /// `capacity` is one of ``capacities``.
    public init(capacity: Int) {
        precondition(Self.capacities.contains(capacity), "\(capacity) counters are not in \(Self.capacities)")
        self.capacity = capacity
    }

    /// Elements taken in, N.
    public var count: UInt64 { taken }

    /// How often an element that is not held may have come, at most.
    @inlinable public var unheldBound: UInt64 { heap.count == capacity ? heap[0].count : 0 }

    /// How often this element came, at least and at most. O(1).
    public func bounds(of element: Element) -> ClosedRange<UInt64> {
        guard let place = places[element] else { return 0...unheldBound }
        return (heap[place].count - heap[place].error)...heap[place].count
    }

    /// The elements with the highest counts, highest first, equal ones in the order of elements. Those whose count
    /// less error is not below the next one's count are certainly among the most frequent. O(capacity · log).
    public func top(_ number: Int) -> [Counter] {
        let sorted = heap.sorted { $0.count != $1.count ? $0.count > $1.count : $0.element < $1.element }
        return Array(sorted.prefix(max(0, number)))
    }

    /// Takes an element in. O(log capacity).
    @inlinable @inline(__always)
    public mutating func insert(_ element: Element) { insert(element, count: 1) }

    /// Takes an element in, `count` times. O(log capacity).
    @inlinable public mutating func insert(_ element: Element, count: UInt64) {
        guard count > 0 else { return }
        taken = taken.addingSaturating(count)
        if let place = places[element] {
            heap[place].count = heap[place].count.addingSaturating(count)
            sink(place)
        } else if heap.count < capacity {
            heap.append(Counter(element: element, count: count, error: 0))
            places[element] = heap.count - 1
            rise(heap.count - 1)
        } else {
            let least = heap[0].count
            places[heap[0].element] = nil
            heap[0] = Counter(element: element, count: least.addingSaturating(count), error: least)
            places[element] = 0
            sink(0)
        }
    }

    @inlinable mutating func sink(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < heap.count && Counter.precedes(heap[child], heap[least]) { least = child }
            if least == place { return }
            swap(place, least)
            place = least
        }
    }

    @inlinable mutating func rise(_ start: Int) {
        var place = start
        while place > 0, Counter.precedes(heap[place], heap[(place - 1) / 2]) {
            swap(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    @inlinable mutating func swap(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        places[heap[a].element] = a
        places[heap[b].element] = b
    }

    /// Adds what the other one saw. Where their capacities differ, the lower one holds. O(capacity · log).
    public mutating func merge(_ other: HeavyHitters) {
        // An element that one of them does not hold may have come there as often as its bound says.
        let (mine, theirs) = (unheldBound, other.unheldBound)
        var counters: [Counter] = []
        counters.reserveCapacity(heap.count + other.heap.count)
        for counter in heap {
            let same = other.places[counter.element].map { other.heap[$0] }
            counters.append(
                Counter(
                    element: counter.element, count: counter.count.addingSaturating(same?.count ?? theirs),
                    error: counter.error.addingSaturating(same?.error ?? theirs)))
        }
        for counter in other.heap where places[counter.element] == nil {
            counters.append(
                Counter(
                    element: counter.element, count: counter.count.addingSaturating(mine),
                    error: counter.error.addingSaturating(mine)))
        }
        capacity = min(capacity, other.capacity)
        taken = taken.addingSaturating(other.taken)
        counters.sort(by: Counter.precedes)
        hold(counters.suffix(capacity))
    }

    /// Takes over counters that are sorted, and so a heap.
    private mutating func hold(_ counters: ArraySlice<Counter>) {
        heap = Array(counters)
        places = [:]
        places.reserveCapacity(heap.count)
        for (place, counter) in heap.enumerated() { places[counter.element] = place }
    }

    public func encode(into state: inout StateEncoder) {
        state.encode(UInt32(capacity))
        state.encode(taken)
        state.encode(UInt32(heap.count))
        for counter in heap.sorted(by: { $0.element < $1.element }) {
            counter.element.encode(into: &state)
            state.encode(counter.count)
            state.encode(counter.error)
        }
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        let capacity = Int(try state.decode(UInt32.self))
        guard Self.capacities.contains(capacity) else { throw state.invalid("\(capacity) counters") }
        self.init(capacity: capacity)
        taken = try state.decode()
        let held = Int(try state.decode(UInt32.self))
        guard held <= capacity else { throw state.invalid("\(held) counters of \(capacity)") }
        var counters: [Counter] = []
        var sum: UInt64 = 0
        for _ in 0..<held {
            let element = try Element(from: &state)
            let (count, error) = (try state.decode(UInt64.self), try state.decode(UInt64.self))
            if let last = counters.last, !(last.element < element) { throw state.invalid("elements out of order") }
            guard count > error, held == capacity || error == 0 else {
                throw state.invalid("a count of \(count) with an error of \(error)")
            }
            sum = sum.addingSaturating(count)
            counters.append(Counter(element: element, count: count, error: error))
        }
        guard sum <= taken, held == capacity || sum == taken else {
            throw state.invalid("\(sum) counted of \(taken)")
        }
        counters.sort(by: Counter.precedes)
        let least = counters.first?.count ?? 0
        guard counters.allSatisfy({ $0.error <= least }) else {
            throw state.invalid("an error above the lowest count")
        }
        hold(counters[...])
    }
}

extension HeavyHitters: Equatable {
    /// Whether they hold the same: how a heap lies does not matter.
    public static func == (a: HeavyHitters, b: HeavyHitters) -> Bool {
        a.capacity == b.capacity && a.taken == b.taken && a.top(.max) == b.top(.max)
    }
}

extension UInt64 {
    @inlinable func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
