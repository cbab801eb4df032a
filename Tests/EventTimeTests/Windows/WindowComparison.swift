import EventTime
import TestSupport
import Testing

/// Runs random streams through an operation and through the rules, and compares all that comes out.
struct WindowComparison {
    var kind: TestWindows
    var trigger: TestTrigger
    var lateness: Int64
    var seed: UInt64
    var steps = 40
    /// Keys, times and steps of time are taken from these many.
    var keys = 3
    var times: ClosedRange<Int64> = -40...80
    var usesProcessingTime = false
    /// What the operation says of a window's elements, if not their numbers.
    var read: ([Int]) -> [Int] = { $0 }

    var name: String { "\(kind), \(trigger), lateness \(lateness), seed \(seed)" }

    /// Runs the stream; `make` makes the operation, again and again where it is to be restored. Returns false at the
    /// first difference.
    @discardableResult
    func run<Operation: WindowOperation & ~Copyable>(_ make: () -> Operation) throws -> Bool
    where Operation.Element == TestElement, Operation.Key == Int, Operation.Result == [Int] {
        var random = SeededRandom(seed: seed)
        var rules = WindowRules(kind, trigger, lateness: lateness)
        var operation = make()
        var front = times.lowerBound
        for number in 0..<steps {
            var found: [TestWindowFiring] = []
            let collect: (WindowResult<Int, [Int]>) -> Void = {
                found.append(.init(key: $0.key, window: $0.window, content: $0.result, firing: $0.firing))
            }
            let expected: [TestWindowFiring]
            switch random.pick(0...9) {
            case 0, 1:
                let watermark = number == steps - 1 ? .max : front - random.pick(0...30)
                expected = rules.advance(to: watermark)
                operation.advance(to: watermark, emit: collect)
            case 2 where usesProcessingTime:
                let now = Int64(number) * 3 + random.pick(0...9)
                expected = rules.advanceProcessingTime(to: now)
                operation.advanceProcessingTime(to: now, emit: collect)
            case 3 where random.oneIn(3):
                let bytes = StateEncoder.bytes { operation.snapshot(into: &$0) }
                expected = []
                // Who was saved goes on as if nothing had been.
                if random.oneIn(3) { break }
                var decoder = StateDecoder(bytes)
                operation = make()
                try operation.restore(from: &decoder)
                try decoder.finish()
                guard StateEncoder.bytes({ operation.snapshot(into: &$0) }) == bytes else {
                    Issue.record("\(name): restored state has other bytes, step \(number)")
                    return false
                }
            default:
                let element = TestElement(number: number, value: random.pick(-9...9), gap: random.pick(1...9))
                let time = min(max(front + random.pick(-25...8), times.lowerBound), times.upperBound)
                front = max(front, time)
                let key = random.pick(0...(keys - 1))
                // Advice, of keys that are there and of others.
                operation.prefetch(number % (keys + 1), .place)
                operation.prefetch(number % (keys + 1), .state)
                let (fate, firings) = rules.process(key: key, element, at: time)
                let foundFate = operation.process(key: key, element: element, at: time, emit: collect)
                guard fate == foundFate else {
                    Issue.record("\(name): \(element) at \(time) is \(foundFate), not \(fate), step \(number)")
                    return false
                }
                expected = firings
            }
            guard found == expected.map({ $0.reading(read) }) else {
                Issue.record("\(name): fires \(found) instead of \(expected), step \(number)")
                return false
            }
        }
        var last: [TestWindowFiring] = []
        operation.advance(to: .max) {
            last.append(.init(key: $0.key, window: $0.window, content: $0.result, firing: $0.firing))
        }
        let expected = rules.advance(to: .max).map { $0.reading(read) }
        if last != expected { Issue.record("\(name): fires \(last) instead of \(expected) at the end") }
        return last == expected
    }
}

extension TestWindowFiring {
    /// The firing with something else said of its elements.
    fileprivate func reading(_ read: ([Int]) -> [Int]) -> Self {
        var firing = self
        firing.content = read(content)
        return firing
    }
}

extension SeededRandom {
    /// Windows of any shape.
    mutating func pickSliding() -> SlidingWindows {
        let size: Int64 = pick(1...24)
        let slide: Int64 = oneIn(3) ? size : pick(1...16)
        return SlidingWindows(size: size, slide: slide, offset: pick(-20...20))
    }

    mutating func pickCumulating() -> TestWindows {
        let step: Int64 = pick(1...6)
        return .cumulating(size: step * pick(1...5), step: step, offset: pick(-9...9))
    }

    mutating func pickLateness() -> Int64 { pick([0, 0, 1, 5, 12, 40, .max]) }
}
