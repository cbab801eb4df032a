import EventTime

/// A click on a page of a shop.
struct Click: Sendable {
    var user: String
    var time: Nanoseconds
    var page: String
}

/// A visit: what a user clicked with no more than half an hour between two clicks.
struct Visit: Equatable, Sendable {
    var user: String
    var start: Nanoseconds
    var end: Nanoseconds
    var pages: [String]
}

/// Clicks made into visits. A visit is known half an hour after its last click; what comes too late for its visit is
/// handed to `tooLate`.
func visits(
    in clicks: [Click], workers: Int = 1, tooLate: @escaping (Click) -> Void = { _ in }
) throws -> [Visit] {
    let gap = 30 * 60 * Nanoseconds.second
    return try clicks.stream(at: \.time, watermarks: .boundedOutOfOrderness(10 * .second))
        .keyed(by: \.user)
        .windowWithLate(
            WindowOperator(
                SessionWindows(gap: gap), trigger: EventTimeTrigger(), aggregate: Collect<String>().of(\Click.page))
        )
        .sideOutput { tooLate($0.value) }
        .map { session in
            Visit(
                user: session.key, start: session.window?.start ?? 0, end: (session.window?.end ?? 0) - gap,
                pages: session.result)
        }
        .collect(.init(workers: workers))
        .map(\.value)
}
