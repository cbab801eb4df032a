import EventTime

extension StreamCase {
    func runCounts(size: Int, slide: Int?, _ trigger: Trigger?, _ lateness: Nanoseconds) -> StreamOutcome {
        StreamOutcome(kind: "windows")
    }
}
