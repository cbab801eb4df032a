import EventTime
import Foundation
import Testing

@Suite("The watermark of several inputs")
struct WatermarkValveTests {
    struct Vector: Decodable {
        struct Specification: Decodable {
            struct Watermark: Decodable {
                var delayMs: Int64?
            }
            var inputs: Int
            var watermark: Watermark
        }
        struct Step: Decodable {
            var op: String
            var ts: Int64?
            var `in`: Int?
        }
        struct Expected: Decodable {
            var watermarkAfterStep: [Int64?]
        }
        var name: String
        var family: String
        var spec: Specification
        var steps: [Step]
        var expected: Expected
    }

    private static let recorded = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/flink-vectors/dev").standardized

    private static func vectors() throws -> [Vector] {
        struct Family: Decodable { var family: String }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let files =
            (try? FileManager.default.contentsOfDirectory(at: recorded, includingPropertiesForKeys: nil)) ?? []
        return try files.filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }.compactMap { file in
            let data = try Data(contentsOf: file)
            guard try decoder.decode(Family.self, from: data).family == "datastream" else { return nil }
            return try decoder.decode(Vector.self, from: data)
        }
    }

    @Test(
        "is Flink's, step by step",
        .enabled(
            if: FileManager.default.fileExists(atPath: recorded.path), "the recorded cases are not beside this"))
    func recordedCases() throws {
        var several = 0
        for vector in try Self.vectors() {
            several += vector.spec.inputs > 1 ? 1 : 0
            var valve = WatermarkValve(inputCount: vector.spec.inputs)
            var strategies = (0..<vector.spec.inputs).map { _ in
                vector.spec.watermark.delayMs.map { BoundedOutOfOrderness(delay: $0) }
            }
            func send(_ input: Int, _ time: Nanoseconds) {
                valve.makeActive(input) { _ in }
                valve.advance(input, to: time) { _ in }
            }
            let watermarks = vector.steps.map { step in
                let input = step.in ?? 0
                switch step.op {
                case "idle": valve.makeIdle(input) { _ in }
                case "active": valve.makeActive(input) { _ in }
                case "watermark": send(input, step.ts ?? 0)
                default:
                    if strategies[input]?.observe(step.ts ?? 0) == true, let reached = strategies[input]?.watermark
                    {
                        send(input, reached)
                    }
                }
                return valve.watermark == .min ? nil : valve.watermark
            }
            #expect(watermarks == vector.expected.watermarkAfterStep, "\(vector.name)")
        }
        #expect(several >= 5)
    }

    @Test("does not wait for an input that came back and lags, until it has caught up")
    func lagging() {
        var valve = WatermarkValve(inputCount: 2)
        var said: [WatermarkValve.Output] = []
        valve.advance(0, to: 10) { said.append($0) }
        valve.makeIdle(1) { said.append($0) }
        valve.makeActive(1) { said.append($0) }
        valve.advance(1, to: 5) { said.append($0) }
        valve.advance(0, to: 20) { said.append($0) }
        valve.advance(1, to: 20) { said.append($0) }
        valve.advance(0, to: 30) { said.append($0) }
        valve.advance(1, to: 25) { said.append($0) }
        #expect(said == [.watermark(10), .watermark(20), .watermark(25)])
    }

    @Test("jumps to the furthest input when the last active one, which held it, goes idle")
    func allIdle() {
        var valve = WatermarkValve(inputCount: 2)
        var said: [WatermarkValve.Output] = []
        valve.advance(0, to: 10) { said.append($0) }
        valve.advance(1, to: 50) { said.append($0) }
        valve.makeIdle(1) { said.append($0) }
        valve.makeIdle(0) { said.append($0) }
        valve.makeActive(0) { said.append($0) }
        #expect(said == [.watermark(10), .watermark(50), .idle, .active])
    }

    @Test("is the same after it was saved and restored")
    func restored() throws {
        var valve = WatermarkValve(inputCount: 3)
        valve.advance(0, to: 10) { _ in }
        valve.advance(1, to: 20) { _ in }
        valve.makeIdle(2) { _ in }
        let bytes = StateEncoder.bytes { valve.snapshot(into: &$0) }
        var other = WatermarkValve(inputCount: 3)
        var state = StateDecoder(bytes)
        try other.restore(from: &state)
        try state.finish()
        #expect(other.watermark == 10)
        #expect(StateEncoder.bytes { other.snapshot(into: &$0) } == bytes)
        var smaller = WatermarkValve(inputCount: 2)
        #expect(throws: StateError.self) {
            var state = StateDecoder(bytes)
            try smaller.restore(from: &state)
        }
    }
}
