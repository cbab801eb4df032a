import EventTime

/// The visits of flows and pairs in a stream whose packets may step back by any distance: what ``SliceVisits`` says
/// of the last 64 slices, this says of all, at the cost of a set for each slice.
///
/// Nothing leaves such a stream's windows before its end, so each chain's end is counted at once.
struct UnorderedVisits {
    /// Things seen, by slice.
    private var seen: [Int64: Set<UInt64>] = [:]

    /// Flows and pairs are told apart by their serial numbers.
    enum Thing {
        case flow(UInt32)
        case pair(UInt32)

        fileprivate var number: UInt64 {
            switch self {
            case .flow(let serial): UInt64(serial)
            case .pair(let serial): 1 << 32 | UInt64(serial)
            }
        }
    }

    /// Notes a visit; O(`windowLength`).
    mutating func visit(_ thing: Thing, slice: Int64, windowLength: Int64) -> SliceVisits.Change {
        let number = thing.number
        guard seen[slice, default: []].insert(number).inserted else { return .init() }
        let distances = 1..<max(1, windowLength)
        let before = distances.first { seen[slice - $0]?.contains(number) ?? false }.map { slice - $0 }
        let after = distances.first { seen[slice + $0]?.contains(number) ?? false }.map { slice + $0 }
        if let before, let after, after - before < windowLength { return .init() }
        return .init(
            began: before == nil ? slice : nil, unbegan: after, ended: after == nil ? slice : nil, unended: before)
    }
}
