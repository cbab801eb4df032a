// error: requires the types
import EventTime

func write(_ numbers: [Int]) {
    let names = Collector<String>()
    _ = numbers.stream(at: { Nanoseconds($0) }, watermarks: .monotonous()).sink(into: names)
}
