/// The smallest element; `nil` without any. Of equal ones the first.
@frozen public struct Min<Input: Comparable & StateValue & Sendable>: Aggregate {
    @inlinable public init() {}
    @inlinable @inline(__always)
    public func makeAccumulator() -> Input? { nil }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout Input?) {
        guard let least = accumulator else {
            accumulator = input
            return
        }
        if input < least { accumulator = input }
    }
    @inlinable @inline(__always)
    public func merge(_ later: Input?, into accumulator: inout Input?) {
        if let later { add(later, to: &accumulator) }
    }
    @inlinable @inline(__always)
    public func result(of accumulator: Input?) -> Input? { accumulator }
}

/// The largest element; `nil` without any. Of equal ones the first.
@frozen public struct Max<Input: Comparable & StateValue & Sendable>: Aggregate {
    @inlinable public init() {}
    @inlinable @inline(__always)
    public func makeAccumulator() -> Input? { nil }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout Input?) {
        guard let greatest = accumulator else {
            accumulator = input
            return
        }
        if greatest < input { accumulator = input }
    }
    @inlinable @inline(__always)
    public func merge(_ later: Input?, into accumulator: inout Input?) {
        if let later { add(later, to: &accumulator) }
    }
    @inlinable @inline(__always)
    public func result(of accumulator: Input?) -> Input? { accumulator }
}

/// The `limit` largest elements, largest first; of equal ones the first to come stand first.
@frozen public struct Largest<Input: Comparable & StateValue & Sendable>: Aggregate {
    public let limit: Int

    /// `limit` is positive.
    @inlinable public init(_ limit: Int) {
        precondition(limit > 0)
        self.limit = limit
    }

    @inlinable public func makeAccumulator() -> [Input] { [] }

    /// O(limit), O(1) for an element that is not among them.
    @inlinable public func add(_ input: Input, to accumulator: inout [Input]) {
        if accumulator.count >= limit {
            guard let least = accumulator.last, least < input else { return }
            accumulator.removeLast()
        }
        // Behind the equal ones.
        var place = accumulator.count
        while place > 0, accumulator[place - 1] < input { place -= 1 }
        accumulator.insert(input, at: place)
    }

    @inlinable public func merge(_ later: [Input], into accumulator: inout [Input]) {
        for element in later { add(element, to: &accumulator) }
    }

    @inlinable public func result(of accumulator: [Input]) -> [Input] { accumulator }
    @inlinable public func reset(_ accumulator: inout [Input]) { accumulator.removeAll(keepingCapacity: true) }
}

/// All elements in the order they came; merged windows' in the order of the windows.
@frozen public struct Collect<Input: StateValue & Sendable>: Aggregate {
    @inlinable public init() {}
    @inlinable public func makeAccumulator() -> [Input] { [] }
    @inlinable public func add(_ input: Input, to accumulator: inout [Input]) { accumulator.append(input) }
    @inlinable public func merge(_ later: [Input], into accumulator: inout [Input]) { accumulator += later }
    @inlinable public func result(of accumulator: [Input]) -> [Input] { accumulator }
    @inlinable public func reset(_ accumulator: inout [Input]) { accumulator.removeAll(keepingCapacity: true) }
}

/// Quantiles of all elements, exactly: every element is kept, and sorted when the window fires. For windows of few
/// elements; a sketch (``SketchAggregate``) is for many.
@frozen public struct ExactQuantiles<Input: Comparable & StateValue & Sendable>: Aggregate {
    public let quantiles: [Double]

    /// `quantiles` lie in 0…1.
    @inlinable public init(_ quantiles: [Double]) {
        precondition(quantiles.allSatisfy { (0...1).contains($0) })
        self.quantiles = quantiles
    }

    @inlinable public func makeAccumulator() -> [Input] { [] }
    @inlinable public func add(_ input: Input, to accumulator: inout [Input]) { accumulator.append(input) }
    @inlinable public func merge(_ later: [Input], into accumulator: inout [Input]) { accumulator += later }
    @inlinable public func reset(_ accumulator: inout [Input]) { accumulator.removeAll(keepingCapacity: true) }

    /// For each quantile `q` the smallest element that at least `q` of all are not above (the inverse of the
    /// distribution function; R's type 1). Empty without elements. O(n log n).
    @inlinable public func result(of accumulator: [Input]) -> [Input] {
        guard !accumulator.isEmpty else { return [] }
        let sorted = accumulator.sorted()
        return quantiles.map { quantile in
            let rank = Int((quantile * Double(sorted.count)).rounded(.up))
            return sorted[min(max(rank - 1, 0), sorted.count - 1)]
        }
    }
}
