/// Where results go.
public protocol StreamSink<Element>: ~Copyable {
    associatedtype Element

    /// Takes the next result. Throws where it cannot; the pipeline ends with that error.
    mutating func write(_ element: Timed<Element>) throws

    /// The pipeline has come to its end: nothing follows. Called once, and not where it failed.
    mutating func finish() throws

    /// First phase of a commit: makes what was written so far durable, so that ``commit(_:)`` cannot fail for want of
    /// space or rights, and answers what is to be committed with this checkpoint.
    mutating func preCommit(checkpoint: UInt64) throws -> [UInt8]

    /// Second phase: the checkpoint is safe, so what was pre-committed for it shall be seen. Called again after a
    /// restart, for the checkpoint that is restored: committing twice must be as committing once.
    mutating func commit(_ preCommitted: [UInt8]) throws

    /// Drops what was written and is not in the restored checkpoint; `nil`: a fresh start, nothing was committed.
    /// Called before anything else.
    mutating func abort(beyond preCommitted: [UInt8]?) throws
}

extension StreamSink where Self: ~Copyable {
    public mutating func finish() throws {}
    public mutating func preCommit(checkpoint: UInt64) throws -> [UInt8] { [] }
    public mutating func commit(_ preCommitted: [UInt8]) throws {}
    public mutating func abort(beyond preCommitted: [UInt8]?) throws {}
}

/// Hands each result to a function.
public struct ClosureSink<Element>: StreamSink {
    @usableFromInline let body: (Timed<Element>) throws -> Void

    @inlinable public init(_ body: @escaping (Timed<Element>) throws -> Void) { self.body = body }

    @inlinable public mutating func write(_ element: Timed<Element>) throws { try body(element) }
}

/// Keeps the results in an array that others may look at.
public final class Collector<Element>: StreamSink {
    public var elements: [Timed<Element>] = []

    public init() {}

    @inlinable public func write(_ element: Timed<Element>) { elements.append(element) }

    /// The results without their times.
    public var values: [Element] { elements.map(\.value) }
}
