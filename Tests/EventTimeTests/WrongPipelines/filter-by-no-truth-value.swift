// error: incompatible with contextual type 'Bool'
import EventTime

func positive(_ numbers: [Int]) {
    _ = numbers.stream(at: { Nanoseconds($0) }, watermarks: .monotonous())
        .filter { (number: Int) -> Int in number }
}
