import CheckpointStore
import EventTime
import Foundation
import TestSupport
import Testing

/// Checkpoints as each version of the format was first written. They stay, and what reads them stays.
@Suite("A checkpoint of an earlier format version")
struct SampleTests {
    static let samples = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Samples")

    @Test("restores for ever", arguments: 1...CheckpointManifest.formatVersion)
    func restores(version: UInt64) throws {
        let path = Self.samples.appending(path: "version-\(version)").path
        let found = try #require(try CheckpointCatalog.find(path))
        let checkpoint = try #require(try found.catalog.newestValid { Issue.record("\($0)") })
        #expect(checkpoint.manifest.formatVersion == version)
        #expect(checkpoint.manifest.kind == .savepoint)
        #expect(checkpoint.manifest.sequence == 42)
        #expect(checkpoint.manifest.description == Self.description)

        var numbers = try checkpoint.decoder(of: "numbers")
        #expect(checkpoint.manifest.part("numbers")?.stateVersion == 7)
        #expect(try [UInt64](from: &numbers) == Self.numbers)
        try numbers.finish()
        var texts = try checkpoint.decoder(of: "texts")
        #expect(try [String: [Int16?]](from: &texts) == Self.texts)
        try texts.finish()
        var nothing = try checkpoint.decoder(of: "nothing")
        try nothing.finish()
    }

    private static let numbers = (0..<40_000).map { UInt64($0 / 8) }
    private static let texts: [String: [Int16?]] = ["Ebbe": [1, nil, -1], "Flut ✓": []]

    private static let description: CheckpointDescription = {
        var description = CheckpointDescription(
            tidemarkVersion: "0.1.0",
            configuration: [
                NamedText("--window", "10s"), NamedText("--filter", "host \"a\"\n\t\\ ✓"),
                NamedText("--output", "hosts:a.csv"), NamedText("--output", "totals:b.csv"),
            ])
        let file = InputIdentity.File(
            byteCount: 123_456, modified: -1, device: 64, inode: .max, startByteCount: 65_536,
            startChecksum: 0x0000_BEEF)
        description.inputs = [
            InputPosition(InputIdentity(name: "/captures/a.pcap", file: file), position: 4096, packets: 29),
            InputPosition(InputIdentity(name: "-"), position: .max, packets: 0),
        ]
        description.watermark = .min
        description.figures = [NamedFigure("packets", 29), NamedFigure("flows", .max)]
        description.sinks = [
            SinkPosition("hosts:a.csv", position: 1234), SinkPosition("c.sqlite", position: 5, unit: "commits"),
        ]
        return description
    }()

    /// Writes a sample of the present format where there is none yet, for whoever raises the version: set
    /// `TIDEMARK_SAMPLES` to a folder, run this, and move what is there into `Samples`.
    @Test(
        "is made once",
        .enabled(if: ProcessInfo.processInfo.environment["TIDEMARK_SAMPLES"] != nil, "only for a new version"))
    func make() throws {
        let folder = try #require(ProcessInfo.processInfo.environment["TIDEMARK_SAMPLES"])
        let path = "\(folder)/version-\(CheckpointManifest.formatVersion)"
        try FileManager.default.createDirectory(
            atPath: path + "/checkpoint-000000000041", withIntermediateDirectories: true)
        let writer = try CheckpointDirectory(path).begin(.savepoint)
        try writer.writePart("numbers", version: 7) { Self.numbers.encode(into: &$0) }
        try writer.writePart("texts", version: 1) { Self.texts.encode(into: &$0) }
        try writer.writePart("nothing", version: 1) { _ in }
        try writer.commit(Self.description)
        try FileManager.default.removeItem(atPath: path + "/checkpoint-000000000041")
        try FileManager.default.removeItem(atPath: path + "/lock")
    }
}
