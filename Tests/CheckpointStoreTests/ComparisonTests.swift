import CheckpointStore
import TestSupport
import Testing

@Suite("A checkpoint and a command that is to go on from it")
struct ComparisonTests {
    private func differences(
        _ stored: [NamedText], _ current: [NamedText], inputs: [InputPosition] = [], now: [InputIdentity] = []
    ) -> [String] {
        var description = CheckpointDescription(tidemarkVersion: "0", configuration: stored)
        description.inputs = inputs
        return ConfigurationComparison.differences(stored: description, current: current, inputs: now)
    }

    @Test("fit where the configuration is the same, in any order of names")
    func same() {
        let settings = [
            NamedText("--window", "10s"), NamedText("--filter", ""), NamedText("-o", "a"), NamedText("-o", "b"),
        ]
        #expect(differences(settings, [settings[2], settings[3], settings[1], settings[0]]) == [])
    }

    @Test("differ in each setting of its own")
    func settings() {
        let stored = [
            NamedText("--window", "10s"), NamedText("--filter", ""), NamedText("-o", "a"), NamedText("-o", "b"),
        ]
        let current = [
            NamedText("--window", "5s"), NamedText("--filter", "tcp"), NamedText("-o", "b"), NamedText("-o", "a"),
            NamedText("--slide", "1s"),
        ]
        #expect(
            differences(stored, current) == [
                "--window: the checkpoint has 10s, this command 5s",
                "--filter: the checkpoint has '', this command tcp",
                "-o: the checkpoint has a, b, this command b, a",
                "--slide: the checkpoint has none, this command 1s",
            ])
    }

    @Test("differ where inputs are other ones, or change places")
    func inputs() {
        let stored = ["a", "b"].map { InputPosition(InputIdentity(name: $0), position: 0, packets: 0) }
        let identities = { (names: [String]) in names.map { InputIdentity(name: $0) } }
        #expect(differences([], [], inputs: stored, now: identities(["a", "b"])) == [])
        #expect(
            differences([], [], inputs: stored, now: identities(["b", "a"]))
                == ["the inputs are in another order than in the checkpoint"])
        #expect(
            differences([], [], inputs: stored, now: identities(["a", "c"])) == [
                "b: an input of the checkpoint, not of this command",
                "c: an input of this command, not of the checkpoint",
            ])
    }

    private func change(_ bytes: [UInt8], to changed: [UInt8], touch: Int64 = 0) throws -> [String] {
        let folder = try ScratchFolder()
        let path = try folder.write(bytes, as: "a.pcap")
        let before = try InputIdentity(path: path)
        try folder.write(changed, as: "a.pcap")
        var after = try InputIdentity(path: path, startByteCount: before.file?.startByteCount)
        after.file?.modified = (before.file?.modified ?? 0) + touch
        let stored = InputPosition(before, position: 10, packets: 1)
        return differences([], [], inputs: [stored], now: [after]).map {
            $0.replacing(path, with: "a.pcap", maxReplacements: 1)
        }
    }

    @Test("differ where an input has been written anew, and not where it has grown")
    func files() throws {
        let bytes = [UInt8](repeating: 7, count: 100_000)
        var other = bytes
        other[65_535] = 8
        #expect(try change(bytes, to: bytes) == [])
        #expect(try change(bytes, to: bytes + [1], touch: 1) == [])
        #expect(try change([], to: bytes, touch: 1) == [], "a capture that has only just begun")
        #expect(try change(bytes, to: bytes, touch: 1) == ["a.pcap: was modified after the checkpoint was taken"])
        #expect(try change(bytes, to: other) == ["a.pcap: does not begin as it did when the checkpoint was taken"])
        #expect(
            try change([1, 2, 3], to: [1, 2, 4, 5], touch: 1) == [
                "a.pcap: does not begin as it did when the checkpoint was taken"
            ])
        #expect(
            try change(bytes, to: [7])
                == ["a.pcap: has 1 bytes, and had 100000 when the checkpoint was taken"])
    }

    @Test("name what is no file by its name alone")
    func noFile() throws {
        #expect(try InputIdentity(path: "/dev/null").file == nil)
        #expect(throws: CheckpointError.self) { _ = try InputIdentity(path: "/nowhere/a.pcap") }
        let folder = try ScratchFolder()
        let identity = try InputIdentity(path: try folder.write([1, 2], as: "a"))
        let none = InputIdentity(name: identity.name)
        let differs = differences([], [], inputs: [InputPosition(identity, position: 0, packets: 0)], now: [none])
        #expect(differs == ["\(identity.name): was a file when the checkpoint was taken, and is none now"])
    }
}
