import Foundation
import TestSupport
import Testing

/// Checkpoints that earlier versions have written, with what they belong to: they can be restored for ever.
///
/// To add one for a new version, kill a run in its midst in a folder of its own in `Samples`, beside copies of its
/// captures, and put what an uninterrupted run writes into `expected`. Captures have the time of modification that
/// the test gives them; paths are relative.
@Suite("Checkpoints of earlier versions")
struct SampleCheckpointTests {
    static let samples = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Samples")

    static let revised =
        "--window 1s --slide 250ms --watermark-delay 300ms --allowed-lateness 500ms --idle-timeout 5s"
    /// Many flows have ended that are still in a window.
    static let inSight = "--window 20s --slide 500ms --watermark-delay 300ms --idle-timeout 100ms"
    static let files =
        "-o hosts:hosts.csv -o totals:totals.tsv -o flows:flows.jsonl dns.pcap udp.pcap reordered.pcap"

    @Test(
        "can be restored, and the run comes to the bytes of one that was not stopped",
        // All but the first build on another one; from the third on packets that wait are read again.
        arguments: [
            ("replay-1", "checkpoint-000000000001", revised), ("replay-2", "checkpoint-000000000012", revised),
            ("replay-3", "checkpoint-000000000018", revised), ("replay-4", "checkpoint-000000000021", inSight),
        ], [1, 3])
    func restore(sample: (folder: String, checkpoint: String, options: String), workers: Int) throws {
        try restore(
            sample.folder, sample.checkpoint, "\(sample.options) \(Self.files)", workers,
            outputs: ["hosts.csv", "totals.tsv", "flows.jsonl"])
    }

    @Test(
        "can be restored where hosts are only counted",
        // The first in the midst of a window, whose rows counted for nothing before they had traffic; the second with rows,
        // where windows overlap, which later ones do not keep.
        arguments: [
            ("totals-3", "checkpoint-000000000010", "--window 10s --watermark-delay 300ms"),
            ("totals-4", "checkpoint-000000000008", inSight), ("totals-5", "checkpoint-000000000009", inSight),
        ], [1, 3])
    func restoreTotals(sample: (folder: String, checkpoint: String, options: String), workers: Int) throws {
        try restore(
            sample.folder, sample.checkpoint,
            "\(sample.options) -o totals:totals.csv dns.pcap udp.pcap reordered.pcap", workers,
            outputs: ["totals.csv"])
    }

    private func restore(
        _ sample: String, _ checkpoint: String, _ arguments: String, _ workers: Int, outputs: [String]
    ) throws {
        let folder = try ScratchFolder()
        let copy = folder.path("copy")
        try FileManager.default.copyItem(atPath: Self.samples.appending(path: sample).path, toPath: copy)
        let run = try BuiltCommand.shell(
            """
            cd "$1" && touch -d @1700000000 *.pcap && \
            "$T" replay --workers \(workers) --checkpoint-dir checkpoints \(arguments)
            """, copy)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.contains("goes on from checkpoints/\(checkpoint)"))
        for name in outputs {
            let expected = try folder.bytes("copy/expected/\(name)")
            #expect(try folder.bytes("copy/\(name)") == expected, "\(name)")
        }
    }
}
