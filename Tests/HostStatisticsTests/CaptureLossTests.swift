import EventTime
import HostStatistics
import TestSupport
import Testing

@Suite("Losses of a live capture")
struct CaptureLossTests {
    /// The reports of windows in which there is nothing but losses, event time going through `times`.
    private func reports(
        _ windows: SlidingWindows, _ steps: [(losses: [CaptureLoss], time: Nanoseconds)],
        allowedLateness: Nanoseconds = 0
    ) -> [WindowReport] {
        let configuration = HostAnalysis.Configuration(windows: windows, allowedLateness: allowedLateness)
        var merger = WindowMerger(configuration)
        var reports: [WindowReport] = []
        for step in steps {
            var notes = WindowNotes()
            notes.losses = step.losses
            reports += merger.merge([], notes: notes, time: step.time)
            merger.forget(closedBy: step.time.saturatingAdd(-1), allowedLateness: allowedLateness)
        }
        return reports
    }

    private func summary(_ reports: [WindowReport]) -> [[Int64]] {
        reports.map { [$0.window.start, Int64($0.totals.droppedPackets), $0.totals.gap] }
    }

    @Test("are told by the window they fall into, once, when it fires")
    func window() {
        let drop = CaptureLoss(start: 12, end: 14, droppedPackets: 7)
        let found = reports(.tumbling(10), [([drop], 15), ([], 20), ([], 30), ([], .max)])
        #expect(summary(found) == [[10, 7, 0]])
        #expect(found.allSatisfy { !$0.isComplete && $0.totals.packets == 0 && $0.revision == 0 })
    }

    @Test("across a boundary count where they end, and leave both windows incomplete")
    func boundary() {
        let drop = CaptureLoss(start: 18, end: 22, droppedPackets: 3)
        #expect(summary(reports(.tumbling(10), [([drop], .max)])) == [[10, 0, 0], [20, 3, 0]])
    }

    @Test("are divided among the windows of a gap, however it was told")
    func gap() {
        let whole = [CaptureLoss(start: 5, end: 37, isGap: true)]
        let pieces = stride(from: Int64(5), to: 37, by: 4).map {
            CaptureLoss(start: $0, end: min($0 + 4, 37), isGap: true)
        }
        let expected: [[Int64]] = [[0, 0, 5], [10, 0, 10], [20, 0, 10], [30, 0, 7]]
        #expect(summary(reports(.tumbling(10), [(whole, .max)])) == expected)
        #expect(summary(reports(.tumbling(10), [(pieces, .max)])) == expected)
        // Piece by piece, with windows that fire in between.
        #expect(summary(reports(.tumbling(10), pieces.map { ([$0], $0.end) } + [([], .max)])) == expected)
    }

    @Test("that overlap, as an interface that was down and the restart after it, count once")
    func overlapping() {
        let losses = [
            CaptureLoss(start: 14, end: 22, isGap: true), CaptureLoss(start: 3, end: 6, isGap: true),
            CaptureLoss(start: 12, end: 18, isGap: true), CaptureLoss(start: 13, end: 15, isGap: true),
        ]
        #expect(summary(reports(.tumbling(10), [(losses, .max)])) == [[0, 0, 3], [10, 0, 8], [20, 0, 2]])
    }

    @Test("count in each of the windows that overlap")
    func sliding() {
        let windows = SlidingWindows(size: 20, slide: 10)
        let losses = [
            CaptureLoss(start: 12, end: 13, droppedPackets: 2), CaptureLoss(start: 25, end: 35, isGap: true),
        ]
        #expect(
            summary(reports(windows, [(losses, 20), ([], 30), ([], .max)]))
                == [[0, 2, 0], [10, 2, 5], [20, 0, 10], [30, 0, 5]])
    }

    @Test("do not make a row for each second of a century")
    func endless() {
        let century = CaptureLoss(start: 0, end: 3_000_000_000 * .second, isGap: true)
        let found = reports(.tumbling(.second), [([century], .max)])
        #expect(found.count == 10_000)
    }

    @Test("add up over tumbling windows, whatever their stretches", arguments: [UInt64(1), 2, 3, 4])
    func sums(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var (time, dropped) = (Nanoseconds(0), UInt64(0))
        var steps: [(losses: [CaptureLoss], time: Nanoseconds)] = []
        for _ in 0..<300 {
            let start = time
            time += random.pick(1...9)
            let count: UInt64 = random.pick(0...3)
            dropped += count
            let loss = CaptureLoss(start: start, end: time, droppedPackets: count)
            steps.append((count > 0 ? [loss] : [], start))
        }
        let found = reports(.tumbling(10), steps + [([], .max)])
        #expect(found.reduce(0) { $0 + $1.totals.droppedPackets } == dropped, "seed \(seed)")
        #expect(Set(found.map(\.window)).count == found.count, "seed \(seed): each window once")
    }
}
