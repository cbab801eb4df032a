import CheckpointStore
import EventTime
import TestSupport
import Testing

@Suite("A checkpoint")
struct CheckpointTests {
    @Test("comes back as it was written")
    func roundTrip() throws {
        let folder = try ScratchFolder()
        let path = folder.path("some/where/checkpoints")
        let directory = try CheckpointDirectory(path)
        #expect(try directory.newestValid() == nil)
        let written = try Example.write(to: directory)
        #expect(written.folder == "checkpoint-000000000001")
        let found = try #require(try directory.newestValid())
        #expect(found.manifest == written.manifest)
        #expect(try Example.isWhole(found))
        #expect(found.problems() == [])
        let part = try #require(found.manifest.part("numbers"))
        #expect(part.stateVersion == 3)
        #expect(part.contentByteCount == 8 + 8 + 160)
        #expect(throws: CheckpointError.noPart(checkpoint: found.path, part: "other")) {
            _ = try found.decoder(of: "other")
        }
    }
}
