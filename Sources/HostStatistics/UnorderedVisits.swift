import EventTime

/// The visits of flows and pairs in a stream whose packets may step back by any distance: what ``SliceVisits`` says
/// of the last 64 slices, this says of all, at the cost of eight bytes for each visit.
///
/// Nothing leaves such a stream's windows before its end, so each chain's end is counted at once.
struct UnorderedVisits {
    /// The slices in which a thing was seen, in ascending order.
    var slices: [UInt64: [Int64]] = [:]

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

    /// Notes a visit; O(log visits) where it is the newest, else O(visits).
    mutating func visit(_ thing: Thing, slice: Int64, windowLength: Int64) -> SliceVisits.Change {
        Self.visit(&slices[thing.number, default: []], slice, windowLength)
    }

    private static func visit(_ visits: inout [Int64], _ slice: Int64, _ windowLength: Int64) -> SliceVisits.Change
    {
        var (low, high) = (0, visits.count)
        while low < high {
            let middle = (low + high) / 2
            if visits[middle] < slice { low = middle + 1 } else { high = middle }
        }
        if low < visits.count, visits[low] == slice { return .init() }
        let before = low > 0 && isNear(visits[low - 1], slice, windowLength) ? visits[low - 1] : nil
        let after = low < visits.count && isNear(slice, visits[low], windowLength) ? visits[low] : nil
        visits.insert(slice, at: low)
        if let before, let after, isNear(before, after, windowLength) { return .init() }
        return .init(
            began: before == nil ? slice : nil, unbegan: after, ended: after == nil ? slice : nil, unended: before)
    }

    private static func isNear(_ earlier: Int64, _ later: Int64, _ windowLength: Int64) -> Bool {
        later.saturatingSubtract(earlier) < windowLength
    }
}
