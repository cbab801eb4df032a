// Right: what the wrong pipelines beside it are made of.
import EventTime

struct Reading: Sendable {
    var sensor: String
    var time: Nanoseconds
    var celsius: Int
}

func maxima(of readings: [Reading]) throws -> [String] {
    try readings.stream(at: \.time, watermarks: .monotonous())
        .filter { $0.celsius > 0 }
        .keyed(by: \.sensor)
        .map { $0.celsius }
        .window(.tumbling(60 * .second), aggregate: Max<Int>())
        .map { "\($0.key): \($0.result ?? 0)" }
        .collect()
        .map(\.value)
}
