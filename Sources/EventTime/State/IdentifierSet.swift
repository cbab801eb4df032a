/// Identifiers of a table's entries, a bit for each.
@frozen @usableFromInline
struct IdentifierSet {
    /// Bit by identifier; no bit is set at or above ``bound``.
    @usableFromInline var words: [UInt64] = []
    @usableFromInline var bound = 0

    @inlinable init() {}

    /// All identifiers below a bound, without those that are free. O(bound / 64 + free).
    @inlinable init(below bound: Int, without free: [UInt32]) {
        self.init(below: bound, words: Array(repeating: .max, count: (bound + 63) / 64))
        for identifier in free { words[Int(identifier) / 64] &= ~(1 << UInt64(identifier % 64)) }
    }

    /// Bits beyond the bound are dropped.
    @inlinable init(below bound: Int, words: [UInt64]) {
        self.words = words
        self.bound = bound
        if bound % 64 != 0 { self.words[bound / 64] &= 1 << UInt64(bound % 64) - 1 }
    }

    @inlinable var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    @inlinable func contains(_ identifier: Int) -> Bool {
        identifier < bound && words[identifier / 64] >> UInt64(identifier % 64) & 1 != 0
    }

    /// The identifiers of both sets.
    @inlinable func intersection(_ other: Self) -> Self {
        var result = self
        for index in words.indices { result.words[index] &= index < other.words.count ? other.words[index] : 0 }
        return result
    }

    /// Whether each identifier is in one of two sets at least.
    @inlinable func isCovered(by one: Self, _ other: Self) -> Bool {
        words.indices.allSatisfy { index in
            let covered =
                (index < one.words.count ? one.words[index] : 0)
                | (index < other.words.count ? other.words[index] : 0)
            return words[index] & ~covered == 0
        }
    }

    /// Gives the identifiers to `body` in their order, as long as it wants more.
    @inlinable func forEach<Failure: Error>(_ body: (Int) throws(Failure) -> Void) throws(Failure) {
        for index in words.indices {
            var word = words[index]
            while word != 0 {
                try body(index * 64 + word.trailingZeroBitCount)
                word &= word - 1
            }
        }
    }

    /// The first identifier at or above `start`, which must be there.
    @inlinable func first(from start: Int) -> Int {
        var index = start / 64
        var word = words[index] & (.max << UInt64(start % 64))
        while word == 0 {
            index += 1
            word = words[index]
        }
        return index * 64 + word.trailingZeroBitCount
    }
}
