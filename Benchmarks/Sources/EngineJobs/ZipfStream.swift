/// Keys after Zipf's law with exponent 1, and uniform values: the same elements as `peers/flink` makes.
public struct ZipfStream: Sendable {
    public static let keyCount = 100_000
    public static let valueCount: UInt64 = 1000

    @frozen public struct Element: Sendable {
        public var key: UInt32
        public var value: Int32
    }

    /// The elements, to be read round and round.
    public let elements: [Element]

    /// The first `count` elements; a power of two.
    public init(count: Int) {
        precondition(count.nonzeroBitCount == 1)
        var sums: [Double] = []
        var sum = 0.0
        for rank in 1...Self.keyCount {
            sum += 1 / Double(rank)
            sums.append(sum)
        }
        var state: UInt64 = 42
        elements = (0..<count).map { _ in
            let point = Double(Self.next(&state) >> 11) * 0x1p-53 * sum
            var (low, high) = (0, sums.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if sums[middle] > point { high = middle } else { low = middle + 1 }
            }
            return Element(key: UInt32(low), value: Int32(Self.next(&state) % Self.valueCount))
        }
    }

    /// SplitMix64.
    private static func next(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
