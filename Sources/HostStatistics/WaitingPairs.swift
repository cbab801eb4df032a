import EventTime

/// Pairs of rows that wait to be looked up, while the processor gets the memory where that will be.
typealias WaitingPairs = WaitingRing<WaitingPair, 16>

struct WaitingPair: BitwiseCopyable {
    var low: Int32
    var high: Int32
    var slice: Int64
}
