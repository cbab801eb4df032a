// error: has no member 'window'
import EventTime

func maxima(of numbers: [Int]) throws -> [Int?] {
    try numbers.stream(at: { Nanoseconds($0) }, watermarks: .monotonous())
        .window(.tumbling(60 * .second), aggregate: Max<Int>())
        .map { $0.result }
        .collect()
        .map(\.value)
}
