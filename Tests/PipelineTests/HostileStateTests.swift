import CheckpointStore
import EventTime
import Foundation
import TestSupport
import Testing

@testable import Pipeline

/// Whoever can write to the directory can write checksums too: what stands in the state is checked as well.
@Suite("State with wrong bytes and right checksums")
struct HostileStateTests {
    private func bytes(_ part: CheckpointPart, of checkpoint: StoredCheckpoint) throws -> [UInt8] {
        var state = try checkpoint.decoder(of: part.name)
        return try state.decodeBytes(Int(part.contentByteCount))
    }

    @Test("is an error or another state, never the end of the process", arguments: zip([71, 72, 73, 74] as [UInt64], [1, 2, 3, 4]))
    func changed(seed: UInt64, setting: Int) throws {
        let inputs = try ScratchFolder()
        let paths = try RestartTests.captures(seed, in: inputs, count: 500)
        var run = try RestartedRun(paths, every: 200) { RestartTests.settings[setting].configure(&$0) }
        try run.start(diesAfter: 1)
        let catalog = CheckpointCatalog(run.folder.path("checkpoints"))
        let name = try #require(try catalog.checkpoints().first)
        let checkpoint = try catalog.open(name.folder)
        let parts = try checkpoint.manifest.parts.map { ($0, try bytes($0, of: checkpoint)) }
        var random = SeededRandom(seed: seed)
        var refusals = 0
        for round in 0..<150 {
            let chosen = Int.random(in: parts.indices, using: &random)
            var changed = parts[chosen].1
            switch round % 4 {
            case 0: changed.removeLast(Int.random(in: 1...min(9, changed.count), using: &random))
            case 1:
                // Counts and identifiers, mostly.
                let place = Int.random(in: 0..<max(1, changed.count - 8), using: &random)
                for offset in 0..<min(8, changed.count) { changed[place + offset] = random.oneIn(2) ? 0xFF : 0x7F }
            default:
                for _ in 0...round % 3 {
                    let place = Int.random(in: changed.indices, using: &random)
                    changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
            }
            let folder = try ScratchFolder()
            let directory = try CheckpointDirectory(TestStorage(folder.path("checkpoints")))
            let writer = try directory.begin(.checkpoint)
            for (index, (part, bytes)) in parts.enumerated() {
                try writer.writePart(part.name, version: part.stateVersion) { state in
                    (index == chosen ? changed : bytes).withUnsafeBytes { state.encode(bytes: $0) }
                }
            }
            let stored = try writer.commit(checkpoint.manifest.description)
            do {
                let restored = try RestoredReplay.read(stored, for: run.configuration)
                // It is a state, if another one: going on with it must not end the process either.
                if let box = restored.analysis {
                    _ = box.analysis.advance(to: .max - 1, dirty: [])
                    _ = box.analysis.finish(dirty: [])
                }
            } catch {
                refusals += 1
                #expect(error is StateError || error is CheckpointError || error is CheckpointMismatch, "\(error)")
            }
        }
        #expect(refusals > 50)
    }
}
