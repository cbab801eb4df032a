extension CheckpointManifest {
    /// A manifest of more bytes is none.
    static let largest: UInt64 = 16 << 20
    private static let format = "tidemark-checkpoint"

    /// The file's bytes: UTF-8, the members in a fixed order, and at the end the CRC-32 of all that stands before the
    /// line break in front of it.
    public var bytes: [UInt8] {
        let body = body
        return body + Self.tail(of: body)
    }

    /// The CRC-32 that ``bytes`` end with.
    var checksum: UInt32 { Checksum.of(body) }

    /// What the checksum covers: the object without the closing "\n}".
    private var body: [UInt8] { Array(json.text().utf8.dropLast(2)) + Array(",".utf8) }

    /// The manifest as JSON for other programs, with the place and the sums of the parts' sizes, without a checksum.
    public func json(path: String) -> String {
        guard case .object(let members) = json else { return "" }
        let added: [JSONValue.Member] = [
            JSONValue.Member(name: "path", value: .string(path)),
            JSONValue.Member(name: "content_byte_count", value: .integer(Int128(contentByteCount))),
            JSONValue.Member(name: "byte_count", value: .integer(Int128(byteCount))),
        ]
        return JSONValue.object(added + members).text() + "\n"
    }

    private static func tail(of body: some Collection<UInt8>) -> [UInt8] {
        Array("\n  \"manifest_crc32\": \"\(Checksum.text(Checksum.of(body)))\"\n}\n".utf8)
    }

    private var json: JSONValue {
        .object(head + (formatVersion >= 2 ? [JSONValue.Member(name: "base", value: Self.json(base))] : []) + rest)
    }

    private var head: [JSONValue.Member] {
        JSONValue.Member.list([
            "format": .string(Self.format),
            "format_version": .integer(Int128(formatVersion)),
            "tidemark_version": .string(description.tidemarkVersion),
            "kind": .string(kind.rawValue),
            "sequence": .integer(Int128(sequence)),
            "created_ns": .integer(Int128(created)),
        ])
    }

    private var rest: [JSONValue.Member] {
        JSONValue.Member.list([
            "configuration": .array(
                description.configuration.map { .members(["name": .string($0.name), "value": .string($0.value)]) }),
            "inputs": .array(description.inputs.map(Self.json)),
            "watermark_ns": description.watermark.map { .integer(Int128($0)) } ?? .null,
            "figures": .array(
                description.figures.map {
                    .members(["name": .string($0.name), "value": .integer(Int128($0.value))])
                }),
            "sinks": .array(
                description.sinks.map {
                    .members([
                        "name": .string($0.name), "position": .integer(Int128($0.position)),
                        "unit": .string($0.unit),
                    ])
                }),
            "parts": .array(parts.map { json($0) }),
        ])
    }

    private static func json(_ base: CheckpointBase?) -> JSONValue {
        base.map {
            .members([
                "name": .string($0.folder), "manifest_crc32": .string(Checksum.text($0.manifestChecksum)),
            ])
        } ?? .null
    }

    private static func json(_ input: InputPosition) -> JSONValue {
        let file: JSONValue =
            input.identity.file.map {
                .members([
                    "byte_count": .integer(Int128($0.byteCount)), "modified_ns": .integer(Int128($0.modified)),
                    "device": .integer(Int128($0.device)), "inode": .integer(Int128($0.inode)),
                    "start_byte_count": .integer(Int128($0.startByteCount)),
                    "start_crc32": .string(Checksum.text($0.startChecksum)),
                ])
            } ?? .null
        return .members([
            "name": .string(input.identity.name), "position": .integer(Int128(input.position)),
            "packets": .integer(Int128(input.packets)), "file": file,
        ])
    }

    private func json(_ part: CheckpointPart) -> JSONValue {
        var members = JSONValue.Member.list([
            "name": .string(part.name), "state_version": .integer(Int128(part.stateVersion)),
            "file": .string(part.fileName), "byte_count": .integer(Int128(part.byteCount)),
            "crc32": .string(Checksum.text(part.checksum)),
            "content_byte_count": .integer(Int128(part.contentByteCount)),
        ])
        if let checksum = part.contentChecksum {
            members.append(JSONValue.Member(name: "content_crc32", value: .string(Checksum.text(checksum))))
        }
        if formatVersion >= 2 {
            members.append(JSONValue.Member(name: "changes", value: .boolean(part.isChanges)))
        }
        return .object(members)
    }

    /// Reads a manifest that may be anything. Throws ``CheckpointError/damaged(checkpoint:part:reason:)`` or
    /// ``CheckpointError/laterFormat(checkpoint:version:)``; `checkpoint` is named in them.
    public init(_ bytes: [UInt8], checkpoint: String) throws(CheckpointError) {
        do {
            guard bytes.count <= Self.largest else { throw ManifestProblem("too long") }
            let tailCount = Self.tail(of: []).count
            guard bytes.count > tailCount else { throw ManifestProblem("too short") }
            guard bytes.suffix(tailCount).elementsEqual(Self.tail(of: bytes.dropLast(tailCount))) else {
                throw ManifestProblem("its CRC-32 does not match")
            }
            var object = JSONMembers(try JSONParser.value(of: bytes))
            guard try object.string("format") == Self.format else { throw ManifestProblem("another format") }
            let version = try object.natural("format_version")
            guard version <= Self.formatVersion else {
                throw CheckpointError.laterFormat(checkpoint: checkpoint, version: version)
            }
            try self.init(version: version, &object)
        } catch let error as CheckpointError {
            throw error
        } catch let error as JSONParser.Failure {
            throw .damaged(
                checkpoint: checkpoint, part: Self.fileName, reason: "\(error.reason), at byte \(error.offset)")
        } catch {
            throw .damaged(checkpoint: checkpoint, part: Self.fileName, reason: "\(error)")
        }
    }

    private init(version: UInt64, _ object: inout JSONMembers) throws {
        guard version >= 1 else { throw ManifestProblem("format version 0") }
        var description = CheckpointDescription(tidemarkVersion: try object.string("tidemark_version"))
        guard let kind = CheckpointKind(rawValue: try object.string("kind")) else {
            throw ManifestProblem("an unknown kind")
        }
        self.kind = kind
        formatVersion = version
        sequence = try object.natural("sequence")
        created = try object.integer("created_ns")
        description.configuration = try object.each("configuration") {
            NamedText(try $0.string("name"), try $0.string("value"))
        }
        description.inputs = try object.each("inputs") { try Self.input(&$0) }
        description.watermark = try object.isNull("watermark_ns") ? nil : object.integer("watermark_ns")
        description.figures = try object.each("figures") {
            NamedFigure(try $0.string("name"), try $0.natural("value"))
        }
        description.sinks = try object.each("sinks") {
            SinkPosition(
                try $0.string("name"), position: try $0.natural("position"), unit: try $0.string("unit"))
        }
        base = try version == 1 || object.isNull("base") ? nil : object.object("base") { try Self.base(&$0) }
        parts = try object.each("parts") { try Self.part(version, &$0) }
        self.description = description
        try object.string("manifest_crc32").isEmpty ? () : object.finish()
        guard Set(parts.map(\.name)).count == parts.count else { throw ManifestProblem("a part stands twice") }
        guard base != nil || !parts.contains(where: \.isChanges) else {
            throw ManifestProblem("changes of no checkpoint")
        }
        // Each builds on an older one: so that no way leads in a circle.
        guard let base else { return }
        guard let name = CheckpointName(base.folder), name.kind == .checkpoint, name.sequence < sequence else {
            throw ManifestProblem("it builds on what cannot be older")
        }
    }

    private static func base(_ object: inout JSONMembers) throws -> CheckpointBase {
        CheckpointBase(
            folder: try object.string("name"), manifestChecksum: try object.checksum("manifest_crc32"))
    }

    private static func input(_ object: inout JSONMembers) throws -> InputPosition {
        let name = try object.string("name")
        let (position, packets) = (try object.natural("position"), try object.natural("packets"))
        let file: InputIdentity.File? =
            try object.isNull("file")
            ? nil
            : object.object("file") { file in
                InputIdentity.File(
                    byteCount: try file.natural("byte_count"), modified: try file.integer("modified_ns"),
                    device: try file.natural("device"), inode: try file.natural("inode"),
                    startByteCount: try file.natural("start_byte_count"),
                    startChecksum: try file.checksum("start_crc32"))
            }
        return InputPosition(InputIdentity(name: name, file: file), position: position, packets: packets)
    }

    private static func part(_ formatVersion: UInt64, _ object: inout JSONMembers) throws -> CheckpointPart {
        let name = try object.string("name")
        guard CheckpointPart.isName(name), try object.string("file") == name + ".lz4" else {
            throw ManifestProblem("a part has a name that is none")
        }
        guard let version = UInt32(exactly: try object.natural("state_version")) else {
            throw ManifestProblem("the state version is too large")
        }
        let (byteCount, checksum) = (try object.natural("byte_count"), try object.checksum("crc32"))
        return CheckpointPart(
            name: name, stateVersion: version,
            isChanges: try formatVersion >= 2 && object.boolean("changes"),
            contentByteCount: try object.natural("content_byte_count"),
            contentChecksum: try formatVersion >= 2 ? nil : object.checksum("content_crc32"), byteCount: byteCount,
            checksum: checksum)
    }
}
