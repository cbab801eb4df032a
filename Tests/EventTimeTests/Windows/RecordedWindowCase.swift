import EventTime
import Foundation

/// A recorded case of any kind of windows: a stream and what Apache Flink made of it. Times are in milliseconds; the
/// engine does not mind the unit.
struct RecordedWindowCase: Decodable {
    struct Specification: Decodable {
        struct Watermark: Decodable {
            var kind: String
            var delayMs: Int64?
        }
        struct Window: Decodable {
            var type: String
            var sizeMs: Int64?
            var slideMs: Int64?
            var offsetMs: Int64?
            var gapMs: Int64?
            var size: Int?
            var slide: Int?
        }
        struct Trigger: Decodable {
            var type: String
            var n: Int?
            var purge: Bool?
            var intervalMs: Int64?
        }

        var inputs: Int
        var watermark: Watermark
        var window: Window?
        var trigger: Trigger?
        var allowedLatenessMs: Int64?
        var flushAtEnd: Bool?
    }
    struct Step: Decodable {
        var op: String
        var ts: Int64?
        var key: String?
        var value: Int64?
        var tag: String?
        var gapMs: Int64?
    }
    struct Firing: Decodable, Hashable {
        var step: Int
        var key: String
        var start: Int64?
        var end: Int64?
        var count: Int64
        var sum: Int64
        // Not in all cases.
        var min: Int64?
        var max: Int64?
        var distinctTags: Int64?
        var seqs: [Int]?
        var watermark: Int64?
    }
    struct Expected: Decodable {
        var windows: [Firing]?
        var lateSeqs: [Int]
        var watermarkAfterStep: [Int64?]
    }

    var name: String
    var family: String
    var spec: Specification
    var steps: [Step]
    var expected: Expected

    /// The case in a file; `nil` where it is not one of windows over a stream.
    static func read(_ file: URL) throws -> RecordedWindowCase? {
        let data = try Data(contentsOf: file)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let family = try? decoder.decode(Family.self, from: data), family.family == "datastream" else {
            return nil
        }
        let found = try decoder.decode(RecordedWindowCase.self, from: data)
        return found.spec.window == nil ? nil : found
    }

    private struct Family: Decodable { var family: String }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    /// Cases written from the rules.
    static let own = files(folder.appending(path: "Vectors"))

    /// Cases that Flink itself was asked for: those kept here, and those beside this clone, where there are any.
    static let kept = files(folder.appending(path: "Vectors/recorded"))
    static let beside = files(folder.appending(path: "../../../shared/flink-vectors/dev").standardized)

    private static func files(_ folder: URL) -> [URL] {
        let files =
            (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }
    }
}

/// An element of a recorded stream.
struct RecordedElement: Sendable {
    var sequence: Int
    var value: Int64
    var tag: String
    var gap: Int64
}

/// All that the cases ask of a window.
struct RecordedResult: Sendable {
    var count: Int
    var sum: Int64
    var min: Int64?
    var max: Int64?
    var tags: Int
    var sequence: [Int]

    static let aggregate = combine(
        combine(Count<Int64>(), Sum<Int64>(), Min<Int64>(), Max<Int64>()).of { (element: RecordedElement) in
            element.value
        },
        DistinctCount<String>().of { (element: RecordedElement) in element.tag },
        Collect<Int>().of { (element: RecordedElement) in element.sequence }
    ).map { numbers, tags, sequence in
        RecordedResult(
            count: numbers.0, sum: numbers.1, min: numbers.2, max: numbers.3, tags: tags, sequence: sequence)
    }
}

extension RecordedWindowCase {
    /// Runs the case and says what it yields. The watermark is the recorded one: what makes it is tested elsewhere.
    func run<Operation: WindowOperation & ~Copyable>(_ operation: consuming Operation) -> (
        firings: [Firing], late: [Int]
    ) where Operation.Key == String, Operation.Element == RecordedElement, Operation.Result == RecordedResult {
        var firings: [Firing] = []
        var late: [Int] = []
        func note(_ result: WindowResult<String, RecordedResult>, _ step: Int) {
            let watermark = result.firing.watermark
            firings.append(
                Firing(
                    step: step, key: result.key, start: result.window?.start, end: result.window?.end,
                    count: Int64(result.result.count), sum: result.result.sum, min: result.result.min,
                    max: result.result.max, distinctTags: Int64(result.result.tags),
                    seqs: result.result.sequence.sorted(), watermark: watermark == .min ? nil : watermark))
        }
        for (number, step) in steps.enumerated() {
            if step.op == "event" {
                let element = RecordedElement(
                    sequence: number, value: step.value ?? 0, tag: step.tag ?? "", gap: step.gapMs ?? 0)
                let fate = operation.process(key: step.key ?? "", element: element, at: step.ts ?? 0) {
                    note($0, number)
                }
                if fate == .late { late.append(number) }
            }
            if let watermark = expected.watermarkAfterStep[number] {
                operation.advance(to: watermark) { note($0, number) }
            }
        }
        if spec.flushAtEnd == true { operation.advance(to: .max) { note($0, steps.count) } }
        return (firings, late)
    }

    /// What was recorded of the firings, and the same of those found.
    func comparable(_ firings: [Firing]) -> [Firing] {
        let recorded = expected.windows?.first
        return firings.map { firing in
            var firing = firing
            firing.seqs = expected.windows?.allSatisfy { $0.seqs != nil } == true ? firing.seqs?.sorted() : nil
            if recorded?.min == nil { (firing.min, firing.max, firing.distinctTags) = (nil, nil, nil) }
            if expected.windows?.contains(where: { $0.watermark != nil }) != true { firing.watermark = nil }
            return firing
        }.sorted {
            ($0.step, $0.end ?? 0, $0.start ?? 0, $0.key, $0.count)
                < ($1.step, $1.end ?? 0, $1.start ?? 0, $1.key, $1.count)
        }
    }
}
