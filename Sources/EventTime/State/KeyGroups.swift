/// Some of the groups into which the keys of a stream are divided, one after another.
///
/// How many groups there are is fixed with the stream, and how they are spread over workers is not: state that was
/// saved by so many workers is restored by any other number, each taking the keys of its groups (Flink's key groups;
/// Carbone et al., "State management in Apache Flink", VLDB 2017).
public struct KeyGroups: Hashable, Sendable {
    /// Groups of a stream that does not say otherwise.
    public static let defaultCount = 128

    /// The groups of this share.
    public let range: Range<Int>
    /// Groups of the whole stream.
    public let count: Int

    /// Every group.
    public static func all(of count: Int = defaultCount) -> Self { Self(range: 0..<count, of: count) }

    public init(range: Range<Int>, of count: Int) {
        precondition(count > 0 && count <= 1 << 15 && range.lowerBound >= 0 && range.upperBound <= count)
        self.range = range
        self.count = count
    }

    /// The share of worker number `worker` of `workers`: shares differ by one group at most.
    public init(worker: Int, of workers: Int, count: Int = defaultCount) {
        precondition(worker >= 0 && worker < workers)
        self.init(range: worker * count / workers..<(worker + 1) * count / workers, of: count)
    }

    /// The group of a key, from the upper bits of its hash: tables index with the lower ones.
    @inlinable @inline(__always)
    public static func group(ofHash hash: UInt64, count: Int) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(truncatingIfNeeded: count)).high)
    }

    /// Whether this share holds the key.
    @inlinable public func contains(_ key: some StreamKey) -> Bool {
        range.contains(Self.group(ofHash: key.stableHash, count: count))
    }

    /// The groups that are in both shares.
    public func intersection(_ other: Self) -> Self {
        precondition(count == other.count)
        return Self(range: range.clamped(to: other.range), of: count)
    }
}
