/// Pairs of rows that wait to be looked up, the first of them the longest, while the processor gets the memory where that
/// will be.
struct WaitingPairs: ~Copyable {
    struct Pair: BitwiseCopyable {
        var low: Int32
        var high: Int32
        var slice: Int64
    }

    /// A power of two.
    private static let capacity = 16
    private let pairs = UnsafeMutablePointer<Pair>.allocate(capacity: WaitingPairs.capacity)
    private var first = 0
    private(set) var count = 0

    deinit { pairs.deallocate() }

    /// Lets a pair wait; returns the one that has waited longest where there is no room for both.
    @inline(__always)
    mutating func exchange(_ pair: Pair) -> Pair? {
        let place = pairs + (first &+ count) & (Self.capacity &- 1)
        guard count == Self.capacity else {
            place.initialize(to: pair)
            count &+= 1
            return nil
        }
        let longest = place.pointee
        place.pointee = pair
        first = (first &+ 1) & (Self.capacity &- 1)
        return longest
    }

    mutating func takeFirst() -> Pair? {
        guard count > 0 else { return nil }
        let pair = pairs[first]
        first = (first &+ 1) & (Self.capacity &- 1)
        count &-= 1
        return pair
    }
}
