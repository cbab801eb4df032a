import CheckpointStore
import EventTime
import HostStatistics
import Synchronization

/// Decides when a checkpoint is due, and writes what the barriers have collected, on a thread of its own.
///
/// One checkpoint is on its way at a time: one that comes due meanwhile is skipped. A failure to write is reported
/// and changes nothing else: the run goes on, and the checkpoint before stays.
final class Checkpointer: @unchecked Sendable {
    private let directory: CheckpointDirectory
    private let mailbox: SavepointMailbox?
    private let options: CheckpointOptions
    private let description: CheckpointDescription
    private let report: @Sendable (String) -> Void

    /// What the thread that writes is to do next.
    private enum Work: Sendable {
        case copy(FrozenReplay)
        case write(FrozenReplay)
        case end
    }

    private let queue = BoundedQueue<Work>(capacity: 2)
    private var thread: WorkerThread?
    private let isBusy = Atomic<Bool>(false)
    private let completed = Atomic<Int>(0)

    private let shared = Mutex(Shared())
    private struct Shared {
        var statistics = CheckpointStatistics()
        /// Told already.
        var latestFailure: String?
        /// The latest checkpoint could not be written.
        var isBroken = false
        /// Older checkpoints are of another run.
        var dropsOlder = false
        var chain = CheckpointChain()
    }

    // Of the reading thread alone.
    private lazy var barrier = FrozenReplay(
        freezingStep: options.freezingStep,
        startCopying: { [queue, options] image in
            guard options.copiesBeside else { return }
            image.isCopiedBeside = true
            queue.push(.copy(image))
        },
        whenComplete: { [queue] in queue.push(.write($0)) })
    private var nextTime: Int64
    private var nextLook: Int64 = 0
    private var nextPackets: UInt64
    private var wasSkipped = false

    /// `mailbox`: where savepoints are asked for; `nil` where nobody can. `dropsOlder`: what is in the directory is
    /// of another run, and goes once the first checkpoint is complete.
    init(
        _ directory: CheckpointDirectory, mailbox: SavepointMailbox?, options: CheckpointOptions,
        description: CheckpointDescription, dropsOlder: Bool, packets: UInt64,
        report: @escaping @Sendable (String) -> Void
    ) throws(WorkerThread.CannotStart) {
        self.directory = directory
        self.mailbox = mailbox
        self.options = options
        self.description = description
        self.report = report
        // Until there is one, a run that was started anew cannot be gone on with.
        nextTime = MonotonicClock.now().saturatingAdd(dropsOlder ? 0 : options.interval)
        nextPackets = packets + (options.everyPackets ?? 0)
        shared.withLock { $0.dropsOlder = dropsOlder }
        let work = Unmanaged.passUnretained(self)
        thread = try WorkerThread { work.takeUnretainedValue().work() }
    }

    /// What it has cost so far.
    var statistics: CheckpointStatistics {
        get { shared.withLock { $0.statistics } }
        set { shared.withLock { $0.statistics = newValue } }
    }

    // MARK: The reading thread

    /// How many packets may be read before a checkpoint is due by their number.
    func packetsLeft(after packets: UInt64) -> UInt64 {
        options.everyPackets == nil ? .max : max(1, nextPackets - min(nextPackets, packets))
    }

    /// A barrier to be sent now, after so many packets; `nil` where none is due, or one is still on its way. `settle`
    /// lets the barrier before come to its end without further packets.
    func due(after packets: UInt64, settle: () -> Void) -> FrozenReplay? {
        if let every = options.everyPackets {
            guard packets >= nextPackets else { return nil }
            nextPackets = packets + every
            waitUntilFree(settle)
            return begin(.checkpoint, request: nil)
        }
        let now = MonotonicClock.now()
        let isFree = !isBusy.load(ordering: .acquiring)
        if isFree, now >= nextLook {
            // Whoever asks for a savepoint waits a moment; asking the file system for each batch would cost more.
            nextLook = now + 50_000_000
            if let request = mailbox?.pendingRequest() { return begin(.savepoint, request: request) }
        }
        guard now >= nextTime else { return nil }
        guard isFree else {
            if !wasSkipped { shared.withLock { $0.statistics.skipped += 1 } }
            wasSkipped = true
            return nil
        }
        wasSkipped = false
        nextTime = now.saturatingAdd(options.interval)
        return begin(.checkpoint, request: nil)
    }

    /// Makes a checkpoint due now, where they are due by the clock.
    func hasten() { nextTime = MonotonicClock.now() }

    /// A barrier in any case, once the one before is done with.
    func last(settle: () -> Void) -> FrozenReplay {
        waitUntilFree(settle)
        return begin(.checkpoint, request: mailbox?.pendingRequest())
    }

    private func waitUntilFree(_ settle: () -> Void) {
        settle()
        while isBusy.load(ordering: .acquiring) { MonotonicClock.sleep(100_000) }
    }

    private func begin(_ kind: CheckpointKind, request: SavepointRequest?) -> FrozenReplay {
        isBusy.store(true, ordering: .releasing)
        let kind = request == nil ? kind : .savepoint
        let asChanges = shared.withLock { $0.chain.comparesNext(kind) }
        barrier.begin(kind, request: request, asChanges: asChanges)
        return barrier
    }

    /// For tests: whether the run is to end here as if it had been killed.
    var mustDie: Bool { options.diesAfter.map { completed.load(ordering: .acquiring) >= $0 } ?? false }

    /// Waits until everything is written, and ends the thread.
    func finish() {
        guard let thread else { return }
        queue.push(.end)
        thread.join()
        self.thread = nil
    }

    // MARK: The thread that writes

    private func work() {
        // Whoever analyses packets comes first.
        ThreadPriority.lower()
        while true {
            switch queue.pop() {
            case .copy(let image):
                let began = MonotonicClock.now()
                image.analysis.copyBeside()
                image.copying = MonotonicClock.now() - began
                image.isCopiedBeside = false
            case .write(let image):
                write(image)
                // Here, and not where packets wait for it.
                if !image.run.isFinished { image.prepare() }
                completed.add(1, ordering: .releasing)
                isBusy.store(false, ordering: .releasing)
            case .end: return
            }
        }
    }

    private func write(_ image: FrozenReplay) {
        do {
            guard let commit = image.commit else { throw OutputsFailed() }
            // Rows first: a checkpoint never promises rows that a crash of the machine takes.
            try image.files?.synchronise()
            image.files = nil
            let writer = try directory.begin(image.kind)
            let base = try encode(image, to: writer) ? shared.withLock { $0.chain.base } : nil
            var description = description
            image.describe(commit, in: &description)
            let stored = try writer.commit(description, base: base)
            shared.withLock { $0.chain.add(stored) }
            note(image, stored.manifest)
            answer(image, .written(stored.folder))
        } catch {
            fail(error)
            answer(image, .failed("\(error)"))
            return
        }
        do throws(CheckpointError) {
            try removeOlder()
        } catch {
            // This checkpoint is there, and whoever asked for it has been told so.
            tell("older checkpoints cannot be removed", error)
        }
    }

    private struct OutputsFailed: Error, CustomStringConvertible {
        var description: String { "the outputs cannot be written" }
    }

    /// Returns whether what was written builds on the checkpoint before.
    private func encode(_ image: FrozenReplay, to writer: CheckpointWriter) throws(CheckpointError) -> Bool {
        let isFinished = image.run.isFinished
        let changes = isFinished ? [] : image.analysis.changes
        for part in ReplayPart.all(isFinished: isFinished) {
            try writer.writePart(
                part.name, version: ReplayPart.stateVersion, isChanges: part.isAmong(changes)
            ) { part.encode(image, into: &$0) }
        }
        return !changes.isEmpty
    }

    private func removeOlder() throws(CheckpointError) {
        let dropsOlder = shared.withLock { $0.dropsOlder }
        try directory.retain(dropsOlder ? 1 : options.retained)
        shared.withLock {
            $0.dropsOlder = false
            $0.latestFailure = nil
        }
    }

    private func note(_ image: FrozenReplay, _ manifest: CheckpointManifest) {
        let wasBroken = shared.withLock { shared in
            shared.statistics.written += 1
            shared.statistics.pauses.insert(Double(image.pause))
            shared.statistics.copying.insert(Double(image.copying))
            shared.statistics.writing.insert(Double(MonotonicClock.now() - image.started))
            if manifest.contentByteCount > shared.statistics.contentByteCount {
                shared.statistics.contentByteCount = manifest.contentByteCount
                shared.statistics.byteCount = manifest.byteCount
            }
            defer { shared.isBroken = false }
            return shared.isBroken
        }
        if wasBroken { report("tidemark: checkpoints can be written again\n") }
    }

    private func fail(_ error: any Error) {
        shared.withLock {
            $0.statistics.failed += 1
            $0.isBroken = true
            $0.chain.breakOff()
        }
        tell("checkpoint not written", error)
    }

    /// Tells a failure, and the same one once: the number of the checkpoint it befell makes it no other.
    private func tell(_ what: String, _ error: any Error) {
        let reason: String
        if case .system(let operation, _, let code) = error as? CheckpointError {
            reason = "\(what): \(operation.rawValue): \(code)"
        } else {
            reason = "\(what): \(error)"
        }
        let isNews = shared.withLock { shared in
            defer { shared.latestFailure = reason }
            return shared.latestFailure != reason
        }
        if isNews { report("tidemark: \(what): \(error)\n") }
    }

    private func answer(_ image: FrozenReplay, _ answer: SavepointMailbox.Answer) {
        guard let request = image.request else { return }
        do {
            try mailbox?.answer(request, answer)
        } catch {
            report("tidemark: cannot answer who asked for a savepoint: \(error)\n")
        }
    }
}
