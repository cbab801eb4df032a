/// The fold of one key's elements in one slice, in a form from which sliding windows are computed by addition and
/// subtraction alone: a commutative group.
///
/// Sums, counts and averages are their own inverse images: ``enter(_:)`` adds them and ``leave(_:)`` takes them away
/// (subtract-on-evict; Tangwongsan, Hirzel and Schneider, "In-order sliding-window aggregation", VLDB J. 2021).
/// A count of distinct things keeps two numbers in each slice, how many came into sight there and how many went out
/// of sight with it: ``SliceVisits`` says which.
public protocol SliceAccumulator: BitwiseCopyable, Sendable {
    /// The fold of nothing.
    init()
    /// The window takes in a slice.
    mutating func enter(_ slice: Self)
    /// The window lets go of a slice it had taken in. Arithmetic wraps: corrections may pass below zero on the way.
    mutating func leave(_ slice: Self)
    /// Whether a window with this fold has no row.
    var isEmpty: Bool { get }
    /// Whether this is the fold of nothing: what has left took all with it. A fold that is zero is empty.
    var isZero: Bool { get }
}

/// A fold of a key that had to be admitted to its slice (``SlicedWindows/update(slice:key:admission:_:)``).
public protocol AdmittedAccumulator: SliceAccumulator {
    /// Bit `g`: key group `g` was admitted to this row. Neither entering nor leaving changes it.
    var admittedGroups: UInt64 { get set }
}

/// A key whose rows are put in order.
public protocol WindowKey: TableKey, Comparable {
    /// The order's coarse part: where `a < b`, `a.sortPrefix <= b.sortPrefix`.
    var sortPrefix: UInt64 { get }
}
