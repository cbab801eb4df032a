import EventTime

/// What a sensor measured.
struct Reading: Sendable {
    var sensor: String
    var time: Nanoseconds
    var degrees: Double
}

/// The average of each sensor over the last minute, every ten seconds; readings may come up to five seconds late.
func averages(of readings: [Reading], workers: Int = 1) throws -> [String] {
    try readings.stream(at: \.time, watermarks: .boundedOutOfOrderness(5 * .second))
        .keyed(by: \.sensor)
        .window(
            SlidingWindows(size: 60 * .second, slide: 10 * .second),
            aggregate: FloatingAverage().of(\.degrees)
        )
        .map { row in "\((row.window?.end ?? 0) / .second) s: \(row.key) \(row.result ?? 0)" }
        .collect(.init(workers: workers))
        .map(\.value)
}
