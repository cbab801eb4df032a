import EventTime
import TestSupport
import Testing

@Suite("Windows made of slices")
struct SlicedWindowOperatorTests {
    /// Items with their multiplicity: an invertible aggregate whose result shows what is in it.
    static let inverted = MostFrequent<Int>(1000).of { (element: TestElement) in element.number }
        .map { found in found.map(\.item).sorted() }

    /// Counts of distinct items lie beside the rows; here two of them, of items with neighbours and without, one of them
    /// next to a part that can only be stacked.
    static let distinct = InArrivalOrder().and(
        DistinctCount<Int>().of { (element: TestElement) in distinctNumber(element.number) }
    ).and(DistinctCount<String>().of { (element: TestElement) in distinctText(element.number) })
        .map { found in found.0.0 + [found.0.1, found.1] }

    /// What ``distinct`` says of elements with these numbers.
    static func readDistinct(_ numbers: [Int]) -> [Int] {
        numbers + [Set(numbers.map(distinctNumber)).count, Set(numbers.map(distinctText)).count]
    }

    static func distinctNumber(_ number: Int) -> Int { number * number % 11 * 40 }
    static func distinctText(_ number: Int) -> String { String(number * number % 7) }

    private func compare(seed: UInt64) throws {
        var random = SeededRandom(seed: ~seed)
        let lateness = random.pickLateness()
        let kind: TestWindows = random.oneIn(4) ? random.pickCumulating() : .sliding(random.pickSliding())
        let comparison = WindowComparison(
            kind: kind, trigger: .eventTime, lateness: lateness, seed: seed, steps: random.pick(10...60))
        switch kind {
        case .sliding(let windows):
            // What is in a stack stands in its order; what was subtracted has none.
            try comparison.run {
                SlicedWindowOperator(windows, aggregate: InArrivalOrder(), allowedLateness: lateness)
            }
            try comparison.run {
                SlicedWindowOperator(windows, aggregate: Self.inverted, allowedLateness: lateness)
            }
        case .cumulating(let size, let step, let offset):
            let layout = CumulatingWindows<Int, TestElement>(size: size, step: step, offset: offset).layout
            try comparison.run {
                SlicedWindowOperator(layout, aggregate: InArrivalOrder(), allowedLateness: lateness)
            }
            try comparison.run {
                SlicedWindowOperator(layout, aggregate: Self.inverted, allowedLateness: lateness)
            }
        default: break
        }
        var distinct = comparison
        distinct.read = Self.readDistinct
        switch kind {
        case .sliding(let windows):
            try distinct.run {
                SlicedWindowOperator(windows, aggregate: Self.distinct, allowedLateness: lateness)
            }
        case .cumulating(let size, let step, let offset):
            let layout = CumulatingWindows<Int, TestElement>(size: size, step: step, offset: offset).layout
            try distinct.run {
                SlicedWindowOperator(layout, aggregate: Self.distinct, allowedLateness: lateness)
            }
        default: break
        }
    }

    @Test("fire as the rules say", arguments: 0..<8 as Range<UInt64>)
    func rules(part: UInt64) throws {
        for seed in (part * 300)..<(part * 300 + 300) { try compare(seed: seed) }
    }
}

/// The elements' numbers in ascending order, which is that of their arrival: slices do not keep it. Not invertible.
struct InArrivalOrder: Aggregate {
    func makeAccumulator() -> [Int] { [] }
    func add(_ input: TestElement, to accumulator: inout [Int]) { accumulator.append(input.number) }
    func merge(_ later: [Int], into accumulator: inout [Int]) { accumulator += later }
    func result(of accumulator: [Int]) -> [Int] { accumulator.sorted() }
}
