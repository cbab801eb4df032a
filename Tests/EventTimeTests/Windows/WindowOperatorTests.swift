import EventTime
import TestSupport
import Testing

@Suite("Windows of any kind")
struct WindowOperatorTests {
    typealias Numbers = Projected<Collect<Int>, TestElement>

    static let numbers = Collect<Int>().of { (element: TestElement) in element.number }

    /// Compares under a trigger, whatever its type.
    private func compare<Assigner: WindowAssigner>(_ comparison: WindowComparison, _ assigner: Assigner) throws
    where Assigner.Key == Int, Assigner.Element == TestElement {
        var distinct = comparison
        // Sessions that merge put elements in another order than that of their arrival.
        distinct.read = { SlicedWindowOperatorTests.readDistinct($0.sorted()) }
        func run<Trigger: WindowTrigger>(_ trigger: Trigger) throws where Trigger.Element == TestElement {
            try comparison.run {
                WindowOperator(
                    assigner, trigger: trigger, aggregate: Self.numbers, allowedLateness: comparison.lateness)
            }
            // Of which a part lies beside the rows.
            guard comparison.seed % 3 == 0 else { return }
            try distinct.run {
                WindowOperator(
                    assigner, trigger: trigger, aggregate: SlicedWindowOperatorTests.distinct,
                    allowedLateness: comparison.lateness)
            }
        }
        func runInner(_ trigger: TestTrigger, purging: Bool) throws {
            switch trigger {
            case .eventTime: try purging ? run(PurgingTrigger(EventTimeTrigger())) : run(EventTimeTrigger())
            case .continuous(let interval):
                let trigger = ContinuousEventTimeTrigger<TestElement>(interval: interval)
                try purging ? run(PurgingTrigger(trigger)) : run(trigger)
            case .count(let count):
                try purging ? run(PurgingTrigger(CountTrigger(count))) : run(CountTrigger(count))
            case .earlyCount(let count):
                let trigger = EarlyTrigger<TestElement>(.elements(count))
                try purging ? run(PurgingTrigger(trigger)) : run(trigger)
            case .earlyProcessing(let interval):
                let trigger = EarlyTrigger<TestElement>(.processingTime(interval))
                try purging ? run(PurgingTrigger(trigger)) : run(trigger)
            case .purging(let inner): try runInner(inner, purging: true)
            }
        }
        try runInner(comparison.trigger, purging: false)
    }

    private func compare(seed: UInt64, kind: (inout SeededRandom) -> TestWindows) throws {
        var random = SeededRandom(seed: ~seed)
        let inner: TestTrigger =
            switch random.pick(0...5) {
            case 0, 1: .eventTime
            case 2: .continuous(random.pick(1...9))
            case 3: .count(random.pick(1...4))
            case 4: .earlyCount(random.pick(1...4))
            default: .earlyProcessing(random.pick(1...20))
            }
        let kind = kind(&random)
        let comparison = WindowComparison(
            kind: kind, trigger: random.oneIn(4) ? .purging(inner) : inner, lateness: random.pickLateness(),
            seed: seed, usesProcessingTime: true)
        switch kind {
        case .sliding(let windows): try compare(comparison, EventTimeWindows(windows))
        case .perKey(let windows):
            try compare(
                comparison,
                PerKeyWindows { (key: Int) in
                    SlidingWindows(size: windows.size, slide: windows.slide, offset: windows.offset + Int64(key))
                })
        case .cumulating(let size, let step, let offset):
            try compare(comparison, CumulatingWindows(size: size, step: step, offset: offset))
        case .session(let gap): try compare(comparison, SessionWindows(gap: gap))
        case .dynamicSession: try compare(comparison, DynamicSessionWindows { $1.gap })
        case .global: try compare(comparison, GlobalWindows())
        }
    }

    @Test("fire as the rules say: tumbling, sliding", arguments: 0..<8 as Range<UInt64>)
    func sliding(part: UInt64) throws {
        for seed in (part * 200)..<(part * 200 + 200) { try compare(seed: seed) { .sliding($0.pickSliding()) } }
    }

    @Test("fire as the rules say: sessions", arguments: 0..<8 as Range<UInt64>)
    func sessions(part: UInt64) throws {
        for seed in (part * 300)..<(part * 300 + 300) {
            try compare(seed: seed) { $0.oneIn(2) ? .dynamicSession : .session($0.pick(1...12)) }
        }
    }

    @Test("fire as the rules say: cumulating, global, by key", arguments: 0..<8 as Range<UInt64>)
    func others(part: UInt64) throws {
        for seed in (part * 150)..<(part * 150 + 150) {
            try compare(seed: seed) { random in
                switch random.pick(0...2) {
                case 0: random.pickCumulating()
                case 1: .perKey(random.pickSliding())
                default: .global
                }
            }
        }
    }
}
