import EventTime

/// What a sensor measured.
struct Measurement: Sendable {
    var sensor: String
    var time: Nanoseconds
    var celsius: Double
}

let measurements = [
    Measurement(sensor: "attic", time: 1 * .second, celsius: 18),
    Measurement(sensor: "cellar", time: 9 * .second, celsius: 9),
    Measurement(sensor: "attic", time: 6 * .second, celsius: 20),
    Measurement(sensor: "attic", time: 62 * .second, celsius: 21),
    Measurement(sensor: "attic", time: 58 * .second, celsius: 22),
    Measurement(sensor: "cellar", time: 130 * .second, celsius: 8),
    Measurement(sensor: "attic", time: 59 * .second, celsius: 99),
]

func warmMeasurements() throws -> [String] {
    let warm = try measurements.stream(at: \.time, watermarks: .boundedOutOfOrderness(5 * .second))
        .filter { $0.celsius >= 20 }
        .map { "\($0.sensor) \($0.celsius)" }
        .collect()
    return warm.map(\.value)
}

func minuteAverages(of measurements: [Measurement]) -> some EventStream<String> & ~Copyable {
    measurements.stream(at: \.time, watermarks: .boundedOutOfOrderness(5 * .second))
        .keyed(by: \.sensor)
        .map { $0.celsius }
        .window(.tumbling(60 * .second), aggregate: FloatingAverage())
        .map { "\($0.key) until \(($0.window?.end ?? 0) / .second) s: \($0.result ?? 0)" }
}

func tutorialAverages() throws -> [String] {
    try minuteAverages(of: measurements).collect(.init(workers: 2)).map(\.value)
}

func checkpointedAverages() throws -> [String] {
    var store = MemorySnapshotStore()
    let results = Collector<String>()
    var job = minuteAverages(of: measurements).sink(into: results)
    try job.run(checkpoints: &store, every: 10 * .second)
    return results.values
}

/// What is written before a checkpoint, and what a pipeline that is resumed from it writes.
func resumedAverages() throws -> (before: [String], after: [String]) {
    let before = Collector<String>()
    var first = minuteAverages(of: measurements).sink(into: before)
    try first.open(.init(turnSize: 4))
    _ = try first.step()
    try first.requestSnapshot()
    var snapshot: Snapshot?
    while snapshot == nil {
        _ = try first.step()
        snapshot = first.takeSnapshot()
    }

    let after = Collector<String>()
    var second = minuteAverages(of: measurements).sink(into: after)
    try second.open(from: snapshot)
    try second.run()
    return (before.values, after.values)
}

func dailyVisitors(of clicks: [Click]) throws -> [String] {
    try clicks.stream(at: \.time, watermarks: .boundedOutOfOrderness(60 * .second))
        .keyed(by: \.page)
        .map { $0.user }
        .window(.tumbling(24 * 3600 * .second), aggregate: ApproximateDistinct(exactUpTo: 1000, precision: 12))
        .map { "\($0.key): \($0.result)" }
        .collect()
        .map(\.value)
}

func slowestPages(of durations: [(page: String, time: Nanoseconds, milliseconds: Double)]) throws -> [String] {
    try durations.stream(at: \.time, watermarks: .monotonous())
        .keyed(by: \.page)
        .map { $0.milliseconds }
        .window(
            SlidingWindows(size: 60 * .second, slide: 10 * .second),
            aggregate: ApproximateQuantiles(at: [0.5, 0.99], accuracy: 0.01)
        )
        .filter { ($0.result.last ?? 0) > 1000 }
        .map { "\($0.key) at \($0.time.roundedDown(toMultipleOf: .second) / .second) s" }
        .collect()
        .map(\.value)
}
