import EventTime
import TestSupport
import Testing

@Suite("Windows of so many elements")
struct CountWindowOperatorTests {
    /// `read` says what the aggregate does of elements with these numbers.
    private func compare<Function: Aggregate>(
        seed: UInt64, _ function: Function, read: ([Int]) -> [Int] = { $0 }
    ) throws where Function.Input == TestElement, Function.Result == [Int] {
        var random = SeededRandom(seed: seed)
        let size = random.pick(1...9)
        let slide = random.oneIn(3) ? size : random.pick(1...9)
        let name = "size \(size) slide \(slide) seed \(seed)"
        func make() -> CountWindowOperator<Int, Function> {
            CountWindowOperator(size: size, slide: slide, aggregate: function)
        }
        var operation = make()
        var kept: [Int: [Int]] = [:]
        for number in 0..<80 {
            let key = random.pick(0...2)
            kept[key, default: []].append(number)
            var found: [TestWindowFiring] = []
            let element = TestElement(number: number, value: 0, gap: 1)
            let time = random.pick(-9...9 as ClosedRange<Int64>)
            operation.prefetch(number % 4, .place)
            operation.prefetch(number % 4, .state)
            let fate = operation.process(key: key, element: element, at: time) {
                found.append(.init(key: $0.key, window: $0.window, content: $0.result, firing: $0.firing))
            }
            #expect(fate == .taken)
            let all = kept[key] ?? []
            let firing = WindowFiring(revision: 0, cause: .early, watermark: operation.watermark, time: time)
            let expected =
                all.count % slide == 0
                ? [TestWindowFiring(key: key, window: nil, content: read(all.suffix(size)), firing: firing)] : []
            #expect(found == expected, "\(name), step \(number)")
            if random.oneIn(9) {
                let bytes = StateEncoder.bytes { operation.snapshot(into: &$0) }
                var decoder = StateDecoder(bytes)
                operation = make()
                try operation.restore(from: &decoder)
                try decoder.finish()
                #expect(StateEncoder.bytes { operation.snapshot(into: &$0) } == bytes, "\(name), step \(number)")
            }
            if random.oneIn(9) {
                operation.advance(to: random.oneIn(5) ? .max : Int64(number)) { _ in
                    Issue.record("\(name): time makes a window fire")
                }
            }
        }
        if slide == size { #expect(operation.keyCount == kept.values.count { $0.count % size != 0 }) }
    }

    @Test("fire as the rules say")
    func rules() throws {
        for seed in 0..<400 as Range<UInt64> {
            try compare(seed: seed, WindowOperatorTests.numbers)
            try compare(seed: seed, SlicedWindowOperatorTests.inverted)
            try compare(
                seed: seed, SlicedWindowOperatorTests.distinct, read: SlicedWindowOperatorTests.readDistinct)
        }
    }
}
