import CheckpointStore
import EventTime
import HostStatistics

extension StoredCheckpoint {
    /// Decodes a part, which stands for itself, to its end. Throws ``CheckpointError`` and ``StateError``.
    func read<Value>(
        _ part: ReplayPart, _ body: (inout StateDecoder) throws(StateError) -> Value
    ) throws -> Value {
        guard let stored = manifest.part(part.name) else {
            throw CheckpointError.noPart(checkpoint: path, part: part.name)
        }
        guard stored.stateVersion <= ReplayPart.stateVersion else {
            throw CheckpointError.laterFormat(checkpoint: path, version: UInt64(stored.stateVersion))
        }
        // The first form knew no records.
        var state = try decoder(of: part.name, hasRecords: stored.stateVersion >= 2)
        let value = try body(&state)
        try state.finish()
        return value
    }

    /// Decodes a part of an analysis after those that it builds on.
    func readChain(_ part: FrozenAnalysis.Part, into analysis: RestoredAnalysis) throws {
        for checkpoint in try chain(of: part.name) {
            try checkpoint.read(.analysis(part)) { state throws(StateError) in
                try analysis.read(part, from: &state)
            }
        }
    }
}

extension FrozenAnalysis.Part {
    var isFlows: Bool { if case .flows = self { true } else { false } }
}
