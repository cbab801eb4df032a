/// What is to be looked at when a slice goes: a list for each slice.
struct SliceLists<Element> {
    struct List {
        let slice: Int64
        var elements: [Element] = []
    }

    /// In ascending order of their slices.
    private(set) var lists: [List] = []

    init() {}

    /// Lists in ascending order of their slices.
    init(_ lists: [List]) { self.lists = lists }

    /// O(1) amortised where most slices in between have a list.
    @inline(__always)
    mutating func add(_ element: Element, slice: Int64) {
        lists[place(of: slice)].elements.append(element)
    }

    /// The place of a slice's list, which is made where there is none.
    @inline(__always)
    private mutating func place(of slice: Int64) -> Int {
        if let first = lists.first {
            let distance = slice.subtractingReportingOverflow(first.slice)
            if !distance.overflow, distance.partialValue >= 0, distance.partialValue < lists.count,
                lists[Int(distance.partialValue)].slice == slice
            {
                return Int(distance.partialValue)
            }
        }
        return makePlace(slice)
    }

    @inline(never)
    private mutating func makePlace(_ slice: Int64) -> Int {
        let place = firstPlace(from: slice)
        if place == lists.count || lists[place].slice != slice { lists.insert(List(slice: slice), at: place) }
        return place
    }

    /// The place of the first list of `slice` or a later one.
    private func firstPlace(from slice: Int64) -> Int {
        var (low, high) = (0, lists.count)
        while low < high {
            let middle = (low + high) / 2
            if lists[middle].slice < slice { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Takes out the list of one slice.
    mutating func take(_ slice: Int64) -> [Element] {
        let place = firstPlace(from: slice)
        guard place < lists.count, lists[place].slice == slice else { return [] }
        return lists.remove(at: place).elements
    }

    /// The slices before `floor` that have a list, in ascending order.
    func slices(before floor: Int64) -> [Int64] { lists.prefix { $0.slice < floor }.map(\.slice) }
}

/// Flows and pairs to look at when a slice goes: each stands in one slice's list, and moves on to the slice where it
/// was last seen, so a long-lived flow costs O(1) per window's length and not per slice.
typealias VisitChecks = SliceLists<VisitCheck>

struct VisitCheck {
    var group: Int32
    var identifier: Int32
    var serial: UInt32
}

/// Ends of flows that are no more: whose distinct flows and peers go down by one when the slice goes in which the flow
/// was last seen.
typealias FlowDepartures = SliceLists<FlowDeparture>

struct FlowDeparture {
    /// The numbers of its two hosts (``SlicedWindows``), good until the slice goes; twice the same where one sent to itself.
    var lowNumber: Int32
    var highNumber: Int32
    /// The flow counts as a peer itself.
    var countsAsPeer: Bool
}
