import Capture
import CheckpointStore
import EventTime
import HostStatistics
import Reports

/// A replay's state as a checkpoint has it, read and checked in whole.
struct RestoredReplay {
    let checkpoint: StoredCheckpoint
    let run: RunState
    let windows: UInt64
    let flows: UInt64
    let commit: ReportCommit
    let merger: WindowMerger?
    /// `nil` where the run was over.
    let analysis: AnalysisBox?
    let intake: RestoredIntake?

    /// Reads the newest checkpoint that is good; `nil` where there is none. Damaged ones are reported and passed over.
    ///
    /// Throws ``CheckpointMismatch`` where the newest one is of another command or of other inputs or outputs, and
    /// ``CheckpointError`` where there are checkpoints and none is good.
    static func newest(
        in directory: CheckpointDirectory, for configuration: ReplayConfiguration, settings: [NamedText],
        inputs: [InputIdentity], report: (String) -> Void
    ) throws -> RestoredReplay? {
        var first: CheckpointError?
        for name in try directory.catalog.checkpoints() {
            do {
                let checkpoint = try directory.catalog.open(name.folder)
                try check(
                    checkpoint,
                    ConfigurationComparison.differences(
                        stored: checkpoint.manifest.description, current: settings,
                        inputs: Self.identities(inputs, comparableWith: checkpoint)))
                let restored = try read(checkpoint, for: configuration)
                try check(checkpoint, restored.differences(inputs))
                return restored
            } catch let error as CheckpointError {
                if case .laterFormat = error { throw error }
                first = first ?? error
                report("tidemark: \(error): passed over\n")
            } catch let error as StateError {
                let damaged = CheckpointError.damaged(checkpoint: name.folder, part: nil, reason: "\(error)")
                first = first ?? damaged
                report("tidemark: \(damaged): passed over\n")
            }
        }
        if let first { throw first }
        return nil
    }

    /// Captures that were short when the checkpoint was taken are to begin as they did then.
    private static func identities(
        _ inputs: [InputIdentity], comparableWith checkpoint: StoredCheckpoint
    ) -> [InputIdentity] {
        let stored = checkpoint.manifest.description.inputs
        return inputs.enumerated().map { index, input in
            guard index < stored.count else { return input }
            do throws(CheckpointError) {
                return try input.comparable(with: stored[index].identity)
            } catch {
                // What cannot be read any more is no file to go on with.
                return InputIdentity(name: input.name)
            }
        }
    }

    /// Reads one checkpoint, whatever command it is of. Throws ``CheckpointError`` and ``StateError``.
    static func read(
        _ checkpoint: StoredCheckpoint, for configuration: ReplayConfiguration
    ) throws -> RestoredReplay { try RestoredReplay(checkpoint, configuration) }

    private static func check(_ checkpoint: StoredCheckpoint, _ differences: [String]) throws(CheckpointMismatch) {
        guard differences.isEmpty else {
            throw CheckpointMismatch(path: checkpoint.path, differences: differences)
        }
    }

    private init(
        _ checkpoint: StoredCheckpoint, _ replay: ReplayConfiguration
    ) throws {
        self.checkpoint = checkpoint
        let configuration = replay.analysis
        run = try checkpoint.read(.run) { state throws(StateError) in try RunState(from: &state) }
        let hasMerger = !run.isFinished
        (windows, flows, commit, merger) = try checkpoint.read(.reports) { state throws(StateError) in
            let (windows, flows) = (try state.decodeCounter(), try state.decodeCounter())
            guard let commit = try ReportCommit?(from: &state), try Bool(from: &state) == hasMerger else {
                throw state.invalid("reports of another kind of checkpoint")
            }
            return (
                windows, flows, commit, hasMerger ? try WindowMerger(configuration, from: &state) : nil
            )
        }
        guard !run.isFinished else {
            (analysis, intake) = (nil, nil)
            return
        }
        (analysis, intake) = try Self.readTables(of: checkpoint, replay)
    }

    /// The flows are about half of the state: the packets that wait and all other tables are read beside them.
    private static func readTables(
        of checkpoint: StoredCheckpoint, _ replay: ReplayConfiguration
    ) throws -> (AnalysisBox, RestoredIntake) {
        let box = AnalysisBox(HostAnalysis(replay.analysis, isAlone: replay.isAnalysedAlone))
        let restored = RestoredAnalysis(for: box.analysis)
        let isFirstForm = checkpoint.manifest.part(FrozenAnalysis.Part.rest.name) == nil
        let parts = FrozenAnalysis.parts(groupCount: ReplayPart.groupCount).filter { $0 != .rest }
        let beside = ReadingBeside {
            if !isFirstForm {
                for part in parts where !part.isFlows { try checkpoint.readChain(part, into: restored) }
            }
            return try checkpoint.read(.intake) { state throws(StateError) in
                try RestoredIntake(replay, from: &state)
            }
        }
        let tables = Result {
            for part in parts {
                if isFirstForm {
                    try checkpoint.read(.analysis(part)) { state throws(StateError) in
                        try restored.readFirstForm(part, &box.analysis, from: &state)
                    }
                } else if part.isFlows {
                    try checkpoint.readChain(part, into: restored)
                }
            }
        }
        let intake = Result { try beside.wait() }
        try tables.get()
        let read = try intake.get()
        if !isFirstForm {
            try checkpoint.read(.analysis(.rest)) { state throws(StateError) in
                try restored.finish(&box.analysis, rest: &state)
            }
        }
        return (box, read)
    }

    /// What the manifest does not tell: whether outputs are as they were left, and captures that were read to their
    /// end have not grown since.
    private func differences(_ inputs: [InputIdentity]) -> [String] {
        guard run.progress.names == inputs.map(\.name) else {
            return ["the inputs are not those whose positions it holds"]
        }
        let stored = checkpoint.manifest.description.inputs
        let grown = inputs.enumerated().compactMap { index, input -> String? in
            guard run.progress.progress.sources[index].due == nil, let size = input.file?.byteCount,
                let was = stored[index].identity.file?.byteCount,
                size > max(was, run.progress.progress.sources[index].bytesRead)
            else { return nil }
            return "\(input.name): has grown after its end was read"
        }
        return grown + commit.differences()
    }
}
