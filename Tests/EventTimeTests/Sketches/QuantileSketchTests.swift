import EventTime
import TestSupport
import Testing

/// Numbers of one distribution.
struct Distribution: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let next: @Sendable (inout SeededRandom) -> Double

    static func unit(_ random: inout SeededRandom) -> Double { Double.random(in: 0..<1, using: &random) }

    static let all = [
        Distribution(testDescription: "uniform") { unit(&$0) },
        Distribution(testDescription: "around zero") { unit(&$0) - 0.5 },
        Distribution(testDescription: "whole numbers") { Double($0.pick(0...20)) },
        Distribution(testDescription: "negative") { -1000 * unit(&$0) - 1 },
        Distribution(testDescription: "heavy tail") { 1 / (1 - unit(&$0)) },
        Distribution(testDescription: "powers of two") {
            Double(sign: .plus, exponent: $0.pick(-20...20), significand: 1)
        },
        Distribution(testDescription: "two humps") { $0.oneIn(2) ? 1 + unit(&$0) : 1e6 + unit(&$0) },
        Distribution(testDescription: "one number") { _ in 42.5 },
    ]
}

@Suite("Quantiles")
struct QuantileSketchTests {
    private static let shares = [0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]

    private func sketch(_ numbers: [Double], accuracy: Double = 0.01, binLimit: Int = 2048) -> QuantileSketch {
        var sketch = QuantileSketch(accuracy: accuracy, binLimit: binLimit)
        for number in numbers { sketch.insert(number) }
        return sketch
    }

    private func truth(_ sorted: [Double], _ share: Double) -> Double {
        sorted[Int(share * Double(sorted.count - 1))]
    }

    @Test("lie within the accuracy of the true ones", arguments: Distribution.all)
    func error(of distribution: Distribution) {
        for accuracy in [0.0001, 0.003, 0.01, 0.05, 0.5] {
            for seed: UInt64 in 1...8 {
                var random = SeededRandom(seed: seed)
                let numbers = (0..<random.pick([1, 2, 3, 10, 1000, 5000])).map { _ in distribution.next(&random) }
                let sorted = numbers.sorted()
                let sketch = sketch(numbers, accuracy: accuracy, binLimit: 65_536)
                #expect(sketch.range == sorted[0]...sorted[sorted.count - 1])
                for share in Self.shares {
                    let isAccurate = sketch.isAccurate(at: share)
                    let (found, truth) = (sketch.quantile(share) ?? .nan, truth(sorted, share))
                    #expect(
                        !isAccurate || (found - truth).magnitude <= accuracy * truth.magnitude,
                        "seed \(seed), accuracy \(accuracy), \(share): \(found) for \(truth)")
                    // At the finest accuracy, the limit is 18 powers of two.
                    #expect(isAccurate || accuracy == 0.0001)
                }
            }
        }
    }

    @Test("hold at both ends of what a number can be")
    func extremes() {
        let numbers = [
            .leastNonzeroMagnitude, .leastNormalMagnitude / 1e5, .leastNormalMagnitude, 1e-300, 1, 1e300, 1.7e308,
            .greatestFiniteMagnitude,
        ]
        let all = numbers.map { -$0 }.reversed() + [0, -0.0] + numbers
        let sketch = sketch(all, accuracy: 0.02, binLimit: 65_536)
        for (rank, truth) in all.enumerated() {
            let found = sketch.quantile(Double(rank) / Double(all.count - 1)) ?? .nan
            #expect((found - truth).magnitude <= 0.02 * truth.magnitude, "\(found) for \(truth)")
        }
    }

    @Test("of no number are none; what is no number is counted apart")
    func noNumbers() {
        var sketch = QuantileSketch()
        #expect(sketch.quantile(0.5) == nil && sketch.range == nil && sketch.isAccurate(at: 0.5))
        for value in [.nan, .infinity, -.infinity] as [Double] { sketch.insert(value) }
        #expect(sketch.count == 0 && sketch.notFinite == 3 && sketch.quantile(1) == nil)
        sketch.insert(2, count: 0)
        #expect(sketch.count == 0)
        sketch.insert(2, count: 5)
        sketch.insert(3)
        let (median, count) = (sketch.quantile(0.5) ?? .nan, sketch.count)
        #expect(count == 6 && (median - 2).magnitude <= 0.02 && sketch.quantile(1) == 3)
    }

    @Test("past the limit of bins keep the promise where they say so, and bins stay within it")
    func collapse() {
        for seed: UInt64 in 1...30 {
            var random = SeededRandom(seed: seed)
            let numbers = (0..<2000).map { _ in
                Double(sign: random.oneIn(3) ? .minus : .plus, exponent: random.pick(-30...30), significand: 1.3)
            }
            let sorted = numbers.sorted()
            let sketch = sketch(numbers, accuracy: 0.05, binLimit: 64)
            var accurate = 0
            for share in stride(from: 0, through: 1, by: 0.01) where sketch.isAccurate(at: share) {
                accurate += 1
                let (found, truth) = (sketch.quantile(share) ?? .nan, truth(sorted, share))
                #expect((found - truth).magnitude <= 0.05 * truth.magnitude, "seed \(seed), \(share)")
            }
            // 64 bins at an accuracy of 0.05 are nine of the sixty powers.
            #expect((10..<30).contains(accurate), "seed \(seed): \(accurate)")
            // Twice 64 bins, each a byte or two, and the fixed part.
            #expect(bytes(of: sketch).count < 400)
        }
    }

    @Test("depend on the numbers alone: any order, any tree of merges, equal bytes", arguments: [16, 2048])
    func merging(binLimit: Int) {
        for seed: UInt64 in 1...60 {
            var random = SeededRandom(seed: seed)
            let parts = (0..<random.pick(2...5)).map { _ in
                (0..<random.pick(0...100)).map { _ in random.pick(Distribution.all).next(&random) }
            }
            func make(_ numbers: [Double]) -> QuantileSketch { sketch(numbers, accuracy: 0.1, binLimit: binLimit) }
            let whole = make(parts.flatMap { $0 }.shuffled(using: &random))
            var left = make([])
            for part in parts { left.merge(make(part)) }
            var right = make([])
            for part in parts.reversed() {
                var merged = make(part)
                merged.merge(right)
                right = merged
            }
            #expect(left == whole && right == whole, "seed \(seed)")
            #expect(bytes(of: left) == bytes(of: whole) && bytes(of: right) == bytes(of: whole), "seed \(seed)")
            for share in Self.shares { #expect(left.isAccurate(at: share) == whole.isAccurate(at: share)) }
        }
    }

    @Test("of different accuracies merge to the coarser one, with both errors")
    func differentAccuracies() {
        for seed: UInt64 in 1...20 {
            var random = SeededRandom(seed: seed)
            let numbers = (0..<500).map { _ in Distribution.all[1].next(&random) * 1000 }
            var fine = sketch(Array(numbers[..<250]), accuracy: 0.01)
            let coarse = sketch(Array(numbers[250...]), accuracy: 0.05, binLimit: 1000)
            fine.merge(coarse)
            #expect(fine.accuracy == 0.05 && fine.binLimit == 1000 && fine.count == 500)
            let sorted = numbers.sorted()
            for share in Self.shares {
                let (found, truth) = (fine.quantile(share) ?? .nan, truth(sorted, share))
                #expect((found - truth).magnitude <= 0.061 * truth.magnitude, "seed \(seed), \(share)")
            }
        }
    }

    @Test("come back from bytes; damaged ones are refused or usable", arguments: Distribution.all)
    func state(distribution: Distribution) throws {
        for (seed, size) in [(1, 0), (2, 1), (3, 10), (4, 400)] as [(UInt64, Int)] {
            var random = SeededRandom(seed: seed)
            let numbers = (0..<size).map { _ in distribution.next(&random) } + [.nan]
            try checkBytes(of: sketch(numbers, accuracy: 0.05, binLimit: 32), seed: seed) { survivor in
                var merged = sketch([1, -1, 1e9, 0], accuracy: 0.05, binLimit: 32)
                merged.merge(survivor)
                merged.merge(merged)
                merged.insert(-3)
                for share in Self.shares {
                    #expect(merged.quantile(share)?.isFinite == true)
                    _ = (survivor.quantile(share), survivor.isAccurate(at: share), merged.isAccurate(at: share))
                }
            }
        }
    }

    @Test("aggregate a window's numbers")
    func aggregate() {
        let aggregate = ApproximateQuantiles(at: [0, 0.5, 1])
        var (early, late) = (aggregate.makeAccumulator(), aggregate.makeAccumulator())
        #expect(aggregate.result(of: early).isEmpty)
        for number in [3.0, 1] { aggregate.add(number, to: &early) }
        aggregate.add(2, to: &late)
        aggregate.merge(late, into: &early)
        let result = aggregate.result(of: early)
        #expect(result.count == 3 && result[0] == 1 && result[2] == 3 && (result[1] - 2).magnitude <= 0.02)
    }
}
