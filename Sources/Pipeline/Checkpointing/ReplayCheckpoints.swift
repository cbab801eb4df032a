import Capture
import CheckpointStore
import EventTime
import Reports

/// The directory of checkpoints that a replay holds, and what it goes on from.
final class ReplayCheckpoints {
    private let directory: CheckpointDirectory
    private let mailbox: SavepointMailbox?
    private let options: CheckpointOptions
    private let description: CheckpointDescription
    /// `nil` where the run begins anew.
    let restored: RestoredReplay?
    /// What restoring took, ns.
    private let restoring: Int64?

    /// Takes the directory for this process, and looks for what to go on from. Nothing else is touched.
    ///
    /// Throws ``CheckpointError`` and ``CheckpointMismatch``.
    convenience init(
        _ options: CheckpointOptions, for configuration: ReplayConfiguration, captures: [CaptureInput],
        names: [String], report: (String) -> Void
    ) throws {
        try self.init(
            options, for: configuration, settings: configuration.settings,
            inputs: zip(captures, names).map(Self.identity), report: report)
    }

    /// `settings` are all that results depend on.
    init(
        _ options: CheckpointOptions, for configuration: ReplayConfiguration, settings: [NamedText],
        inputs: [InputIdentity], report: (String) -> Void
    ) throws {
        self.options = options
        if let storage = options.storage {
            directory = try CheckpointDirectory(storage)
            mailbox = nil
        } else {
            directory = try CheckpointDirectory(options.directory)
            mailbox = SavepointMailbox(options.directory)
        }
        let began = MonotonicClock.now()
        restored =
            options.startsFresh
            ? nil
            : try RestoredReplay.newest(
                in: directory, for: configuration, settings: settings, inputs: inputs, report: report)
        restoring = restored == nil ? nil : MonotonicClock.now() - began
        var description = CheckpointDescription(
            tidemarkVersion: options.programVersion, configuration: settings)
        description.inputs = inputs.map { InputPosition($0, position: 0, packets: 0) }
        self.description = description
    }

    private static func identity(_ capture: CaptureInput, name: String) -> InputIdentity {
        // Whatever cannot be looked at is told when it is to be read.
        guard case .path(let path) = capture else { return InputIdentity(name: name) }
        do throws(CheckpointError) {
            return try InputIdentity(path: path)
        } catch {
            return InputIdentity(name: name)
        }
    }

    /// Starts the thread that writes.
    func start(report: @escaping @Sendable (String) -> Void) throws(WorkerThread.CannotStart) -> Checkpointer {
        let checkpointer = try Checkpointer(
            directory, mailbox: mailbox, options: options, description: description,
            dropsOlder: options.startsFresh, packets: restored?.run.progress.progress.packetsPassed ?? 0,
            report: report)
        checkpointer.statistics.restoring = restoring
        return checkpointer
    }

    /// What a person is to know of going on from here.
    func notes(canBeReadAgain: [Bool]) -> [String] {
        guard let restored else { return [] }
        let packets = restored.run.summary.packetsRead
        if restored.run.isFinished {
            return [
                """
                the run is finished, as \(restored.checkpoint.path) says, and its outputs are as it left them; \
                --fresh starts it anew
                """
            ]
        }
        var notes = ["goes on from \(restored.checkpoint.path), after \(packets) packets"]
        for (index, name) in restored.run.progress.names.enumerated()
        where !canBeReadAgain[index] && restored.run.progress.progress.sources[index].due != nil {
            let read = restored.run.progress.progress.sources[index].position.packets
            notes.append(
                """
                \(name) cannot be read again: its first \(read) packets are in the state, what followed them until \
                the run ended is lost, and what comes now is taken for its continuation
                """)
        }
        for file in restored.commit.files where !file.canBeCutBack {
            notes.append("\(file.name) cannot be cut back: rows may stand there twice")
        }
        return notes
    }
}
