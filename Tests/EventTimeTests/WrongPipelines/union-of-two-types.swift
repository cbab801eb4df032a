// error: requires the types
import EventTime

func both(_ numbers: [Int], _ names: [String]) {
    let numbers = numbers.stream(at: { Nanoseconds($0) }, watermarks: .monotonous())
    let names = names.stream(at: { Nanoseconds($0.count) }, watermarks: .monotonous())
    _ = numbers.union(names)
}
