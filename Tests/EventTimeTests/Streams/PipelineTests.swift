import EventTime
import TestSupport
import Testing

@Suite("A pipeline, whatever it is made of,")
struct PipelineTests {
    static let seeds = 0..<200

    @Test("gives the same for one worker, two and eight")
    func workers() throws {
        var lengths = 0
        for seed in Self.seeds {
            var alone = PipelineRun(seed: UInt64(seed))
            try alone.run()
            #expect(alone.sink.isFinished)
            lengths += alone.output.count
            for workers in [2, 8] {
                var several = PipelineRun(seed: UInt64(seed), workers: workers)
                try several.run()
                guard several.output == alone.output else {
                    Issue.record("seed \(seed): other results with \(workers) workers")
                    return
                }
            }
        }
        // The comparison is of something.
        #expect(lengths > 100 * Self.seeds.count)
    }

    @Test("gives the same when it is stopped anywhere and goes on from a checkpoint with other workers")
    func restarts() throws {
        var restarted = 0
        for seed in Self.seeds {
            var random = SeededRandom(seed: UInt64(seed) ^ 0xC0FFEE)
            var whole = PipelineRun(seed: UInt64(seed))
            whole.idles = false
            try whole.run()
            var first = PipelineRun(seed: UInt64(seed), workers: random.pick(1...4))
            first.idles = false
            first.checkpointsBefore = Set((0..<random.pick(1...3)).map { _ in random.pick(0...12) })
            first.stopsAfter = random.pick(1...30)
            try first.run()
            guard let snapshot = first.snapshots.last else { continue }
            restarted += 1
            var second = first
            second.workers = random.pick(1...4)
            second.stopsAfter = .max
            second.checkpointsBefore = []
            try second.run(from: snapshot)
            guard second.output == whole.output else {
                Issue.record("seed \(seed): other results after a restart")
                return
            }
        }
        #expect(restarted > Self.seeds.count / 3)
    }
}
