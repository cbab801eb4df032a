/// What a checkpoint is: why it was taken.
public enum CheckpointKind: String, Sendable, CaseIterable {
    /// Taken by itself; removed when newer ones are there.
    case checkpoint
    /// Asked for by a person; kept until a person removes it.
    case savepoint
}

/// What the job says of a checkpoint it takes: everything in a manifest that the store does not know by itself.
public struct CheckpointDescription: Equatable, Sendable {
    /// Version of the program, for people: it does not decide what can be restored.
    public var tidemarkVersion: String
    /// The command's configuration as far as results depend on it, in the command's order. A name may stand there
    /// several times, as options may.
    public var configuration: [NamedText]
    public var inputs: [InputPosition] = []
    /// Event time, in nanoseconds since the Unix epoch; `nil` before the first packet and where there is none.
    public var watermark: Int64?
    /// What is inside, for people and monitoring: packets read, flows, hosts, windows, …
    public var figures: [NamedFigure] = []
    public var sinks: [SinkPosition] = []

    public init(tidemarkVersion: String, configuration: [NamedText] = []) {
        self.tidemarkVersion = tidemarkVersion
        self.configuration = configuration
    }
}

public struct NamedText: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

public struct NamedFigure: Hashable, Sendable {
    public var name: String
    public var value: UInt64

    public init(_ name: String, _ value: UInt64) {
        self.name = name
        self.value = value
    }
}

/// How far an input had been read.
public struct InputPosition: Hashable, Sendable {
    public var identity: InputIdentity
    /// Where to go on, in bytes of the capture (decompressed, where it is compressed).
    public var position: UInt64
    /// Packets that had been read from it.
    public var packets: UInt64

    public init(_ identity: InputIdentity, position: UInt64, packets: UInt64) {
        self.identity = identity
        self.position = position
        self.packets = packets
    }
}

/// What a sink had committed: everything before the position belongs to the checkpoint, everything behind does not.
public struct SinkPosition: Hashable, Sendable {
    /// The output as the command names it.
    public var name: String
    public var position: UInt64
    /// What the position counts: `bytes` of a file, `commits` of a database.
    public var unit: String

    public init(_ name: String, position: UInt64, unit: String = "bytes") {
        self.name = name
        self.position = position
        self.unit = unit
    }
}

/// One piece of state: a file in the checkpoint.
public struct CheckpointPart: Hashable, Sendable {
    public let name: String
    /// Which form the state is in, as whoever wrote it counts.
    public let stateVersion: UInt32
    /// Only what has changed since the checkpoint that this one builds on, whose part of the same name comes first.
    public var isChanges = false
    public let contentByteCount: UInt64
    /// CRC-32 of the state itself; `nil` from version 2 of the format on, in which the frame's own checksum of it and
    /// that of the file must do.
    public let contentChecksum: UInt32?
    public let byteCount: UInt64
    /// CRC-32 of the file.
    public let checksum: UInt32

    /// The file's name.
    public var fileName: String { name + ".lz4" }

    /// Whether a part may have this name: 1 to 64 of `a-z`, `0-9` and `-`, so that it is a file's name everywhere.
    static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }
}

/// The checkpoint that another one builds on.
public struct CheckpointBase: Hashable, Sendable {
    /// Its folder.
    public var folder: String
    /// Its manifest's own CRC-32: a checkpoint of the same name that is another one will not do.
    public var manifestChecksum: UInt32
}

/// The contents of a checkpoint: `manifest.json`, described in `tidemark-checkpoint(5)`.
public struct CheckpointManifest: Equatable, Sendable {
    /// The newest version of the format that this program reads, and the one that it writes.
    public static let formatVersion: UInt64 = 2
    static let fileName = "manifest.json"

    public var formatVersion: UInt64 = Self.formatVersion
    public var kind: CheckpointKind
    /// Grows by at least one with each checkpoint of a directory.
    public var sequence: UInt64
    /// When it was taken, by the clock on the wall: nanoseconds since the Unix epoch.
    public var created: Int64
    public var description: CheckpointDescription
    /// `nil` where the checkpoint stands for itself.
    public var base: CheckpointBase?
    public var parts: [CheckpointPart]

    public func part(_ name: String) -> CheckpointPart? { parts.first { $0.name == name } }

    /// Bytes of state, and of the files they are compressed to.
    public var contentByteCount: UInt64 { parts.reduce(0) { $0 &+ $1.contentByteCount } }
    public var byteCount: UInt64 { parts.reduce(0) { $0 &+ $1.byteCount } }
}
