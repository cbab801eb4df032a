/// Something that happened in a turn, and its number there.
@usableFromInline struct Numbered<Content> {
    @usableFromInline var number: Int
    @usableFromInline var content: Content

    @inlinable init(_ number: Int, _ content: Content) {
        self.number = number
        self.content = content
    }
}

extension Numbered: Sendable where Content: Sendable {}

/// What stands between the elements of a turn.
@usableFromInline enum TurnMark: Sendable {
    case processingTime(Nanoseconds)
    case watermark(Nanoseconds)
    case barrier(UInt64)
    case idle
    case active
    case end
}

/// A worker's share of a turn: the elements of its keys; and the marks, which all workers are given.
@usableFromInline struct KeyedRound<Key: StreamKey, Value: Sendable>: Sendable {
    @usableFromInline var elements: [Numbered<Timed<Keyed<Key, Value>>>] = []
    @usableFromInline var marks: [Numbered<TurnMark>] = []

    @inlinable init() {}
}

/// What a worker made of its share: each result under the number of what caused it.
@usableFromInline struct KeyedAnswer<Key: StreamKey, Result: Sendable>: Sendable {
    @usableFromInline var results: [Numbered<Timed<Keyed<Key, Result>>>] = []
    @usableFromInline var state: [UInt8]?
    @usableFromInline var failure: StateError?

    @inlinable init() {}
}

/// A worker's state in a checkpoint, and whose keys it is about.
@usableFromInline struct KeyedShare: Sendable {
    @usableFromInline let groups: KeyGroups
    @usableFromInline let bytes: [UInt8]

    /// What an operator keeps of the keys in `groups`.
    @inlinable init<Operator: KeyedOperator & ~Copyable>(of step: borrowing Operator, groups: KeyGroups) {
        self.groups = groups
        bytes = StateEncoder.bytes { state in
            state.encode(UInt32(groups.count))
            state.encode(UInt32(groups.range.lowerBound))
            state.encode(UInt32(groups.range.upperBound))
            step.snapshot(into: &state)
        }
    }

    /// Reads whose keys it is about. Throws ``StateError`` where that are not groups of a stream with `count` of them.
    @usableFromInline init(_ bytes: [UInt8], groupCount count: Int) throws(StateError) {
        var state = StateDecoder(bytes)
        groups = try Self.groups(&state, count)
        self.bytes = bytes
    }

    private static func groups(_ state: inout StateDecoder, _ count: Int) throws(StateError) -> KeyGroups {
        let saved = try state.decode(UInt32.self)
        let (first, end) = (Int(try state.decode(UInt32.self)), Int(try state.decode(UInt32.self)))
        guard saved == count else { throw state.invalid("\(saved) key groups where the pipeline has \(count)") }
        guard first < end, end <= count else { throw state.invalid("no key groups") }
        return KeyGroups(range: first..<end, of: count)
    }

    /// Gives the operator what it is to keep of this share, which may be nothing.
    @inlinable func restore<Operator: KeyedOperator & ~Copyable>(
        _ step: inout Operator, keeping kept: KeyGroups
    ) throws(StateError) {
        let common = groups.intersection(kept)
        guard !common.range.isEmpty else { return }
        var state = StateDecoder(bytes)
        for _ in 0..<3 { _ = try state.decode(UInt32.self) }
        try step.restore(from: &state, keeping: common)
        try state.finish()
    }

    /// The shares of a checkpoint. Throws ``StateError`` where they are not each group once.
    @usableFromInline static func all(_ parts: [Snapshot.Part], groupCount: Int) throws(StateError) -> [Self] {
        var shares: [Self] = []
        for part in parts { shares.append(try Self(part.bytes, groupCount: groupCount)) }
        shares.sort { $0.groups.range.lowerBound < $1.groups.range.lowerBound }
        var covered = 0
        for share in shares {
            guard share.groups.range.lowerBound == covered else { break }
            covered = share.groups.range.upperBound
        }
        guard covered == groupCount, shares.last?.groups.range.upperBound == groupCount else {
            throw .unreadable("the checkpoint does not have each key group once")
        }
        return shares
    }
}
