// error: requires the types
import EventTime

func maxima(of names: [String]) {
    _ = names.stream(at: { Nanoseconds($0.count) }, watermarks: .monotonous())
        .keyed(by: { $0 })
        .window(.tumbling(60 * .second), aggregate: Max<Int>())
}
