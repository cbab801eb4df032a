import EventTime
import Testing

@Suite("Sources")
struct SourceTests {
    /// A clock that a test turns.
    final class ManualClock: ProcessingClock {
        var now: Nanoseconds = 0
        func wait(_ time: Nanoseconds) {}
    }

    static func happenings(_ times: [Int]) -> [Happening?] {
        times.map { Happening(time: Nanoseconds($0), key: 0, value: $0) }
    }

    @Test("that have nothing are idle after a while of being asked, and hold nobody back until they give again")
    func idleness() throws {
        let clock = ManualClock()
        let results = Collector<String>()
        var job = ScriptedSource(Self.happenings([1, 2, 3, 4, 5, 6]))
            .stream(at: \.time, watermarks: .monotonous())
            .union(
                ScriptedSource([nil, nil, nil] + Self.happenings([7]))
                    .stream(at: \.time, watermarks: .monotonous().withIdleness(after: 10))
            )
            .through(Eavesdropper())
            .sink(into: results)
        try job.open(.init(turnSize: 1, clock: clock))
        func step() throws -> [String] {
            results.elements = []
            _ = try job.step()
            return results.values
        }
        #expect(try step() == ["1@1"])
        clock.now += 9
        #expect(try step() == ["2@2"])
        clock.now += 1
        // Asked at 0 and at 10, and had nothing: idle. The other one's watermark counts alone.
        #expect(try step() == ["3@3", "w2"])
        #expect(try step() == ["4@4", "w3", "7@7"])
        // It waits for neither more nor less than the slower one again.
        #expect(try step() == ["5@5", "w4"])
    }

    @Test("are not idle because nobody asked")
    func backpressureIsNoIdleness() throws {
        let clock = ManualClock()
        var job = ScriptedSource(Self.happenings([1, 2, 3, 4, 5]))
            .stream(at: \.time, watermarks: .monotonous())
            .union(
                ScriptedSource([nil] + Self.happenings([1]) + [nil] + Self.happenings([2]))
                    .stream(at: \.time, watermarks: .monotonous().withIdleness(after: 10))
            )
            .sink { _ in }
        try job.open(.init(turnSize: 1, clock: clock))
        // However long what follows takes: whenever the source was asked again, it had something.
        for _ in 0..<4 {
            #expect(try job.step() == .moved)
            clock.now += 1000
        }
        #expect(job.watermark == 1)
    }

    @Test("that run ahead wait for the slowest")
    func alignment() throws {
        let group = WatermarkAlignment()
        let (fast, slow) = (Tally(), Tally())
        let results = Collector<Happening>()
        var job = ScriptedSource(Self.happenings(Array(1...1000)), asked: fast)
            .stream(at: \.time, watermarks: .monotonous().aligned(in: group, drift: 20))
            .union(
                ScriptedSource(Self.happenings(Array(1...1000)), asked: slow)
                    .stream(at: { $0.time / 10 }, watermarks: .monotonous().aligned(in: group, drift: 20))
            )
            .sink(into: results)
        try job.open(.init(turnSize: 8))
        for _ in 0..<50 { _ = try job.step() }
        // Before both had given something, each could give one element. The slow one then was at time 38 when the fast
        // one was asked last, so with a watermark of 37, and the other one stopped behind 37 + 20.
        #expect(slow.count == 1 + 49 * 8)
        #expect(fast.count == 59)
        try job.run()
        #expect(results.elements.count == 2000)
    }

    @Test("are restored at their positions", arguments: [0, 3, 7])
    func positions(read: Int) throws {
        var source = CollectionSource(Array(1...7))
        for _ in 0..<read { _ = source.next() }
        var other = CollectionSource(Array(1...7))
        try other.seek(to: source.position)
        var rest: [Int] = []
        while case .element(let element) = other.next() { rest.append(element) }
        #expect(rest == Array(1...7).suffix(7 - read))
        #expect(throws: StateError.self) { try other.seek(to: 8) }

        var sequence = SequenceSource(stride(from: 1, through: 7, by: 1))
        try sequence.seek(to: source.position)
        var same: [Int] = []
        while case .element(let element) = sequence.next() { same.append(element) }
        #expect(same == rest)
        #expect(throws: StateError.self) { try sequence.seek(to: 8) }
    }

    @Test("announce watermarks by count, or by marks of their own")
    func strategies() {
        var periodic = Watermarks<Int>.boundedOutOfOrderness(0).every(3)
        #expect(
            [5, 4, 9, 8, 12, 1].map { periodic.watermark(after: Timed(0, at: $0)) } == [nil, nil, 8, nil, nil, 11])
        var marked = Watermarks<Int>.punctuated { $0.value < 0 ? $0.time : nil }
        #expect(
            [(1, 5), (-1, 6), (1, 9)].map { marked.watermark(after: Timed($0.0, at: $0.1)) } == [nil, 6, nil])
    }
}
