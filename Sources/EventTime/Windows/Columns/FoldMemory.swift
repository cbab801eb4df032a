/// What an aggregate keeps beside the rows of folds that come and go one by one, as those of sessions and of windows by
/// count do: one memory for all folds of an operator, where each would have to ask the system for its own.
///
/// A fold's part of it lies beside its row. It is not copied, and given back with ``reset(_:)``.
public protocol FoldMemory {
    /// What lies beside a row.
    associatedtype Fold

    /// Whether the folds that are left must be given back before the memory is.
    static var isOwing: Bool { get }
    init()
    /// Gives the memory back, that of all folds.
    func release()
    /// The fold of nothing.
    func makeFold() -> Fold
    /// Makes a fold that of nothing again, and takes its memory.
    func reset(_ fold: inout Fold)
    func merge(_ later: inout Fold, into fold: inout Fold)
    /// Takes a fold away from one that it was merged into.
    func subtract(_ earlier: inout Fold, from fold: inout Fold)
    /// What a fold is in as little memory as it needs: it gets no more elements, and is only read, taken away and
    /// reset. `fold` is that of nothing then, and keeps its memory.
    func pack(_ fold: inout Fold) -> Fold
    /// Asks for a fold's memory, to be read from end to end.
    func prefetch(_ fold: borrowing Fold)
}

extension NoColumns: FoldMemory {
    @inlinable public static var isOwing: Bool { false }
    @inlinable @inline(__always)
    public func makeFold() {}
    @inlinable @inline(__always)
    public func reset(_ fold: inout Void) {}
    @inlinable @inline(__always)
    public func merge(_ later: inout Void, into fold: inout Void) {}
    @inlinable @inline(__always)
    public func subtract(_ earlier: inout Void, from fold: inout Void) {}
    @inlinable @inline(__always)
    public func pack(_ fold: inout Void) {}
    @inlinable @inline(__always)
    public func prefetch(_ fold: borrowing Void) {}
}

/// The memories of two aggregates.
@frozen public struct BothMemory<First: FoldMemory, Second: FoldMemory>: FoldMemory {
    @frozen public struct Fold {
        @usableFromInline var first: First.Fold
        @usableFromInline var second: Second.Fold

        @inlinable init(_ first: First.Fold, _ second: Second.Fold) { (self.first, self.second) = (first, second) }
    }

    @usableFromInline let first: First
    @usableFromInline let second: Second

    @inlinable public static var isOwing: Bool { First.isOwing || Second.isOwing }
    @inlinable public init() { (first, second) = (First(), Second()) }

    @inlinable public func release() {
        first.release()
        second.release()
    }

    @inlinable @inline(__always)
    public func makeFold() -> Fold { Fold(first.makeFold(), second.makeFold()) }

    @inlinable @inline(__always)
    public func reset(_ fold: inout Fold) {
        first.reset(&fold.first)
        second.reset(&fold.second)
    }

    @inlinable @inline(__always)
    public func merge(_ later: inout Fold, into fold: inout Fold) {
        first.merge(&later.first, into: &fold.first)
        second.merge(&later.second, into: &fold.second)
    }

    @inlinable @inline(__always)
    public func subtract(_ earlier: inout Fold, from fold: inout Fold) {
        first.subtract(&earlier.first, from: &fold.first)
        second.subtract(&earlier.second, from: &fold.second)
    }

    @inlinable @inline(__always)
    public func pack(_ fold: inout Fold) -> Fold { Fold(first.pack(&fold.first), second.pack(&fold.second)) }

    @inlinable @inline(__always)
    public func prefetch(_ fold: borrowing Fold) {
        first.prefetch(fold.first)
        second.prefetch(fold.second)
    }
}
