import Capture
import CheckpointStore
import EventTime
import HostStatistics
import Reports

// A live capture cannot be read again: what came between its last checkpoint and its restart is lost, and the windows
// say so.

extension LiveJob {
    /// Goes on where the checkpoint left off, and notes the gap since.
    func takeUp<Consumer: Analysis>(_ intake: inout PacketIntake<Consumer>) {
        guard let restored = checkpoints?.restored else { return }
        if let state = restored.intake { intake.takeUp(state) }
        guard let through = restored.run.capturedThrough else { return }
        // Packets wait in the rings since those were opened, however long restoring took.
        intake.note(CaptureLoss(start: through.saturatingAdd(1), end: capture.startedAt, isGap: true))
    }

    /// Lets a barrier go behind the packets so far, where one is due. `hasReadAll`: no packet was waiting.
    func saveState<Consumer: Analysis>(
        _ intake: inout PacketIntake<Consumer>, _ consumer: Consumer, hasReadAll: Bool
    ) {
        guard let checkpointer else { return }
        intake.continueFreezing()
        let due = checkpointer.due(after: intake.counts.packets) {
            intake.finishFreezing()
            consumer.settle()
        }
        if let due { send(due, &intake, consumer, hasReadAll: hasReadAll) }
        // Without packets nobody else drives the copying on.
        if hasReadAll {
            intake.finishFreezing()
            consumer.settle()
        }
    }

    private func send<Consumer: Analysis>(
        _ barrier: FrozenReplay, _ intake: inout PacketIntake<Consumer>, _ consumer: Consumer, hasReadAll: Bool
    ) {
        // Dropped packets that nobody has asked for yet would be forgotten with this process.
        countDrops(&intake)
        // Packets that the state has seen are in the recording too, whatever ends this process.
        recording?.flush()
        intake.pass(barrier)
        summarise(intake)
        barrier.run = runState(isFinished: false)
        barrier.run.watermark = intake.watermark
        // What came before the start was captured by nobody, or stands in the gap of this start.
        let quietThrough = hasReadAll ? capture.quietThrough ?? .min : .min
        barrier.run.capturedThrough = max(intake.newestTime, quietThrough, capture.startedAt)
        consumer.pass(barrier)
    }

    /// Whether the capture ended before it was done, at a signal or because it cannot go on, and can be started again.
    var canBeTakenUp: Bool {
        let isInterrupted = RunSignals.wantsStop || capture.failure != nil || recording?.error != nil
        return checkpointer != nil && isInterrupted && !output.hasFailed
    }

    /// Windows and flows stay open in a last checkpoint, for the next start.
    func leaveOpen<Consumer: Analysis>(_ intake: inout PacketIntake<Consumer>, _ consumer: Consumer) {
        guard let checkpointer else { return }
        intake.finishFreezing()
        send(checkpointer.last(settle: consumer.settle), &intake, consumer, hasReadAll: true)
        intake.finishFreezing()
        consumer.stop()
        summarise(intake)
        output.close()
    }

    /// The capture came to the end it was given: writes what stands at the end of the outputs, and a last checkpoint
    /// that says so.
    func finish(watermark: Nanoseconds?) {
        guard let checkpointer, !output.hasFailed else { return output.finish(summary: summary) }
        let barrier = checkpointer.last {}
        output.finish(summary: summary, into: barrier)
        barrier.run = runState(isFinished: true)
        barrier.run.watermark = watermark
        barrier.allPartsAreDone()
    }

    private func runState(isFinished: Bool) -> RunState {
        var state = RunState()
        state.isFinished = isFinished
        state.summary = summary
        state.problems = problems
        // Interfaces have no positions.
        state.progress.names = configuration.interfaces
        state.progress.progress.sources = configuration.interfaces.map { _ in
            .init(position: .init(packets: 0, offset: 0), due: .min, bytesRead: 0)
        }
        return state
    }
}

extension LiveConfiguration {
    /// All that results depend on, by the names of the command's options.
    var settings: [NamedText] {
        var settings = analysis.settings
        settings.append(NamedText("-s", "\(capture.snapshotLength)"))
        if let filter = capture.filter { settings.append(NamedText("--filter", filter)) }
        if let duration { settings.append(NamedText("--duration", "\(duration)ns")) }
        return settings
    }
}
