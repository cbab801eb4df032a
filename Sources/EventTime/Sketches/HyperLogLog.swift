// Flajolet, Fusy, Gandouet, Meunier: HyperLogLog, AofA 2007. Estimator: Ertl: New cardinality estimation algorithms
// for HyperLogLog sketches, arXiv:1702.01284 (2017), algorithm 6: unbiased from none to 2^64 without tables of
// measured corrections, as HyperLogLog++ (Heule, Nunkesser, Hall, EDBT 2013) needs them.

/// How many different hashes there were, in 2^precision bytes: each register keeps the longest run of leading zeros
/// among the hashes that fell to it.
///
/// A function of the set of hashes alone: neither order nor repetition nor the way parts were merged leaves a trace.
/// The estimate's standard error is 1.04 / √(2^precision): 0.81 % at precision 14, 16 KiB.
public struct HyperLogLog: StateValue, Hashable, Sendable {
    /// Precisions there are: from 16 bytes to 256 KiB.
    public static let precisions = 4...18

    @usableFromInline let bits: UInt8
    @usableFromInline var registers: [UInt8]

    /// `precision` is one of ``precisions``.
    public init(precision: Int = 14) {
        precondition(Self.precisions.contains(precision), "precision \(precision) is not in \(Self.precisions)")
        bits = UInt8(precision)
        registers = [UInt8](repeating: 0, count: 1 << precision)
    }

    /// The number of registers is 2 to the power of this.
    public var precision: Int { Int(bits) }

    /// The standard deviation of ``estimate`` from the truth, relative to it.
    public var standardError: Double { Self.standardError(precision: precision) }

    public static func standardError(precision: Int) -> Double { 1.04 / Double(1 << precision).squareRoot() }

    /// Takes a hash in. O(1). Its bits are mixed once more, so that a weak one does no harm as long as different
    /// things have different hashes.
    @inlinable public mutating func insert(hash: UInt64) {
        let mixed = Self.mix(hash)
        let index = Int(truncatingIfNeeded: mixed >> (64 - UInt64(bits)))
        // The bit behind the last one of the hash ends the run where all are 0.
        let rest = mixed << UInt64(bits) | 1 << (UInt64(bits) - 1)
        let rank = UInt8(truncatingIfNeeded: rest.leadingZeroBitCount + 1)
        if registers[index] < rank { registers[index] = rank }
    }

    /// The finalizer of MurmurHash3 (Appleby): a bijection, so different hashes stay different.
    @inlinable static func mix(_ hash: UInt64) -> UInt64 {
        var mixed = hash
        mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ (mixed >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return mixed ^ (mixed >> 33)
    }

    /// Adds what the other one saw. The result has the lower of the two precisions, and is what it would be had it
    /// seen everything itself. O(registers).
    public mutating func merge(_ other: HyperLogLog) {
        if other.bits < bits { self = reduced(to: other.precision) }
        let other = other.bits > bits ? other.reduced(to: precision) : other
        for (index, rank) in other.registers.enumerated() where registers[index] < rank {
            registers[index] = rank
        }
    }

    /// The same at a lower precision: registers that agree in their leading bits become one, whose hashes' bits
    /// behind those are the rest of the index followed by the old run.
    private func reduced(to precision: Int) -> HyperLogLog {
        var result = HyperLogLog(precision: precision)
        let lost = self.precision - precision
        for (index, rank) in registers.enumerated() where rank > 0 {
            let low = UInt64(index & (1 << lost - 1))
            let run = low == 0 ? Int(rank) + lost : low.leadingZeroBitCount - (64 - lost) + 1
            let target = index >> lost
            result.registers[target] = max(result.registers[target], UInt8(run))
        }
        return result
    }

    /// How many different hashes there were, about. O(registers).
    public var estimate: Double {
        let longest = 64 - precision
        var counts = [Int](repeating: 0, count: longest + 2)
        for rank in registers { counts[Int(rank)] += 1 }
        let size = Double(registers.count)
        var sum = size * Self.tau(1 - Double(counts[longest + 1]) / size)
        for rank in stride(from: longest, through: 1, by: -1) { sum = 0.5 * (sum + Double(counts[rank])) }
        sum += size * Self.sigma(Double(counts[0]) / size)
        return 0.721_347_520_444_481_7 * size * size / sum  // 1 / (2 ln 2)
    }

    /// ``estimate`` as a whole number.
    public var count: Int {
        let rounded = estimate.rounded()
        return rounded < 9.2e18 ? Int(rounded) : .max
    }

    private static func sigma(_ share: Double) -> Double {
        guard share < 1 else { return .infinity }
        var (power, weight, sum, last) = (share, 1.0, share, -1.0)
        while sum != last {
            last = sum
            power *= power
            sum += power * weight
            weight += weight
        }
        return sum
    }

    private static func tau(_ share: Double) -> Double {
        guard share > 0, share < 1 else { return 0 }
        var (root, weight, sum, last) = (share, 1.0, 1 - share, -1.0)
        while sum != last {
            last = sum
            root.formSquareRoot()
            weight *= 0.5
            sum -= (1 - root) * (1 - root) * weight
        }
        return sum / 3
    }

    public func encode(into state: inout StateEncoder) {
        state.encode(bits)
        registers.withUnsafeBytes { state.encode(bytes: $0) }
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        bits = try state.decode()
        guard Self.precisions.contains(Int(bits)) else { throw state.invalid("\(bits) is no precision") }
        registers = try state.decodeBytes(1 << Int(bits))
        let longest = 65 - bits
        guard registers.allSatisfy({ $0 <= longest }) else { throw state.invalid("a run is too long") }
    }

    /// Whether nothing was taken in.
    public var isEmpty: Bool { registers.allSatisfy { $0 == 0 } }
}
