import Benchmark
import EngineJobs

let benchmarks: @Sendable () -> Void = {
    let stream = ZipfStream(count: 1 << 22)
    /// A minute and a half of event time: long enough for a full window, and for the slides of half of another.
    let rate: Int64 = 1_000_000
    let count = 90 * Int(rate)
    let perSecond = BenchmarkMetric.custom("elements a second", polarity: .prefersLarger, useScalingFactor: false)

    for job in EngineJob.allCases {
        // Where nothing is folded together, tables are as large as the stream.
        let elements = job.rawValue.hasPrefix("unique") ? count / 30 : count
        Benchmark(
            job.rawValue,
            configuration: .init(
                metrics: [.wallClock, .cpuTotal, .peakMemoryResident, .instructions, perSecond],
                warmupIterations: 1,
                maxDuration: .seconds(60), maxIterations: 5)
        ) { benchmark in
            let clock = ContinuousClock()
            let time = clock.measure { blackHole(job.run(stream, count: elements, rate: rate)) }
            let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
            benchmark.measurement(perSecond, Int(Double(elements) / seconds))
        }
    }
}
