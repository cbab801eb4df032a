import EventTime
import Testing

@testable import Dashboard

@Suite("Frames")
struct FrameTests {
    private static func lines(_ texts: String...) -> [FrameLine] {
        texts.map { FrameLine(text: $0, isFull: $0.count == 5) }
    }

    @Test("are drawn whole at first, then only where they changed, and at once")
    func changes() {
        var frames = FrameWriter()
        let first = frames.update(to: Self.lines("a", "b"))
        #expect(
            first == "\u{1B}[?2026h\u{1B}[2J\u{1B}[1;1Ha\u{1B}[0m\u{1B}[K\u{1B}[2;1Hb\u{1B}[0m\u{1B}[K\u{1B}[?2026l"
        )
        #expect(frames.update(to: Self.lines("a", "b")) == nil)
        #expect(
            frames.update(to: Self.lines("a", "c")) == "\u{1B}[?2026h\u{1B}[2;1Hc\u{1B}[0m\u{1B}[K\u{1B}[?2026l")
        // Erasing behind a full line would take its last character.
        #expect(
            frames.update(to: Self.lines("a", "full!")) == "\u{1B}[?2026h\u{1B}[2;1Hfull!\u{1B}[0m\u{1B}[?2026l")
    }

    @Test("are drawn whole again after a resize")
    func whole() {
        var frames = FrameWriter()
        _ = frames.update(to: Self.lines("a", "b"))
        let resized = frames.update(to: Self.lines("a"))
        #expect(resized?.contains("[2J") == true)
        frames.invalidate()
        let again = frames.update(to: Self.lines("a"))
        #expect(again?.contains("[2J") == true)
    }
}

@Suite("The history of rates")
struct RateHistoryTests {
    @Test("has one value for each second, of what passed in truth")
    func samples() {
        var history = RateHistory()
        #expect(history.sample(bytes: 1000, now: 0) == false)
        #expect(history.sample(bytes: 1500, now: .second - 1) == false)
        #expect(history.sample(bytes: 3000, now: .second) == true)
        // Three seconds at once, as after SIGSTOP, at their average.
        #expect(history.sample(bytes: 3300, now: 4 * .second) == true)
        #expect(history.rates == [2000, 100, 100, 100])
        #expect(history.peak == 2000)
    }

    @Test("survives counters and clocks that step back, and long pauses")
    func steps() {
        var history = RateHistory()
        _ = history.sample(bytes: 1000, now: 0)
        _ = history.sample(bytes: 10, now: .second)
        #expect(history.rates == [0])
        _ = history.sample(bytes: 20, now: -100 * .second)
        _ = history.sample(bytes: .max, now: 100_000 * .second)
        #expect(history.rates.count == RateHistory.capacity)
    }

    @Test("is drawn with its newest value at the right, and anything above nothing to be seen")
    func graph() {
        var history = RateHistory()
        for (second, bytes) in [0, 800, 800, 801, 1201].enumerated() {
            _ = history.sample(bytes: UInt64(bytes), now: Int64(second) * .second)
        }
        #expect(history.rates == [800, 0, 1, 400])
        #expect(history.graph(width: 6, height: 1) == ["  █ ▁▄"])
        #expect(history.graph(width: 6, height: 2) == ["  █   ", "  █ ▁█"])
        #expect(history.graph(width: 2, height: 1) == ["▁█"])
        #expect(history.graph(width: 0, height: 1).isEmpty)
    }
}
