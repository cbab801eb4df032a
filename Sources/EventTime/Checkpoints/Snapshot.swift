/// A consistent image of a running pipeline: the sources' positions and the operators' state where a barrier passed
/// them, and what the sinks had pre-committed.
public struct Snapshot: Sendable, Equatable {
    /// State of one node, or of one worker's share of it.
    public struct Part: Sendable, Equatable {
        public var name: String
        public var bytes: [UInt8]

        public init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// Its number: rising within a pipeline's life.
    public var checkpoint: UInt64
    /// Names are unique, made of ASCII letters, digits, `-` and `/`.
    public var parts: [Part]

    public init(checkpoint: UInt64, parts: [Part] = []) {
        self.checkpoint = checkpoint
        self.parts = parts
    }
}

/// Where snapshots are kept.
public protocol SnapshotStore {
    /// Keeps the snapshot; when this returns, it survives whatever comes. Throws where it could not be kept.
    mutating func save(_ snapshot: Snapshot) throws
    /// The newest snapshot that is whole; `nil` where there is none.
    func newest() throws -> Snapshot?
}

/// Keeps snapshots in memory: for tests, and for restarts within a process.
public struct MemorySnapshotStore: SnapshotStore, Sendable {
    /// From the oldest to the newest.
    public private(set) var snapshots: [Snapshot] = []

    public init() {}

    public mutating func save(_ snapshot: Snapshot) { snapshots.append(snapshot) }
    public func newest() -> Snapshot? { snapshots.last }
}
