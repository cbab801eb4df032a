// libFuzzer's entry for the state of a replay: `make fuzz-checkpoint`.

import EventTime
import Flows
import HostStatistics
import Packets

@testable import Pipeline
@testable import Reports

/// The parts of a checkpoint, each behind three bytes of length, in the order run, reports, intake, rest, flows-0, pairs,
/// windows, and then what changed in the last three. The first byte chooses what the command says of outputs, windows and
/// order (bits 0 to 2), whether there are changes (bit 3), and in which form the state is (from bit 4 on); the first has no
/// rest.
///
/// What is taken for state must do as state: packets come after it, time advances, and everything ends.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let choice = bytes.first else { return 0 }
    var parts: [[UInt8]] = []
    var place = 1
    while parts.count < 10 {
        guard place + 3 <= bytes.count else { return 0 }
        let length = Int(bytes[place]) | Int(bytes[place + 1]) << 8 | Int(bytes[place + 2]) << 16
        place += 3
        parts.append(Array(bytes[place...].prefix(length)))
        place = min(bytes.count, place + length)
    }
    let version = max(1, UInt32(choice >> 4))
    try? goOn(configuration(choice), parts, version: version, hasChanges: choice & 8 != 0)
    return 0
}

private func configuration(_ choice: UInt8) -> ReplayConfiguration {
    var configuration = ReplayConfiguration(inputs: [])
    configuration.outputs = [
        OutputSpecification(kind: .hosts, format: .csv, destination: .file(path: "/dev/null")),
        OutputSpecification(kind: .flows, format: .csv, destination: .file(path: "/dev/null")),
    ]
    configuration.idleTimeout = 5 * .second
    switch choice & 7 {
    case 0:
        // As in Tests/CommandTests/SampleCheckpointTests.swift.
        configuration.windows = SlidingWindows(size: .second, slide: 250_000_000)
        configuration.watermarkDelay = 300_000_000
        configuration.allowedLateness = 500_000_000
    case 1: break
    case 2: configuration.watermarkDelay = nil
    case 4, 5:
        configuration.outputs = [
            OutputSpecification(kind: .totals, format: .csv, destination: .file(path: "/dev/null"))
        ]
        configuration.windows = SlidingWindows(size: 20 * .second, slide: 500_000_000)
        configuration.watermarkDelay = 300_000_000
        if choice & 7 == 5 { configuration.maximumHosts = 2 }
    default:
        configuration.windows = SlidingWindows(size: 2 * .second, slide: 3 * .second, offset: -1)
        configuration.maximumFlows = 12
        configuration.maximumHosts = 2
    }
    return configuration
}

private func restore(
    _ analysis: inout HostAnalysis, _ parts: [[UInt8]], version: UInt32, hasChanges: Bool
) throws {
    let isFirstForm = version == 1
    let restored = RestoredAnalysis(for: analysis)
    let tables: [FrozenAnalysis.Part] = [.flows(group: 0), .pairs, .windows]
    for (place, part) in tables.enumerated() {
        var state = StateDecoder(parts[4 + place], hasRecords: !isFirstForm, version: version)
        if isFirstForm {
            try restored.readFirstForm(part, &analysis, from: &state)
        } else {
            try restored.read(part, from: &state)
        }
        try state.finish()
        guard hasChanges, !isFirstForm else { continue }
        var changes = StateDecoder(parts[7 + place], version: version)
        try restored.read(part, from: &changes)
        try changes.finish()
    }
    guard !isFirstForm else { return }
    var rest = StateDecoder(parts[3], version: version)
    try restored.finish(&analysis, rest: &rest)
    try rest.finish()
}

private func goOn(
    _ configuration: ReplayConfiguration, _ parts: [[UInt8]], version: UInt32, hasChanges: Bool
) throws {
    var run = StateDecoder(parts[0])
    let state = try? RunState(from: &run)
    if let state { precondition(state.progress.names.count == state.progress.progress.sources.count) }
    let analysis = configuration.analysis
    var reports = StateDecoder(parts[1])
    _ = try reports.decodeCounter()
    _ = try reports.decodeCounter()
    let commit = try ReportCommit?(from: &reports)
    _ = commit.map(outputs)
    _ = try Bool(from: &reports)
    let merger = try WindowMerger(analysis, from: &reports)
    let box = AnalysisBox(HostAnalysis(analysis, isAlone: true))
    try restore(&box.analysis, parts, version: version, hasChanges: hasChanges)
    var waiting = StateDecoder(parts[2], hasRecords: version > 1, version: version)
    let restored = try RestoredIntake(configuration, from: &waiting)
    let output = OutputStage(try ReportWriter(outputs: Array(configuration.outputs.prefix(1))))
    let consumer = SerialAnalysis(box, writer: ResultWriter(analysis, output: output, merger: merger))
    var intake = PacketIntake(configuration, consumer: consumer)
    intake.takeUp(restored)
    let now = intake.newestTime == .min ? 0 : intake.newestTime
    let barrier = FrozenReplay(freezingStep: 1) { encode($0) }
    for step in 0..<40 {
        var packet = DecodedPacket(wireBytes: 60)
        packet.kind = step % 9 == 8 ? .malformed : .ip
        packet.source = IPAddress(v4: UInt32(step % 3))
        packet.destination = IPAddress(v4: UInt32(step % 5))
        packet.transport = 17
        packet.sourcePort = UInt16(step)
        packet.destinationPort = 53
        packet.bytes = 60
        let time = now.saturatingAdd(Int64(step / 2) * 200_000_000)
        intake.sequencer.nextPlace().initialize(to: FlowPacket(packet, time: time))
        intake.sequencer.addPlaced(time: time)
        if step == 20 {
            // A checkpoint of what was restored.
            barrier.begin(.checkpoint, request: nil, asChanges: false)
            intake.pass(barrier)
            consumer.pass(barrier)
        } else if step == 30 {
            // And what has changed since.
            intake.finishFreezing()
            consumer.settle()
            barrier.begin(.checkpoint, request: nil, asChanges: true)
            intake.pass(barrier)
            consumer.pass(barrier)
        }
    }
    consumer.settle()
    let (dirty, notes) = intake.finish()
    consumer.finish(dirty: dirty, notes: notes)
}

private func encode(_ image: FrozenReplay) {
    for part in ReplayPart.all(isFinished: false) {
        _ = StateEncoder.bytes { part.encode(image, into: &$0) }
    }
}

/// What the outputs hold beside their files.
private func outputs(_ commit: ReportCommit) {
    for kind in OutputKind.allCases {
        for format in [OutputFormat.csv, .table] {
            for top in [nil, 3] as [Int?] {
                var options = ReportOptions()
                options.top = top
                var resumed = commit
                resumed.files = [
                    ReportCommit.File(
                        name: "/dev/null", position: 0, canBeCutBack: false, tailCount: 0, tailDigest: 0)
                ]
                let specification = OutputSpecification(
                    kind: kind, format: format, destination: .file(path: "/dev/null"))
                guard
                    let writer = try? ReportWriter(outputs: [specification], options: options, resuming: resumed)
                else { continue }
                try? writer.finish(summary: RunSummary())
            }
        }
    }
}
