import CheckpointStore
import EventTime

/// Checkpoints as the tests write them.
enum Example {
    static let numbers: [UInt32] = (0..<40).map { $0 * $0 }

    static func description(_ watermark: Int64? = 5) -> CheckpointDescription {
        var description = CheckpointDescription(
            tidemarkVersion: "0.1.0", configuration: [NamedText("--window", "10s"), NamedText("--filter", "")])
        description.watermark = watermark
        description.figures = [NamedFigure("packets", 29), NamedFigure("flows", 3)]
        description.sinks = [SinkPosition("hosts:hosts.csv", position: 1234)]
        return description
    }

    /// A checkpoint of two parts, one of them empty, whose watermark is its sequence number.
    @discardableResult
    static func write(
        to directory: CheckpointDirectory, _ kind: CheckpointKind = .checkpoint
    ) throws(CheckpointError) -> StoredCheckpoint {
        let writer = try directory.begin(kind)
        let sequence = writer.name.sequence
        try writer.writePart("numbers", version: 3) { state in
            state.encode(sequence)
            numbers.encode(into: &state)
        }
        try writer.writePart("nothing", version: 1) { _ in }
        return try writer.commit(description(Int64(sequence)))
    }

    /// Decodes everything that ``write(to:_:)`` wrote; true where it is what was written.
    static func isWhole(_ checkpoint: StoredCheckpoint) throws -> Bool {
        var state = try checkpoint.decoder(of: "numbers")
        let sequence: UInt64 = try state.decode()
        let numbers = try [UInt32](from: &state)
        try state.finish()
        var nothing = try checkpoint.decoder(of: "nothing")
        try nothing.finish()
        return sequence == checkpoint.manifest.sequence && numbers == Self.numbers
            && checkpoint.manifest.description == description(Int64(sequence))
    }
}
