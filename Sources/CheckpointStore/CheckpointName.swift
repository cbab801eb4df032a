/// A checkpoint's folder: `checkpoint-000000000042`, `savepoint-000000000043`. Both kinds count together.
public struct CheckpointName: Hashable, Sendable {
    public let kind: CheckpointKind
    public let sequence: UInt64

    public var folder: String { "\(kind.rawValue)-\(Self.digits(sequence))" }

    init(kind: CheckpointKind, sequence: UInt64) {
        self.kind = kind
        self.sequence = sequence
    }

    /// `nil` where a name is not exactly a checkpoint's.
    init?(_ folder: String) {
        let words = folder.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count == 2, let kind = CheckpointKind(rawValue: String(words[0])),
            let sequence = UInt64(words[1]), words[1] == Self.digits(sequence)
        else { return nil }
        self.init(kind: kind, sequence: sequence)
    }

    /// At least twelve digits, so that names sort as numbers do.
    private static func digits(_ sequence: UInt64) -> String {
        let digits = String(sequence)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }
}

/// A folder that is no checkpoint, or none any more: what a crash may leave behind.
enum TemporaryName {
    static func writing(_ sequence: UInt64) -> String { "writing-\(sequence)" }
    static func removing(_ folder: String) -> String { "removing-\(folder)" }

    static func isOne(_ name: String) -> Bool { name.hasPrefix("writing-") || name.hasPrefix("removing-") }
}
