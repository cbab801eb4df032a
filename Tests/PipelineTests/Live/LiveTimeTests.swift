import EventTime
import Foundation
import HostStatistics
import Packets
import Reports
import TestSupport
import Testing

@testable import Pipeline

/// Runs packets through the intake as a live capture does, with word of the clock between them.
private struct LiveRun {
    let files: [String: Data]

    /// `clock`: called before each packet with its place; what it returns is told to the intake.
    init(
        _ packets: [GeneratedPacket], _ configure: (inout ReplayConfiguration) -> Void = { _ in },
        losses: [Int: CaptureLoss] = [:], clock: (Int) -> Nanoseconds?
    ) throws {
        let folder = try ScratchFolder()
        var configuration = ReplayConfiguration(inputs: [])
        configure(&configuration)
        let names = OutputKind.allCases.map { "\($0.rawValue).csv" }
        configuration.outputs = zip(OutputKind.allCases, names).map {
            OutputSpecification(kind: $0, format: .csv, destination: .file(path: folder.path($1)))
        }
        let output = OutputStage(try ReportWriter(outputs: configuration.outputs))
        let analysis = configuration.analysis
        let consumer = SerialAnalysis(
            AnalysisBox(HostAnalysis(analysis, isAlone: true)), writer: ResultWriter(analysis, output: output))
        var intake = PacketIntake(configuration, consumer: consumer)
        for (place, packet) in packets.enumerated() {
            if let time = clock(place) { intake.advance(to: time) }
            if let loss = losses[place] { intake.note(loss) }
            let record = PacketRecord(
                timestamp: packet.time, number: UInt64(place + 1), capturedLength: UInt32(packet.bytes.count),
                originalLength: UInt32(packet.wireBytes), linkType: .ethernet, interface: 0, isTimed: true)
            packet.bytes.withUnsafeBytes { intake.take(record, $0.bytes) }
        }
        let (dirty, notes) = intake.finish()
        consumer.finish(dirty: dirty, notes: notes)
        output.finish(summary: RunSummary())
        files = Dictionary(uniqueKeysWithValues: try names.map { ($0, try folder.bytes($0)) })
    }

    func rows(_ name: String) -> ReportRows {
        ReportRows(csv: String(decoding: files[name] ?? Data(), as: UTF8.self))
    }
}

@Suite("Time that goes on by the clock")
struct LiveTimeTests {
    static let seeds: [UInt64] = [31, 32, 33, 34]

    @Test("changes nothing in what is reported, where no packet comes late for it", arguments: seeds)
    func quiet(seed: UInt64) throws {
        let packets = TrafficGenerator.shuffled(
            TrafficGenerator.packets(2000, seed: seed), within: 2 * .second, seed: seed)
        // The earliest time that is still to come at each place.
        var earliest = Array(repeating: Nanoseconds.max, count: packets.count + 1)
        for place in packets.indices.reversed() { earliest[place] = min(earliest[place + 1], packets[place].time) }
        let shapes = [
            SlidingWindows.tumbling(10 * .second), SlidingWindows(size: 7 * .second, slide: 3 * .second),
            .tumbling(.second / 4),
        ]
        for windows in shapes {
            let configure: (inout ReplayConfiguration) -> Void = { $0.windows = windows }
            let newest = packets.map(\.time).max() ?? 0
            let plain = try LiveRun(packets, configure) { _ in nil }
            var random = SeededRandom(seed: seed)
            var told = 0
            let live = try LiveRun(packets, configure) { place in
                guard place > 0, random.oneIn(3) else { return nil }
                told += 1
                // The watermark, the delay behind that, stays below all that is to come, and where packets bring it
                // in the end: flows that time out behind the last packet end as they would not in a replay.
                return min(newest, earliest[place] + 2 * .second - random.pick(0...5 * .second))
            }
            #expect(told > 300)
            for (name, bytes) in plain.files {
                #expect(bytes == live.files[name], "seed \(seed), \(windows.size), \(name)")
            }
        }
    }

    @Test("fires a window that no packet follows")
    func fires() throws {
        let output = OutputStage(try ReportWriter(outputs: []))
        var configuration = ReplayConfiguration(inputs: [])
        configuration.windows = .tumbling(10 * .second)
        let analysis = configuration.analysis
        let consumer = SerialAnalysis(
            AnalysisBox(HostAnalysis(analysis, isAlone: true)), writer: ResultWriter(analysis, output: output))
        var intake = PacketIntake(configuration, consumer: consumer)
        let packet = TrafficGenerator.packets(1, seed: 1)[0]
        let record = PacketRecord(
            timestamp: packet.time, number: 1, capturedLength: UInt32(packet.bytes.count),
            originalLength: UInt32(packet.wireBytes), linkType: .ethernet, interface: 0, isTimed: true)
        packet.bytes.withUnsafeBytes { intake.take(record, $0.bytes) }
        let end = packet.time.roundedDown(toMultipleOf: 10 * .second) + 10 * .second
        intake.advance(to: end + 2 * .second - 1)
        #expect(output.windows == 0)
        intake.advance(to: end + 2 * .second)
        #expect(output.windows == 1)
        // Backward it does nothing, and far forward no harm.
        intake.advance(to: 0)
        intake.advance(to: .max)
        #expect(output.windows == 1)
        let (dirty, notes) = intake.finish()
        consumer.finish(dirty: dirty, notes: notes)
    }

    @Test("tells of every dropped packet in exactly one tumbling window, also where its window has fired")
    func losses() throws {
        let packets = TrafficGenerator.packets(800, seed: 35)
        var random = SeededRandom(seed: 35)
        var losses: [Int: CaptureLoss] = [:]
        var dropped = 0
        for place in packets.indices where random.oneIn(10) {
            let end = packets[place].time - random.pick(0...30 * .second)
            let count = random.pick(1...5)
            losses[place] = CaptureLoss(
                start: end - random.pick(1...200_000_000), end: end, droppedPackets: UInt64(count))
            dropped += count
        }
        let run = try LiveRun(packets, losses: losses) { _ in nil }
        let totals = run.rows("totals.csv")
        #expect(totals.sum("dropped_packets") == dropped)
        #expect(totals.rows.allSatisfy { $0.number("dropped_packets") == 0 || $0["complete"] == "false" })
        #expect(Set(totals.rows.map(\.window)).count == totals.rows.count)
        #expect(totals.sum("packets") == packets.count)
        let incomplete = Set(totals.rows.filter { $0["complete"] == "false" }.map(\.window))
        #expect(
            run.rows("hosts.csv").rows.allSatisfy { !incomplete.contains($0.window) || $0["complete"] == "false" })
    }
}
