import EventTime
import TestSupport
import Testing

/// Random streams through whole pipelines, against the rules: any number of workers, numbers or strings as keys, late
/// elements aside, stopped somewhere and resumed by another number of workers.
@Suite("A pipeline of windows, on any number of workers,")
struct WindowPipelineTests {
    struct Placed: Sendable {
        var time: Nanoseconds
        var key: Int
        var element: TestElement
    }

    /// One random case.
    struct Case {
        let seed: UInt64
        let kind: TestWindows
        let trigger: TestTrigger
        let lateness: Nanoseconds
        let delay: Nanoseconds
        let elements: [Placed]
        let workers: [Int]
        let turnSize: Int
        /// The step before which a checkpoint is asked for, after which the run is resumed; `nil`: none.
        let stop: Int?
        let sharesSlices: Bool
        let hasTextKeys: Bool

        init(seed: UInt64) {
            var random = SeededRandom(seed: seed)
            self.seed = seed
            switch random.pick(0...5) {
            case 0, 1, 2: kind = .sliding(random.pickSliding())
            case 3: kind = random.pickCumulating()
            case 4: kind = .session(random.pick(1...12))
            default: kind = .dynamicSession
            }
            sharesSlices = !kind.merges && random.oneIn(2)
            trigger = sharesSlices || random.oneIn(2) ? .eventTime : .earlyCount(random.pick(1...4))
            lateness = random.pickLateness()
            delay = random.pick(0...12)
            let keys = random.pick(1...9)
            var time = random.pick(-50...50 as ClosedRange<Nanoseconds>)
            elements = (0..<random.pick(0...50)).map { number in
                time += random.pick(0...4)
                return Placed(
                    time: time - random.pick([0, 0, 1, 9, 30]), key: random.pick(0...(keys - 1)),
                    element: TestElement(number: number, value: 0, gap: random.pick(1...9)))
            }
            workers = [random.pick([1, 2, 2, 3, 8]), random.pick([1, 2, 3, 5])]
            turnSize = random.pick(1...16)
            stop = random.oneIn(2) ? random.pick(0...6) : nil
            hasTextKeys = random.oneIn(2)
        }

        var name: String {
            "\(kind), \(trigger), lateness \(lateness), delay \(delay), workers \(workers), seed \(seed)"
        }
    }

    // MARK: What the rules say

    private static func text(
        _ key: Int, _ window: TimeWindow?, _ content: [Int], _ firing: WindowFiring
    ) -> String {
        let bounds = window.map { "[\($0.start), \($0.end))" } ?? ""
        return
            "\(key) \(bounds) \(content) #\(firing.revision) \(firing.cause) at \(firing.time), \(firing.watermark)"
    }

    private func expected(_ instance: Case) -> [String] {
        var rules = WindowRules(instance.kind, instance.trigger, lateness: instance.lateness)
        var lines: [String] = []
        func note(_ firings: [TestWindowFiring]) {
            for firing in firings {
                let text = Self.text(firing.key, firing.window, firing.content, firing.firing)
                lines.append("\(firing.window?.lastNanosecond ?? .max): \(text)")
            }
        }
        func advance(to time: Nanoseconds) {
            // What one advance fires is in the order of the windows' ends and of keys.
            note(
                rules.advance(to: time).sorted {
                    ($0.window?.end ?? .max, $0.key) < ($1.window?.end ?? .max, $1.key)
                })
        }
        for placed in instance.elements {
            let (fate, firings) = rules.process(key: placed.key, placed.element, at: placed.time)
            note(firings)
            if fate == .late { lines.append("\(placed.time): late \(placed.element.number)") }
            advance(to: placed.time - instance.delay - 1)
        }
        advance(to: .max)
        return lines
    }

    // MARK: What a pipeline says

    private func compare(_ instance: Case) throws {
        if instance.hasTextKeys {
            // In the order of the numbers; every other element spells it otherwise.
            try compare(
                instance, key: { ($0.element.number % 2 == 0 ? "\u{E9}" : "e\u{301}") + "\($0.key)" },
                number: { Int($0.dropFirst()) ?? -1 })
        } else {
            try compare(instance, key: \.key) { $0 }
        }
    }

    private func compare<Key: StreamKey>(
        _ instance: Case, key: @escaping @Sendable (Placed) -> Key, number: @escaping @Sendable (Key) -> Int
    ) throws {
        let lateness = instance.lateness
        func run<Operation: WindowOperation & SendableMetatype & ~Copyable>(
            _ make: @escaping @Sendable () -> Operation
        ) throws where Operation.Key == Key, Operation.Element == TestElement, Operation.Result == [Int] {
            let sink = CuttableSink()
            var snapshot: Snapshot?
            for (part, workers) in instance.workers.enumerated() {
                let elements = instance.elements
                var job = elements.stream(at: \.time, watermarks: .boundedOutOfOrderness(instance.delay))
                    .keyed(by: key).map(\.element).windowWithLate(make()).mapWithKey { key, result in
                        switch result {
                        case .main(let main):
                            Self.text(number(key), main.window, main.result, main.firing)
                        case .side(let element): "late \(element.number)"
                        }
                    }.sink(into: sink)
                try job.open(.init(workers: workers, turnSize: instance.turnSize), from: snapshot)
                snapshot = try drive(&job, until: part == 0 ? instance.stop : nil)
                if snapshot == nil { break }
            }
            let expected = expected(instance)
            guard sink.lines != expected else { return }
            let place = zip(sink.lines, expected).prefix { $0 == $1 }.count
            Issue.record(
                "\(instance.name): \(sink.lines.dropFirst(place).first ?? "-"), not \(expected.dropFirst(place).first ?? "-")"
            )
        }
        func runGeneral<Assigner: WindowAssigner>(_ assigner: Assigner) throws
        where Assigner.Key == Key, Assigner.Element == TestElement {
            if case .earlyCount(let count) = instance.trigger {
                try run {
                    WindowOperator(
                        assigner, trigger: EarlyTrigger(.elements(count)), aggregate: WindowOperatorTests.numbers,
                        allowedLateness: lateness)
                }
            } else {
                try run {
                    WindowOperator(
                        assigner, trigger: EventTimeTrigger(), aggregate: WindowOperatorTests.numbers,
                        allowedLateness: lateness)
                }
            }
        }
        switch instance.kind {
        case .sliding(let windows):
            if instance.sharesSlices {
                try run { SlicedWindowOperator(windows, aggregate: InArrivalOrder(), allowedLateness: lateness) }
            } else {
                try runGeneral(EventTimeWindows(windows))
            }
        case .cumulating(let size, let step, let offset):
            let windows = CumulatingWindows<Key, TestElement>(size: size, step: step, offset: offset)
            if instance.sharesSlices {
                try run {
                    SlicedWindowOperator(windows.layout, aggregate: InArrivalOrder(), allowedLateness: lateness)
                }
            } else {
                try runGeneral(windows)
            }
        case .session(let gap): try runGeneral(SessionWindows(gap: gap))
        case .dynamicSession: try runGeneral(DynamicSessionWindows { $1.gap })
        case .perKey, .global: Issue.record("no such case")
        }
    }

    /// Runs to the end, or until a checkpoint that is asked for before a step is there.
    private func drive<Stream: EventStream & ~Copyable>(
        _ job: inout StreamJob<Stream, CuttableSink>, until stop: Int?
    ) throws -> Snapshot? {
        var steps = 0
        while true {
            if steps == stop { try job.requestSnapshot() }
            steps += 1
            let progress = try job.step()
            if let snapshot = job.takeSnapshot() {
                try job.commit(snapshot.checkpoint)
                return snapshot
            }
            if progress == .ended {
                try job.finish()
                return nil
            }
        }
    }

    @Test("fires as the rules say, also when it is resumed by others", arguments: 0..<8 as Range<UInt64>)
    func rules(part: UInt64) throws {
        for seed in (part * 500)..<(part * 500 + 500) { try compare(Case(seed: seed)) }
    }
}
