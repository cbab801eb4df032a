/// What a source answers when it is asked for the next element.
@frozen public enum SourceReading<Element> {
    case element(Element)
    /// Nothing now; ask again later.
    case nothingNow
    /// Nothing any more.
    case end
}

/// Where elements come from. It is asked for them one by one, and only when what follows has room for them.
public protocol StreamSource<Element>: ~Copyable {
    associatedtype Element
    /// A point between two elements.
    associatedtype Position: StateValue

    /// The next element. Must not wait for one: a source that has none yet says so. Throws what is wrong with it; the
    /// pipeline ends with that error.
    mutating func next() throws -> SourceReading<Element>

    /// The point behind the last element given.
    var position: Position { get }

    /// Goes to a point that ``position`` was at, perhaps in a process before this one: the same elements follow.
    mutating func seek(to position: Position) throws
}

/// The elements of a collection.
public struct CollectionSource<Elements: Collection>: StreamSource {
    @usableFromInline let elements: Elements
    @usableFromInline var index: Elements.Index
    /// Elements given.
    public private(set) var position: UInt64 = 0

    @inlinable public init(_ elements: Elements) {
        self.elements = elements
        index = elements.startIndex
    }

    @inlinable @inline(__always)
    public mutating func next() -> SourceReading<Elements.Element> {
        guard index != elements.endIndex else { return .end }
        let element = elements[index]
        elements.formIndex(after: &index)
        pass(1)
        return .element(element)
    }

    @usableFromInline mutating func pass(_ count: UInt64) { position &+= count }

    public mutating func seek(to position: UInt64) throws(StateError) {
        guard let count = Int(exactly: position),
            let index = elements.index(elements.startIndex, offsetBy: count, limitedBy: elements.endIndex)
        else { throw .invalid("\(position) is behind the last element", offset: 0) }
        self.position = position
        self.index = index
    }
}

/// The elements of a sequence, which may have no end. To go to a point of it, it is read anew up to there.
public struct SequenceSource<Elements: Sequence>: StreamSource {
    @usableFromInline let elements: Elements
    @usableFromInline var iterator: Elements.Iterator
    /// Elements given.
    public private(set) var position: UInt64 = 0

    /// `elements` gives the same elements each time it is iterated, if checkpoints are to be restored.
    @inlinable public init(_ elements: Elements) {
        self.elements = elements
        iterator = elements.makeIterator()
    }

    @inlinable public mutating func next() -> SourceReading<Elements.Element> {
        guard let element = iterator.next() else { return .end }
        pass(1)
        return .element(element)
    }

    @usableFromInline mutating func pass(_ count: UInt64) { position &+= count }

    public mutating func seek(to position: UInt64) throws(StateError) {
        iterator = elements.makeIterator()
        self.position = 0
        while self.position < position {
            guard iterator.next() != nil else {
                throw .invalid("\(position) is behind the last element", offset: 0)
            }
            self.position += 1
        }
    }
}
