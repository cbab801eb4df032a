import Foundation
import TestSupport
import Testing

@testable import CheckpointStore

@Suite("A manifest")
struct ManifestTests {
    /// As the first version of the format has it.
    private static let first: CheckpointManifest = {
        var manifest = Self.manifest
        manifest.formatVersion = 1
        manifest.base = nil
        manifest.parts = [
            CheckpointPart(
                name: "flows", stateVersion: .max, contentByteCount: 100, contentChecksum: 0xDEAD_BEEF,
                byteCount: 50,
                checksum: 1)
        ]
        return manifest
    }()

    private static let manifest: CheckpointManifest = {
        var description = Example.description(-1)
        description.configuration = [
            NamedText("--window", "10s"), NamedText("--filter", "host \"a\\b\"\n\u{7}\u{7F} ✓"),
            NamedText("--output", "a.csv"), NamedText("--output", "b.csv"),
        ]
        let file = InputIdentity.File(
            byteCount: .max, modified: .min, device: 1, inode: 2, startByteCount: 3, startChecksum: 0xAB)
        description.inputs = [
            InputPosition(InputIdentity(name: "a.pcap", file: file), position: .max, packets: 0),
            InputPosition(InputIdentity(name: "-"), position: 0, packets: 1),
        ]
        return CheckpointManifest(
            kind: .savepoint, sequence: 7, created: 1_700_000_000_000_000_001, description: description,
            base: CheckpointBase(folder: "checkpoint-000000000006", manifestChecksum: 0xBA5E),
            parts: [
                CheckpointPart(
                    name: "flows", stateVersion: .max, isChanges: true, contentByteCount: 100, contentChecksum: nil,
                    byteCount: 50, checksum: 1)
            ])
    }()

    @Test("comes back as it was written, in every version")
    func roundTrip() throws {
        for manifest in [Self.manifest, Self.first] {
            #expect(try CheckpointManifest(manifest.bytes, checkpoint: "c") == manifest)
        }
    }

    @Test("has this text, and no other in another run")
    func text() {
        var manifest = Self.manifest
        manifest.description.configuration = [NamedText("--window", "10s"), NamedText("--filter", "host \"a\"\n")]
        manifest.description.figures = []
        let body = """
            {
              "format": "tidemark-checkpoint",
              "format_version": 2,
              "tidemark_version": "0.1.0",
              "kind": "savepoint",
              "sequence": 7,
              "created_ns": 1700000000000000001,
              "base": {
                "name": "checkpoint-000000000006",
                "manifest_crc32": "0000ba5e"
              },
              "configuration": [
                {"name": "--window", "value": "10s"},
                {"name": "--filter", "value": "host \\"a\\"\\u000a"}
              ],
              "inputs": [
                {"name": "a.pcap", "position": 18446744073709551615, "packets": 0, "file": \
            {"byte_count": 18446744073709551615, "modified_ns": -9223372036854775808, "device": 1, "inode": 2, \
            "start_byte_count": 3, "start_crc32": "000000ab"}},
                {"name": "-", "position": 0, "packets": 1, "file": null}
              ],
              "watermark_ns": -1,
              "figures": [],
              "sinks": [
                {"name": "hosts:hosts.csv", "position": 1234, "unit": "bytes"}
              ],
              "parts": [
                {"name": "flows", "state_version": 4294967295, "file": "flows.lz4", "byte_count": 50, \
            "crc32": "00000001", "content_byte_count": 100, "changes": true}
              ],
            """
        let checksum = Checksum.text(Checksum.of(body.utf8))
        #expect(
            String(decoding: manifest.bytes, as: UTF8.self) == body + "\n  \"manifest_crc32\": \"\(checksum)\"\n}\n"
        )
    }

    @Test("is JSON to others too")
    func otherReaders() throws {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(Self.manifest.bytes)) as? [String: Any])
        #expect(object["kind"] as? String == "savepoint")
        let configuration = try #require(object["configuration"] as? [[String: String]])
        #expect(configuration[1]["value"] == Self.manifest.description.configuration[1].value)
    }

    @Test("has the CRC-32 that everybody has")
    func checksum() {
        #expect(Checksum.of("123456789".utf8) == 0xCBF4_3926)
        #expect(Checksum.of([]) == 0)
        var (first, second) = (Checksum(), Checksum())
        Array("1234".utf8).withUnsafeBytes { first.add($0) }
        Array("56789".utf8).withUnsafeBytes { second.add($0) }
        first.add(second, byteCount: 5)
        #expect(first.value == 0xCBF4_3926)
        // Bit by bit, as it is defined, however many bytes come at a time.
        var random = SeededRandom(seed: 32)
        for length in Array(0...300) + [4096, 5000] {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            var register = UInt32.max
            for byte in bytes {
                register ^= UInt32(byte)
                for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 0 ? 0 : 0xEDB8_8320) }
            }
            #expect(Checksum.of(bytes) == ~register, "\(length) bytes")
            var pieces = Checksum()
            let middle = Int.random(in: 0...length, using: &random)
            for piece in [bytes[..<middle], bytes[middle...]] { piece.withUnsafeBytes { pieces.add($0) } }
            #expect(pieces.value == ~register, "\(length) bytes, \(middle) first")
        }
    }

    /// The text of the manifest with something replaced, and the right checksum.
    private func changed(
        _ old: String, _ new: String, in manifest: CheckpointManifest = Self.manifest
    ) -> [UInt8] {
        let text = String(decoding: manifest.bytes, as: UTF8.self)
        #expect(text.contains(old), "\(old)")
        let body = text.components(separatedBy: "\n  \"manifest_crc32\"")[0].replacingOccurrences(
            of: old, with: new)
        return Array((body + "\n  \"manifest_crc32\": \"\(Checksum.text(Checksum.of(body.utf8)))\"\n}\n").utf8)
    }

    static let changes: [(old: String, new: String, reason: String)] = [
        ("\"kind\": \"savepoint\"", "\"kind\": \"other\"", "an unknown kind"),
        ("\"sequence\": 7", "\"sequence\": -7", "'sequence' is no number of 64 bits without sign"),
        ("\"sequence\": 7", "\"sequence\": 07", "no number, at byte 132"),
        ("\"sequence\": 7", "\"sequence\": 7.0", "a number that is no integer, at byte 131"),
        ("\"sequence\": 7", "\"sequence\": 7e1", "a number that is no integer, at byte 131"),
        ("\"sequence\": 7", "\"sequence\": \"7\"", "'sequence' is no number of 64 bits without sign"),
        (
            "\"sequence\": 7", "\"sequence\": 18446744073709551616",
            "'sequence' is no number of 64 bits without sign"
        ),
        ("\"sequence\": 7", "\"sequence\": 7, \"sequence\": 7", "member 'sequence' stands twice, at byte 143"),
        ("\"sequence\": 7", "\"sequence\": 7, \"other\": null", "unknown member 'other'"),
        ("  \"sequence\": 7,\n", "", "'sequence' is missing"),
        ("\"format_version\": 2", "\"format_version\": 0", "format version 0"),
        ("\"format_version\": 2", "\"format_version\": 1", "'content_crc32' is missing"),
        ("checkpoint-000000000006", "checkpoint-000000000007", "it builds on what cannot be older"),
        ("checkpoint-000000000006", "savepoint-000000000006", "it builds on what cannot be older"),
        ("checkpoint-000000000006", "../6", "it builds on what cannot be older"),
        (
            "{\n    \"name\": \"checkpoint-000000000006\",\n    \"manifest_crc32\": \"0000ba5e\"\n  }", "null",
            "changes of no checkpoint"
        ),
        ("\"0000ba5e\"", "\"ba5e\"", "'manifest_crc32' is no checksum"),
        ("\"changes\": true", "\"changes\": 1", "'changes' is no truth value"),
        ("tidemark-checkpoint", "tidemark-something", "another format"),
        ("\"flows.lz4\"", "\"../flows.lz4\"", "a part has a name that is none"),
        ("\"name\": \"flows\", ", "\"name\": \"../x\", ", "a part has a name that is none"),
        ("4294967295", "4294967296", "the state version is too large"),
        (
            "{\"name\": \"-\", \"position\": 0, \"packets\": 1, \"file\": null}", "7",
            "no object where one with 'name' should be"
        ),
        ("\"figures\": [", "\"figures\": [[[[[[[[[[", "nested too deeply, at byte"),
        ("✓", "\u{0}", "a control character in a text, at byte"),
        ("✓", "\\ud800", "half a character, at byte"),
        ("✓", "\\x", "an unknown escape, at byte"),
        ("\"parts\": [", "\"parts\": [1, ", "no object where one with 'name' should be"),
    ]

    @Test("that is not one is refused, with its reason", arguments: changes)
    func refused(old: String, new: String, reason: String) throws {
        try expectRefusal(changed(old, new), reason)
    }

    static let changesOfFirst: [(old: String, new: String, reason: String)] = [
        ("\"format_version\": 1", "\"format_version\": 0", "format version 0"),
        ("\"deadbeef\"", "\"DEADBEEF\"", "'content_crc32' is no checksum"),
        ("\"deadbeef\"", "\"+eadbeef\"", "'content_crc32' is no checksum"),
        ("\"deadbeef\"", "\"deadbeef\", \"changes\": true", "unknown member 'changes'"),
    ]

    @Test("of the first version that is not one is refused, with its reason", arguments: changesOfFirst)
    func refusedFirst(old: String, new: String, reason: String) throws {
        try expectRefusal(changed(old, new, in: Self.first), reason)
    }

    private func expectRefusal(_ bytes: [UInt8], _ reason: String) throws {
        let error = try #require(throws: CheckpointError.self) {
            _ = try CheckpointManifest(bytes, checkpoint: "c")
        }
        guard case .damaged("c", "manifest.json", let found) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(
            reason.contains("at byte")
                ? found.hasPrefix(reason.prefix { !$0.isNumber || reason.hasSuffix("byte") }) : found == reason,
            "\(found)")
    }

    @Test("may have escapes that this program does not write")
    func escapes() throws {
        let manifest = try CheckpointManifest(changed("✓", "\\ud83c\\udf0a\\/\\b\\f\\n\\r\\t"), checkpoint: "c")
        #expect(manifest.description.configuration[1].value.hasSuffix(" 🌊/\u{8}\u{C}\n\r\t"))
    }

    @Test("changed anywhere, with its checksum made right, is refused or read, and never crashes", arguments: 0..<4)
    func hostile(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let tailCount = "\n  \"manifest_crc32\": \"00000000\"\n}\n".utf8.count
        let whole = Array((seed % 2 == 0 ? Self.manifest : Self.first).bytes.dropLast(tailCount))
        for _ in 0..<2000 {
            var body = whole
            for _ in 0..<random.pick(1...3) {
                let place = random.pick(Array(body.indices))
                switch random.pick(0...2) {
                case 0: body[place] = random.pick(Array("{}[]\",:\\u0-9 \n".utf8))
                case 1: body[place] = random.pick(0...255 as ClosedRange<UInt8>)
                default: body.removeSubrange(place..<min(body.count, place + random.pick(1...40)))
                }
            }
            let tail = "\n  \"manifest_crc32\": \"\(Checksum.text(Checksum.of(body)))\"\n}\n"
            guard let read = try? CheckpointManifest(body + tail.utf8, checkpoint: "c") else { continue }
            #expect((try? CheckpointManifest(read.bytes, checkpoint: "c")) == read, "seed \(seed)")
        }
    }
}
