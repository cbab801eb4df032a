// Masson, Rim, Lee: DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees, PVLDB 12
// (2019). Bins by cubic interpolation of the logarithm between powers of two, as the authors' Java version has them:
// arithmetic alone, the same on every machine and with every C library, and 1 % more bins than the logarithm's.

/// Quantiles of numbers, each within a promised relative error of the true one: DDSketch.
///
/// A function of the numbers alone: neither their order nor the way parts were merged leaves a trace. Numbers fall
/// into bins whose ends are a factor of at most (1 + accuracy) / (1 - accuracy) apart; the highest `binLimit` bins of
/// positive numbers, and of negative ones by magnitude, are kept apart. Numbers nearer to zero than these are counted
/// together at the lowest bin, and ``isAccurate(at:)`` says of which quantiles that takes the promise away. At an
/// accuracy of 0.01 and 2048 bins that takes magnitudes 2^58 apart.
public struct QuantileSketch: MergeableSketch, Equatable {
    /// Accuracies there are.
    public static let accuracies = 0.0001...0.5
    /// Limits there are for the bins of either sign.
    public static let binLimits = 16...65_536

    /// The relative error promised.
    public let accuracy: Double
    /// Bins for each doubling.
    @usableFromInline let density: Double
    @usableFromInline var positive: QuantileBins
    @usableFromInline var negative: QuantileBins
    @usableFromInline var zeros: UInt64 = 0
    @usableFromInline var taken: UInt64 = 0
    @usableFromInline var refused: UInt64 = 0
    @usableFromInline var least = Double.infinity
    @usableFromInline var greatest = -Double.infinity

    /// `accuracy` is one of ``accuracies``, `binLimit` one of ``binLimits``.
    @inlinable public init(accuracy: Double = 0.01, binLimit: Int = 2048) {
        precondition(Self.accuracies.contains(accuracy), "accuracy \(accuracy) is not in \(Self.accuracies)")
        precondition(Self.binLimits.contains(binLimit), "\(binLimit) bins are not in \(Self.binLimits)")
        self.accuracy = accuracy
        // A bin's ends e^(2 · accuracy) apart would do: artanh is above its argument. The interpolation below rises
        // by at most 0.7 (its inverse slope) for each unit of the natural logarithm, hence 0.7 / (2 · accuracy).
        density = 0.35 / accuracy
        positive = QuantileBins(limit: binLimit)
        negative = QuantileBins(limit: binLimit)
    }

    /// Numbers taken in.
    @inlinable public var count: UInt64 { taken }

    /// Values that were no finite numbers: they are counted here and nowhere else.
    public var notFinite: UInt64 { refused }

    /// Bins of either sign that are kept apart.
    public var binLimit: Int { positive.limit }

    /// The least and the greatest number, exactly; `nil` where there is none.
    public var range: ClosedRange<Double>? { count == 0 ? nil : least...greatest }

    /// Takes a number in. O(1), amortised over the growth of the bins.
    @inlinable @inline(__always)
    public mutating func insert(_ value: Double) { insert(value, count: 1) }

    /// Takes a number in, `count` times.
    @inlinable public mutating func insert(_ value: Double, count: UInt64) {
        guard count > 0 else { return }
        guard value.isFinite else {
            refused &+= count
            return
        }
        taken &+= count
        if value > 0 {
            positive.add(bin(of: value), count)
        } else if value < 0 {
            negative.add(bin(of: -value), count)
        } else {
            zeros &+= count
        }
        // Not the zero of the value, whose sign would depend on the order.
        if value < least { least = value == 0 ? 0 : value }
        if value > greatest { greatest = value == 0 ? 0 : value }
    }

    /// The bin of a positive, finite number.
    @inlinable func bin(of value: Double) -> Int {
        var (exponent, bits) = (-1023.0, value.bitPattern)
        if bits < 1 << 52 {
            // Subnormal: 2^54 makes it normal.
            exponent -= 54
            bits = (value * 18_014_398_509_481_984).bitPattern
        }
        exponent += Double(bits >> 52)
        let part = Double(bitPattern: bits & (1 << 52 - 1) | 1023 << 52) - 1
        // Meets log2(1 + part) and its slope at both ends.
        let fraction = ((6.0 / 35 * part - 0.6) * part + 10.0 / 7) * part
        let place = (exponent + fraction) * density
        let truncated = Int(place)
        return Double(truncated) > place ? truncated - 1 : truncated
    }

    /// The quantile at `share`, from 0 to 1: the number of rank ⌊share · (count - 1)⌋ among the sorted ones, counted
    /// from 0, within ``accuracy`` of its value (see ``isAccurate(at:)``). The ends are exact. `nil` where there is
    /// no number. O(bins).
    public func quantile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        let rank = rank(of: share)
        if rank == 0 { return least }
        if rank == count - 1 { return greatest }
        let below = negative.total
        let value: Double
        if rank < below {
            // From the greatest magnitude down.
            value = -representative(of: negative.index(ofRank: below - 1 - rank))
        } else if rank < below &+ zeros {
            value = 0
        } else {
            value = representative(of: positive.index(ofRank: rank - below - zeros))
        }
        return max(least, min(greatest, value))
    }

    /// Whether the promise of ``accuracy`` holds for the quantile at `share`.
    public func isAccurate(at share: Double) -> Bool {
        guard count > 0 else { return true }
        let rank = rank(of: share)
        let below = negative.total
        if rank == 0 || rank == count - 1 { return true }
        if rank < below { return below - 1 - rank >= negative.collapsed }
        return rank < below &+ zeros || rank - below - zeros >= positive.collapsed
    }

    private func rank(of share: Double) -> UInt64 {
        precondition(share >= 0 && share <= 1, "a quantile's share is from 0 to 1, not \(share)")
        let exact = share * Double(count - 1)
        return exact >= Double(count - 1) ? count - 1 : UInt64(exact)
    }

    /// The number whose relative distance to both ends of a bin is the same.
    private func representative(of bin: Int) -> Double {
        let low = lowerEnd(of: bin)
        let high = lowerEnd(of: bin + 1)
        return low * (2 / (1 + low / high))
    }

    /// The least positive number of a bin at or above this one, by bisection of the numbers themselves, so that it
    /// is just where ``bin(of:)`` says.
    private func lowerEnd(of bin: Int) -> Double {
        var (low, high) = (UInt64(1), Double.greatestFiniteMagnitude.bitPattern)
        while low < high {
            let middle = low + (high - low) / 2
            if self.bin(of: Double(bitPattern: middle)) >= bin { high = middle } else { low = middle + 1 }
        }
        return Double(bitPattern: low)
    }

    /// Adds the other's numbers. Where accuracies or limits differ, the coarser accuracy and the lower limit hold;
    /// numbers of the finer one then have both errors, and ``isAccurate(at:)`` no longer knows of those that it had
    /// collapsed. O(bins).
    public mutating func merge(_ other: QuantileSketch) {
        let (accuracy, limit) = (max(accuracy, other.accuracy), min(binLimit, other.binLimit))
        self = rebinned(accuracy: accuracy, binLimit: limit)
        let other = other.rebinned(accuracy: accuracy, binLimit: limit)
        positive.merge(other.positive)
        negative.merge(other.negative)
        zeros &+= other.zeros
        taken &+= other.taken
        refused &+= other.refused
        least = min(least, other.least)
        greatest = max(greatest, other.greatest)
    }

    private func rebinned(accuracy: Double, binLimit: Int) -> QuantileSketch {
        guard accuracy != self.accuracy || binLimit != self.binLimit else { return self }
        var result = QuantileSketch(accuracy: accuracy, binLimit: binLimit)
        for (place, count) in positive.counts.enumerated() where count > 0 {
            let value = min(representative(of: positive.first + place), greatest)
            result.positive.add(result.bin(of: value), count)
        }
        for (place, count) in negative.counts.enumerated() where count > 0 {
            let value = min(representative(of: negative.first + place), -least)
            result.negative.add(result.bin(of: value), count)
        }
        (result.zeros, result.taken, result.refused) = (zeros, taken, refused)
        (result.least, result.greatest) = (least, greatest)
        return result
    }

    public func encode(into state: inout StateEncoder) {
        accuracy.encode(into: &state)
        state.encode(UInt32(binLimit))
        state.encode(taken)
        state.encode(refused)
        guard count > 0 else { return }
        state.encode(zeros)
        least.encode(into: &state)
        greatest.encode(into: &state)
        positive.encode(into: &state)
        negative.encode(into: &state)
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        let accuracy = try Double(from: &state)
        let limit = Int(try state.decode(UInt32.self))
        guard Self.accuracies.contains(accuracy), Self.binLimits.contains(limit) else {
            throw state.invalid("no sketch has an accuracy of \(accuracy) and \(limit) bins")
        }
        self.init(accuracy: accuracy, binLimit: limit)
        taken = try state.decode()
        refused = try state.decode()
        guard count > 0 else { return }
        zeros = try state.decode()
        least = try Double(from: &state)
        greatest = try Double(from: &state)
        guard least.isFinite, greatest.isFinite, least <= greatest else {
            throw state.invalid("numbers from \(least) to \(greatest)")
        }
        let bins = bin(of: .leastNonzeroMagnitude)...bin(of: .greatestFiniteMagnitude)
        positive = try QuantileBins(limit: limit, indexes: bins, from: &state)
        negative = try QuantileBins(limit: limit, indexes: bins, from: &state)
        guard fits(positive, greatest), fits(negative, -least), zeros == 0 || (least <= 0 && greatest >= 0),
            sum(positive, negative) == count
        else { throw state.invalid("a quantile sketch's parts do not fit each other") }
    }

    /// Whether `extreme` lies in the highest of these bins, or there is none.
    private func fits(_ bins: QuantileBins, _ extreme: Double) -> Bool {
        if bins.isEmpty { return extreme <= 0 }
        return extreme > 0 && bin(of: extreme) == bins.top
    }

    /// All that is counted; `nil` where 64 bits do not hold it.
    private func sum(_ positive: QuantileBins, _ negative: QuantileBins) -> UInt64? {
        var sum = zeros
        for part in [positive.counts, negative.counts] {
            for count in part {
                let (next, overflow) = sum.addingReportingOverflow(count)
                if overflow { return nil }
                sum = next
            }
        }
        return sum
    }
}
