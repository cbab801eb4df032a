import Glibc

/// Ranks from 0, rank `r` being drawn in proportion to `1 / (r + 1)^exponent`: a few hosts are in most of
/// the flows, and most hosts are in a few.
struct ZipfRanks {
    /// The chance of drawing this rank or one before it.
    private var cumulative: [Double] = []

    /// `count` is positive.
    init(count: Int, exponent: Double) {
        cumulative.reserveCapacity(count)
        var sum = 0.0
        for rank in 1...count {
            sum += 1 / pow(Double(rank), exponent)
            cumulative.append(sum)
        }
        for rank in 0..<count { cumulative[rank] /= sum }
    }

    func draw(_ random: inout RandomSource) -> Int {
        let wanted = random.unit()
        var first = 0
        var last = cumulative.count - 1
        while first < last {
            let middle = (first + last) / 2
            if cumulative[middle] < wanted { first = middle + 1 } else { last = middle }
        }
        return first
    }
}

/// Numbers from 1 to `maximum` with a heavy tail: mice and elephants.
struct BoundedPareto {
    private let exponent: Double
    private let span: Double

    init(exponent: Double, maximum: Double) {
        self.exponent = -1 / exponent
        span = 1 - pow(1 / maximum, exponent)
    }

    func draw(_ random: inout RandomSource) -> Double {
        pow(1 - random.unit() * span, exponent)
    }
}
