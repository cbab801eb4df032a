// error: consumed more than once
import EventTime

func twice(_ numbers: [Int]) throws {
    let stream = numbers.stream(at: { Nanoseconds($0) }, watermarks: .monotonous())
    let even = stream.filter { $0 % 2 == 0 }
    let odd = stream.filter { $0 % 2 == 1 }
    _ = (try even.collect(), try odd.collect())
}
