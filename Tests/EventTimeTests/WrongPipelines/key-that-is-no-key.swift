// error: conform to 'StreamKey'
import EventTime

struct Point: Sendable, Hashable {
    var x: Int
}

func keyed(_ points: [Point]) {
    _ = points.stream(at: { Nanoseconds($0.x) }, watermarks: .monotonous())
        .keyed(by: { $0 })
}
