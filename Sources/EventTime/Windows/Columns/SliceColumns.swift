/// What an aggregate keeps beside the rows of a slice: one memory for the folds of all keys, where a memory for each
/// would have to be made, to grow and to be found for every key and slice.
///
/// A row is known by its number in the slice. Columns refer to memory that their owner gives back: a slice, or the
/// window.
public protocol SliceColumns {
    /// What is kept of the window that the slices make.
    associatedtype Window: WindowColumns
    /// What is kept in the place of columns where folds come and go one by one.
    associatedtype Memory: FoldMemory

    /// Whether there is nothing to be kept.
    static var isNothing: Bool { get }
    init()
    /// Gives the memory back.
    func release()
    /// Forgets all rows; memory that was well used stays.
    func removeAll()
    /// The slice gets its elements from here on: it takes over the memory of one that got its own before.
    func open(with window: Window)
    /// The slice comes into the window: it holds what its rows have, by the numbers of the rows' keys, which are less
    /// than `keyCount`. The slice gets no more elements but late ones. O(what the rows have).
    func enter(_ window: Window, numbers: UnsafePointer<UInt32>, rowCount: Int, keyCount: Int)
    /// Takes that away again.
    func leave(_ window: Window, numbers: UnsafePointer<UInt32>)
    /// Makes the window what this slice alone has, by the numbers of its rows: where windows do not overlap.
    func fill(_ window: Window, rowCount: Int)
    /// Calls `body` with columns in which what a row has is found, to read much of it. The slice stays as it is.
    func withRows<Failure: Error>(_ body: (Self) throws(Failure) -> Void) throws(Failure)
}

extension SliceColumns {
    @inlinable public static var isNothing: Bool { false }
}

/// What an aggregate keeps of a window beside the rows of its keys.
public protocol WindowColumns {
    init()
    /// Gives the memory back.
    func release()
}

/// Nothing is kept beside the rows.
@frozen public struct NoColumns: SliceColumns, WindowColumns {
    public typealias Window = NoColumns
    public typealias Memory = NoColumns

    @inlinable public static var isNothing: Bool { true }
    @inlinable public init() {}
    @inlinable public func release() {}
    @inlinable public func removeAll() {}
    @inlinable public func open(with window: NoColumns) {}
    @inlinable public func enter(
        _ window: NoColumns, numbers: UnsafePointer<UInt32>, rowCount: Int, keyCount: Int
    ) {}
    @inlinable public func leave(_ window: NoColumns, numbers: UnsafePointer<UInt32>) {}
    @inlinable public func fill(_ window: NoColumns, rowCount: Int) {}
    @inlinable public func withRows<Failure: Error>(
        _ body: (Self) throws(Failure) -> Void
    ) throws(Failure) { try body(self) }
}

/// The columns of two aggregates.
@frozen public struct BothColumns<First: SliceColumns, Second: SliceColumns>: SliceColumns {
    public typealias Memory = BothMemory<First.Memory, Second.Memory>

    @frozen public struct Window: WindowColumns {
        @usableFromInline let first: First.Window
        @usableFromInline let second: Second.Window

        @inlinable public init() { (first, second) = (First.Window(), Second.Window()) }

        @inlinable public func release() {
            first.release()
            second.release()
        }
    }

    @usableFromInline let first: First
    @usableFromInline let second: Second

    @inlinable public static var isNothing: Bool { First.isNothing && Second.isNothing }
    @inlinable init(_ first: First, _ second: Second) { (self.first, self.second) = (first, second) }
    @inlinable public init() { self.init(First(), Second()) }

    @inlinable public func release() {
        first.release()
        second.release()
    }

    @inlinable public func removeAll() {
        first.removeAll()
        second.removeAll()
    }

    @inlinable public func open(with window: Window) {
        first.open(with: window.first)
        second.open(with: window.second)
    }

    @inlinable public func enter(
        _ window: Window, numbers: UnsafePointer<UInt32>, rowCount: Int, keyCount: Int
    ) {
        first.enter(window.first, numbers: numbers, rowCount: rowCount, keyCount: keyCount)
        second.enter(window.second, numbers: numbers, rowCount: rowCount, keyCount: keyCount)
    }

    @inlinable public func leave(_ window: Window, numbers: UnsafePointer<UInt32>) {
        first.leave(window.first, numbers: numbers)
        second.leave(window.second, numbers: numbers)
    }

    @inlinable public func fill(_ window: Window, rowCount: Int) {
        first.fill(window.first, rowCount: rowCount)
        second.fill(window.second, rowCount: rowCount)
    }

    @inlinable public func withRows<Failure: Error>(
        _ body: (Self) throws(Failure) -> Void
    ) throws(Failure) {
        try first.withRows { (first) throws(Failure) in
            try second.withRows { (second) throws(Failure) in try body(Self(first, second)) }
        }
    }
}
