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

    /// Folds that are their bytes alone, small numbers and large ones; the least and the greatest are often those of the
    /// slice before.
    static let packed = combine(Count<Int>(), Sum<Int>(), Average<Int>(), Min<Int>(), Max<Int>())
        .of { (element: TestElement) in packedNumber(element.number) }
        .map { fold in
            [fold.0, fold.1, Int(bitPattern: UInt((fold.2 ?? 0).bitPattern)), fold.3 ?? 0, fold.4 ?? 0]
        }

    static func packedNumber(_ number: Int) -> Int {
        (number * number % 7 - 3) * (number % 5 == 0 ? Int.max / 3 : 1)
    }

    /// Runs the comparison with windows of any kind that is made of slices.
    private func run(_ comparison: WindowComparison, _ aggregate: some Aggregate<TestElement, [Int]>) throws {
        let lateness = comparison.lateness
        switch comparison.kind {
        case .sliding(let windows):
            try comparison.run {
                SlicedWindowOperator(windows, aggregate: aggregate, allowedLateness: lateness)
            }
        case .cumulating(let size, let step, let offset):
            let layout = CumulatingWindows<Int, TestElement>(size: size, step: step, offset: offset).layout
            try comparison.run {
                SlicedWindowOperator(layout, aggregate: aggregate, allowedLateness: lateness)
            }
        default: Issue.record("\(comparison.name) are not made of slices")
        }
    }

    private func compare(seed: UInt64) throws {
        var random = SeededRandom(seed: ~seed)
        let lateness = random.pickLateness()
        let kind: TestWindows = random.oneIn(4) ? random.pickCumulating() : .sliding(random.pickSliding())
        var comparison = WindowComparison(
            kind: kind, trigger: .eventTime, lateness: lateness, seed: seed, steps: random.pick(10...60))
        // What is in a stack stands in its order; what was subtracted has none.
        try run(comparison, InArrivalOrder())
        try run(comparison, Self.inverted)
        comparison.read = Self.readDistinct
        try run(comparison, Self.distinct)
        comparison.steps *= 2
        comparison.read = { numbers in
            var fold = Self.packed.makeAccumulator()
            for number in numbers { Self.packed.add(TestElement(number: number, value: 0, gap: 1), to: &fold) }
            return Self.packed.result(of: fold)
        }
        try run(comparison, Self.packed)
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
