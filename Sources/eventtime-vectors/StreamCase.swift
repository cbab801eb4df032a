import EventTime

/// A case of family "datastream": what is done to an operator, step by step. Times are in milliseconds: the engine does
/// not mind the unit.
struct StreamCase {
    enum Window {
        case slices(SlidingWindows)
        case session(gap: Int64)
        case dynamicSession
        case count(size: Int, slide: Int?)
        case global
    }

    enum Trigger {
        case count(Int, purges: Bool)
        case purgingEventTime
        case continuousEventTime(interval: Int64)
    }

    enum Step {
        case event(input: Int, time: Int64, key: String, CaseElement)
        case watermark(input: Int, time: Int64)
        case idle(input: Int)
        case active(input: Int)
    }

    enum Work {
        case windows(Window, Trigger?, allowedLateness: Int64)
        case timers
    }

    /// Inputs with bounded watermarks have a delay; with explicit ones `nil`.
    let delay: Int64?
    let inputs: Int
    let work: Work
    let flushesAtEnd: Bool
    let steps: [Step]

    init(_ document: JSONValue) throws {
        var fields = try CaseFields(document, "the case")
        var spec = try CaseFields(fields.take("spec"), "spec")
        inputs = Int(try spec.integer("inputs") ?? 1)
        guard (1...4096).contains(inputs) else { throw CaseError.malformed("spec: \(inputs) inputs") }
        delay = try Self.delay(&spec)
        flushesAtEnd = try spec.bool("flush_at_end") ?? true
        switch try spec.string("function") {
        case nil:
            let window = try Self.window(&spec)
            let trigger = try Self.trigger(&spec)
            let lateness = try spec.integer("allowed_lateness_ms") ?? 0
            guard lateness >= 0 else { throw CaseError.malformed("spec: a lateness of \(lateness) ms") }
            if case .count(_, slide: .some) = window, trigger != nil {
                throw CaseError.unknown("spec.trigger of sliding count windows")
            }
            work = .windows(window, trigger, allowedLateness: lateness)
        case "timers": work = .timers
        case let other?: throw CaseError.unknown("spec.function \(other)")
        }
        try spec.finish()
        let inputs = inputs
        let needsGaps = if case .windows(.dynamicSession, _, _) = work { true } else { false }
        steps = try fields.required(fields.array("steps"), "steps").enumerated().map { number, value in
            let step = try Self.step(value, number, inputs)
            if needsGaps, case .event(_, _, _, let element) = step, element.gap <= 0 {
                throw CaseError.malformed("step \(number): a gap of \(element.gap) ms")
            }
            return step
        }
        for known in ["schema", "name", "family", "about", "expected"] { _ = fields.take(known) }
        try fields.finish()
    }

    private static func delay(_ spec: inout CaseFields) throws -> Int64? {
        var watermark = try CaseFields(spec.take("watermark"), "spec.watermark")
        let kind = try watermark.required(watermark.string("kind"), "kind")
        var delay: Int64?
        switch kind {
        case "explicit": break
        case "bounded": delay = try watermark.integer("delay_ms", in: 0...(.max))
        default: throw CaseError.unknown("spec.watermark \(kind)")
        }
        try watermark.finish()
        return delay
    }

    private static func window(_ spec: inout CaseFields) throws -> Window {
        var fields = try CaseFields(spec.take("window"), "spec.window")
        let type = try fields.required(fields.string("type"), "type")
        let window: Window
        switch type {
        case "tumbling", "sliding":
            let size = try fields.integer("size_ms", in: 1...(.max))
            let slide = type == "sliding" ? try fields.integer("slide_ms", in: 1...(.max)) : size
            let offset = try fields.integer("offset_ms") ?? 0
            guard size / slide < 1_000_000 else {
                throw CaseError.malformed("spec.window: a million windows overlap")
            }
            guard offset.magnitude < slide.magnitude else {
                throw CaseError.malformed(
                    "spec.window: an offset of \(offset) ms where a window begins every \(slide)")
            }
            window = .slices(SlidingWindows(size: size, slide: slide, offset: offset))
        case "session": window = .session(gap: try fields.integer("gap_ms", in: 1...(.max)))
        case "session_dynamic": window = .dynamicSession
        case "count":
            let size = try fields.integer("size", in: 1...Int64(Int32.max))
            let slide = try fields.integer("slide")
            guard slide ?? 1 > 0 else { throw CaseError.malformed("spec.window: a slide of \(slide ?? 0)") }
            window = .count(size: Int(size), slide: slide.map { Int($0) })
        case "global": window = .global
        default: throw CaseError.unknown("spec.window \(type)")
        }
        try fields.finish()
        return window
    }

    private static func trigger(_ spec: inout CaseFields) throws -> Trigger? {
        guard let value = spec.take("trigger") else { return nil }
        var fields = try CaseFields(value, "spec.trigger")
        let type = try fields.required(fields.string("type"), "type")
        let trigger: Trigger
        switch type {
        case "count":
            trigger = .count(
                Int(try fields.integer("n", in: 1...(.max))), purges: try fields.bool("purge") ?? false)
        case "purging_event_time": trigger = .purgingEventTime
        case "continuous_event_time":
            trigger = .continuousEventTime(interval: try fields.integer("interval_ms", in: 1...(.max)))
        default: throw CaseError.unknown("spec.trigger \(type)")
        }
        try fields.finish()
        return trigger
    }

    private static func step(_ value: JSONValue, _ number: Int, _ inputs: Int) throws -> Step {
        let place = "step \(number)"
        var fields = try CaseFields(value, place)
        let operation = try fields.required(fields.string("op"), "op")
        let input = Int(try fields.integer("in") ?? 0)
        guard (0..<inputs).contains(input) else {
            throw CaseError.malformed("\(place): there is no input \(input)")
        }
        let step: Step
        switch operation {
        case "event":
            let time = try fields.required(fields.integer("ts"), "ts")
            step = .event(
                input: input, time: time, key: try fields.string("key") ?? "k",
                CaseElement(
                    sequence: Int64(number), value: try fields.integer("value") ?? 1,
                    tag: try fields.string("tag") ?? "", gap: try fields.integer("gap_ms") ?? 0,
                    timers: try fields.integers("timers") ?? [],
                    deletedTimers: try fields.integers("delete_timers") ?? []))
        case "watermark": step = .watermark(input: input, time: try fields.required(fields.integer("ts"), "ts"))
        case "idle": step = .idle(input: input)
        case "active": step = .active(input: input)
        default: throw CaseError.unknown("\(place).op \(operation)")
        }
        try fields.finish()
        return step
    }
}

/// What an event of a case brings.
struct CaseElement: Sendable {
    var sequence: Int64
    var value: Int64
    var tag: String
    var gap: Int64
    var timers: [Int64]
    var deletedTimers: [Int64]
}
