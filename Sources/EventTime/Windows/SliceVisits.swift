/// The slices in which a thing (a flow, a pair of hosts) was seen, so that the distinct things of any window can be
/// counted without keeping sets: exact for sliding windows at O(1) per thing and slice.
///
/// Visits less than a window apart form a *chain*: every window that reaches into it holds the thing, and counts it
/// once. So a window's distinct count is the chains begun up to its last slice, less the chains ended before its
/// first: `began` is counted in the slice of a chain's first visit and `ended` in that of its last.
///
/// The last 64 slices are exact whatever the order of the visits; of what lies further back only the newest visit is
/// known, so a visit that comes more than 64 slices behind a later one may begin a chain that it should have joined.
@frozen public struct SliceVisits: BitwiseCopyable, Sendable {
    /// What a visit changes in the counts of slices; `nil` where nothing.
    @frozen public struct Change: Equatable, BitwiseCopyable, Sendable {
        /// The slice whose `began` goes up by one.
        public var began: Int64?
        /// The slice whose `began` goes down by one: its visit now continues an earlier one.
        public var unbegan: Int64?
        /// The slice whose `ended` goes up by one.
        public var ended: Int64?
        /// The slice whose `ended` goes down by one: its chain now goes on.
        public var unended: Int64?

        @inlinable public init(
            began: Int64? = nil, unbegan: Int64? = nil, ended: Int64? = nil, unended: Int64? = nil
        ) {
            self.began = began
            self.unbegan = unbegan
            self.ended = ended
            self.unended = unended
        }
    }

    /// The newest slice visited; `Int64.min` before the first visit.
    public var last = Int64.min
    /// The newest slice visited that `recent` no longer shows; `Int64.min` where there is none.
    @usableFromInline var older = Int64.min
    /// Bit `i`: slice `last - i` was visited.
    @usableFromInline var recent: UInt64 = 0
    /// Whether the end of the newest chain is still to be counted (see ``end()``).
    public var isOpen = false

    @inlinable public init() {}

    /// Whether a visit to `slice` changes nothing.
    @inlinable @inline(__always)
    public func isRepeat(_ slice: Int64) -> Bool { slice == last }

    /// The slices visited, as far as they are known, latest first. O(64).
    public var known: [Int64] {
        guard last > .min else { return [] }
        let recently = (0..<64 as Range<Int64>).filter { recent >> UInt64($0) & 1 == 1 }.map { last &- $0 }
        return older == .min ? recently : recently + [older]
    }

    /// Notes a visit. `windowLength` is a window's length in slices; slices before `floor` are gone: nothing is
    /// changed in them, and no chain reaches back there.
    @inlinable @inline(__always)
    public mutating func visit(_ slice: Int64, windowLength: Int64, floor: Int64) -> Change {
        if slice > last { return advance(to: slice, windowLength: windowLength, floor: floor) }
        return insert(slice, windowLength: windowLength, floor: floor)
    }

    /// A visit to the newest slice again, or to a later one that joins the newest chain, which is open:
    /// ``visit(_:windowLength:floor:)`` would change nothing in the counts. False, and not noted, where it is another one.
    @inlinable @inline(__always)
    public mutating func goOn(to slice: Int64, windowLength: Int64) -> Bool {
        let distance = slice &- last
        guard isOpen, distance >= 0, distance < min(windowLength, 64) else { return false }
        shift(by: distance)
        last = slice
        return true
    }

    /// The newest visit will be `distance` slices later, 0 to 63; `last` is still to be set.
    @inlinable @inline(__always)
    mutating func shift(by distance: Int64) {
        // Where there are none the number is any. By a choice of numbers, since nobody can foresee it.
        let dropped = (recent &>> UInt64(63 &- distance)) &>> 1
        let newestDropped = last &- 64 &+ distance &- Int64(truncatingIfNeeded: dropped.trailingZeroBitCount)
        older = dropped == 0 ? older : newestDropped
        recent = recent &<< UInt64(distance) | 1
    }

    /// Whether a slice was visited, as far as that is known.
    @inlinable @inline(__always)
    public func hasVisited(_ slice: Int64) -> Bool {
        slice <= last && wasVisited(slice, back: last.saturatingSubtract(slice))
    }

    /// The newest chain is over: no visit will join it. Returns the slice in which its end is to be counted.
    @inlinable @inline(__always)
    public mutating func end() -> Int64? {
        guard isOpen else { return nil }
        isOpen = false
        return last
    }

    @inlinable @inline(__always)
    mutating func advance(to slice: Int64, windowLength: Int64, floor: Int64) -> Change {
        var change = Change()
        let joins = last >= floor && last > .min && slice.saturatingSubtract(last) < windowLength
        if !joins {
            // The chain before it, if its end has not been counted, ended where it was last seen.
            if isOpen, last >= floor { change.ended = last }
            change.began = slice
        } else if !isOpen {
            change.unended = last
        }
        isOpen = true
        let distance = last == .min ? 64 : slice.saturatingSubtract(last)
        if distance >= 64 {
            older = last
            recent = 1
        } else {
            shift(by: distance)
        }
        last = slice
        return change
    }

    /// A visit behind the newest one.
    @usableFromInline mutating func insert(_ slice: Int64, windowLength: Int64, floor: Int64) -> Change {
        let back = last.saturatingSubtract(slice)
        guard !wasVisited(slice, back: back) else { return Change() }
        let (before, after) = neighbours(of: slice, back: back)
        if back < 64 { recent |= 1 << UInt64(back) } else { older = max(older, slice) }
        let joinsBefore = before.map { $0 >= floor && slice.saturatingSubtract($0) < windowLength } ?? false
        let joinsAfter = after.saturatingSubtract(slice) < windowLength
        let wereJoined = before.map { after.saturatingSubtract($0) < windowLength } ?? false
        if wereJoined { return Change() }
        var change = Change()
        if joinsBefore { change.unended = before } else { change.began = slice }
        if joinsAfter { change.unbegan = after } else { change.ended = slice }
        return change
    }

    @usableFromInline func wasVisited(_ slice: Int64, back: Int64) -> Bool {
        back < 64 ? recent >> UInt64(back) & 1 == 1 : slice == older
    }

    /// The newest visit before `slice` and the oldest after it, as far as they are known.
    private func neighbours(of slice: Int64, back: Int64) -> (before: Int64?, after: Int64) {
        guard back < 64 else {
            let oldestRecent = last - Int64(63 - recent.leadingZeroBitCount)
            if older > slice { return (nil, older) }
            return (older == .min ? nil : older, oldestRecent)
        }
        let later = recent & ((1 << UInt64(back)) - 1)
        let after = last - Int64(63 - later.leadingZeroBitCount)
        let earlier = back == 63 ? 0 : recent >> UInt64(back + 1)
        if earlier != 0 { return (slice &- 1 &- Int64(earlier.trailingZeroBitCount), after) }
        return (older == .min ? nil : older, after)
    }
}
