import EventTime
import EventTimeTesting
import Foundation
import Testing

/// A recorded case in which each event sets and deletes event-time timers, and what Apache Flink made of it. Times are
/// in milliseconds; the engine does not mind the unit.
private struct TimerVector: Decodable {
    struct Specification: Decodable {
        struct Watermark: Decodable {
            var kind: String
            var delayMs: Int64?
        }
        var watermark: Watermark
        var function: String?
        var flushAtEnd: Bool?
    }
    struct Step: Decodable {
        var op: String
        var ts: Int64
        var key: String?
        var timers: [Int64]?
        var deleteTimers: [Int64]?
    }
    struct Firing: Decodable, Hashable {
        var step: Int
        var key: String
        var timer: Int64
        var watermark: Int64
    }
    struct Expected: Decodable {
        var timers: [Firing]
        var watermarkAfterStep: [Int64?]
    }
    var name: String
    var spec: Specification
    var steps: [Step]
    var expected: Expected
}

/// Sets and deletes the timers that its elements name, and tells which fire.
private struct TimersByName: ProcessFunction {
    struct Request {
        var set: [Nanoseconds]
        var delete: [Nanoseconds]
    }
    typealias Key = String
    typealias Output = (key: String, timer: Nanoseconds, watermark: Nanoseconds)

    func process(_ request: Request, in context: inout Context) {
        for time in request.set { context.setTimer(at: time) }
        for time in request.delete { context.deleteTimer(at: time) }
    }

    func timer(_ timer: FiredTimer, in context: inout Context) {
        context.emit((context.key, timer.time, context.watermark))
    }
}

@Suite("Timers against recorded cases")
struct TimerVectorTests {
    private static let recorded = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../shared/flink-vectors/dev").standardized

    private static var files: [URL] {
        let files = try? FileManager.default.contentsOfDirectory(at: recorded, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
    }

    @Test(
        "what Flink does with timers, these do",
        .enabled(if: !files.isEmpty, "the recorded cases are not beside this clone"),
        arguments: [1, 2, 8])
    func recordedCases(parallelism: Int) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var checked = 0
        for file in Self.files {
            let data = try Data(contentsOf: file)
            guard let vector = try? decoder.decode(TimerVector.self, from: data), vector.spec.function == "timers"
            else { continue }
            check(vector, parallelism: parallelism)
            checked += 1
        }
        #expect(checked >= 1)
    }

    private func check(_ vector: TimerVector, parallelism: Int) {
        var timers = OperatorHarness(parallelism: parallelism) { ProcessOperator(TimersByName()) }
        var strategy = vector.spec.watermark.delayMs.map { BoundedOutOfOrderness(delay: $0) }
        var firings: [TimerVector.Firing] = []
        var watermarks: [Int64?] = []
        func note(_ fired: [TimersByName.Output], step: Int) {
            firings += fired.map { .init(step: step, key: $0.key, timer: $0.timer, watermark: $0.watermark) }
        }
        for (number, step) in vector.steps.enumerated() {
            if step.op == "watermark" {
                timers.advance(to: step.ts)
            } else {
                let request = TimersByName.Request(set: step.timers ?? [], delete: step.deleteTimers ?? [])
                timers.push(request, key: step.key ?? "", at: step.ts)
                if strategy?.observe(step.ts) == true, let reached = strategy?.watermark {
                    timers.advance(to: reached)
                }
            }
            note(timers.takeValues(), step: number)
            watermarks.append(timers.watermark == .min ? nil : timers.watermark)
        }
        if vector.spec.flushAtEnd == true { timers.finish() }
        note(timers.takeValues(), step: vector.steps.count)
        // Inside a step the order of equal times is not promised there; here it is that of keys.
        #expect(
            firings == vector.expected.timers.sorted { ($0.step, $0.timer, $0.key) < ($1.step, $1.timer, $1.key) })
        #expect(watermarks == vector.expected.watermarkAfterStep, "\(vector.name)")
    }
}
