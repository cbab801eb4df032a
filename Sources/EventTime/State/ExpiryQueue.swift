/// When small integers expire, each at most once in the queue: an indexed heap with four children to a node.
///
/// A later time need not be told: whoever is asked for an identifier whose time has come gives the later one then, so
/// that use costs nothing and only expiry O(log n).
@usableFromInline
struct ExpiryQueue: ~Copyable {
    @usableFromInline struct Entry: BitwiseCopyable {
        @usableFromInline var time: Nanoseconds
        @usableFromInline var identifier: UInt32

        @inlinable init(time: Nanoseconds, identifier: UInt32) {
            self.time = time
            self.identifier = identifier
        }
    }

    @usableFromInline static let none = UInt32.max

    @usableFromInline var heap: [Entry] = []
    /// Where in the heap an identifier lies; `none` where it does not.
    @usableFromInline var places: [UInt32] = []

    @inlinable init() {}

    @inlinable var earliest: Nanoseconds? { heap.first?.time }

    /// Sees to it that `identifier` is asked for at `time` at the latest.
    @inlinable mutating func note(_ identifier: Int, expiresAt time: Nanoseconds) {
        while places.count <= identifier { places.append(Self.none) }
        let place = places[identifier]
        let entry = Entry(time: time, identifier: UInt32(truncatingIfNeeded: identifier))
        if place == Self.none {
            heap.append(entry)
            rise(entry, from: heap.count - 1)
        } else if time < heap[Int(place)].time {
            rise(entry, from: Int(place))
        }
    }

    @inlinable mutating func remove(_ identifier: Int) {
        guard identifier < places.count, places[identifier] != Self.none else { return }
        remove(at: Int(places[identifier]))
    }

    /// Takes off the identifier whose time is the earliest, where that is not after `time`.
    @inlinable mutating func pop(through time: Nanoseconds) -> Int? {
        guard let first = heap.first, first.time <= time else { return nil }
        remove(at: 0)
        return Int(first.identifier)
    }

    @inlinable mutating func remove(at place: Int) {
        let removed = heap[place]
        places[Int(removed.identifier)] = Self.none
        let last = heap.removeLast()
        guard place < heap.count else { return }
        if last.time < removed.time { rise(last, from: place) } else { sink(last, from: place) }
    }

    @inlinable mutating func rise(_ entry: Entry, from start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 4
            guard entry.time < heap[parent].time else { break }
            put(heap[parent], at: place)
            place = parent
        }
        put(entry, at: place)
    }

    @inlinable mutating func sink(_ entry: Entry, from start: Int) {
        var place = start
        while true {
            let first = place * 4 + 1
            guard first < heap.count else { break }
            var least = first
            for child in first..<min(first + 4, heap.count) where heap[child].time < heap[least].time {
                least = child
            }
            guard heap[least].time < entry.time else { break }
            put(heap[least], at: place)
            place = least
        }
        put(entry, at: place)
    }

    @inlinable @inline(__always)
    mutating func put(_ entry: Entry, at place: Int) {
        heap[place] = entry
        places[Int(entry.identifier)] = UInt32(truncatingIfNeeded: place)
    }
}
