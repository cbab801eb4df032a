/// Counts by index, of which the highest `limit` indexes are kept apart and all lower ones counted at the lowest of
/// those. A function of what was added alone: the order leaves no trace.
@usableFromInline
struct QuantileBins: Equatable, Sendable {
    /// The index that the first count is of.
    @usableFromInline var first = 0
    @usableFromInline var counts: [UInt64] = []
    /// The highest index with a count.
    @usableFromInline var top = 0
    /// What was added below the lowest index kept apart, and is counted there.
    @usableFromInline var collapsed: UInt64 = 0
    @usableFromInline let limit: Int

    @inlinable init(limit: Int) { self.limit = limit }

    @inlinable var isEmpty: Bool { counts.isEmpty }

    /// The lowest index kept apart.
    @inlinable var floor: Int { top - limit + 1 }

    @usableFromInline var total: UInt64 { counts.reduce(0, &+) }

    @inlinable mutating func add(_ index: Int, _ count: UInt64) {
        let place = index - first
        if place >= 0, index <= top, !counts.isEmpty {
            counts[place] &+= count
        } else {
            addOutside(index, count)
        }
    }

    @usableFromInline mutating func addOutside(_ index: Int, _ count: UInt64) {
        if counts.isEmpty {
            (first, top) = (index, index)
            counts = [0]
        } else if index > top {
            raise(to: index)
        }
        if index < floor { collapsed &+= count }
        let target = max(index, floor)
        if target < first {
            let more = min(max(first - target, counts.count / 2), first - floor)
            counts.insert(contentsOf: repeatElement(0, count: more), at: 0)
            first -= more
        }
        counts[target - first] &+= count
    }

    /// Makes `index` the highest one, and moves what falls below the floor then to the floor.
    private mutating func raise(to index: Int) {
        top = index
        if first < floor {
            let below = min(floor - first, counts.count)
            let moved = counts[..<below].reduce(0, &+)
            counts.removeFirst(below)
            first = floor
            collapsed = moved
            if counts.isEmpty { counts.append(0) }
            counts[0] &+= moved
        }
        let missing = top - first + 1 - counts.count
        if missing > 0 { counts.append(contentsOf: repeatElement(0, count: max(missing, counts.count / 2))) }
    }

    /// Adds the other's counts, which have the same limit.
    mutating func merge(_ other: QuantileBins) {
        guard let (lowest, _) = other.span else { return }
        // First the highest, so that the floor stands where it stays.
        add(other.top, 0)
        let before = collapsed
        for index in lowest...other.top where other.counts[index - other.first] > 0 {
            add(index, other.counts[index - other.first])
        }
        // What the other had collapsed into its floor was counted above as collapsed only where this floor is higher.
        if other.floor == floor { collapsed = before &+ other.collapsed }
    }

    /// The lowest and highest index with a count.
    var span: (Int, Int)? {
        guard let lowest = counts.firstIndex(where: { $0 > 0 }) else { return nil }
        return (first + lowest, top)
    }

    /// The index of the value of this rank, counted from 0 in the order of indexes.
    func index(ofRank rank: UInt64) -> Int {
        var seen: UInt64 = 0
        for (place, count) in counts.enumerated() {
            seen &+= count
            if rank < seen { return first + place }
        }
        return top
    }

    @usableFromInline static func == (a: QuantileBins, b: QuantileBins) -> Bool {
        guard a.limit == b.limit, a.collapsed == b.collapsed else { return false }
        guard let (from, to) = a.span, let theirs = b.span else { return (a.span == nil) == (b.span == nil) }
        return theirs == (from, to)
            && a.counts[(from - a.first)...(to - a.first)] == b.counts[(from - b.first)...(to - b.first)]
    }

    /// From the lowest to the highest index with a count, each count in LEB128: at least a byte for each that is
    /// held in memory.
    func encode(into state: inout StateEncoder) {
        guard let (lowest, highest) = span else { return state.encode(UInt64(0)) }
        state.encode(UInt64(highest - lowest + 1))
        state.encode(Int32(lowest))
        state.encode(collapsed)
        for index in lowest...highest {
            var rest = counts[index - first]
            while rest > 0x7F {
                state.encode(UInt8(truncatingIfNeeded: rest) | 0x80)
                rest >>= 7
            }
            state.encode(UInt8(rest))
        }
    }

    /// Counts of `indexes`, the only ones possible.
    init(limit: Int, indexes: ClosedRange<Int>, from state: inout StateDecoder) throws(StateError) {
        self.limit = limit
        let size = try state.decodeCount(elementSize: 1)
        guard size > 0 else { return }
        first = Int(try state.decode(Int32.self))
        collapsed = try state.decode()
        guard size <= limit, indexes.contains(first), size - 1 <= indexes.upperBound - first else {
            throw state.invalid("\(size) bins from \(first) are not possible")
        }
        top = first + size - 1
        counts.reserveCapacity(size)
        for _ in 0..<size { counts.append(try Self.decodeCount(from: &state)) }
        guard counts[0] > 0, counts[size - 1] > 0 else { throw state.invalid("a bin at the end is empty") }
        guard collapsed == 0 || (first == floor && collapsed <= counts[0]) else {
            throw state.invalid("\(collapsed) values are collapsed into nothing")
        }
    }

    private static func decodeCount(from state: inout StateDecoder) throws(StateError) -> UInt64 {
        var (value, shift) = (UInt64(0), UInt64(0))
        while true {
            let byte = try state.decode(UInt8.self)
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                guard shift == 0 || byte > 0 else { throw state.invalid("a count is longer than it need be") }
                break
            }
            shift += 7
            guard shift <= 56 else { throw state.invalid("a count is above 2^63") }
        }
        return value
    }
}
