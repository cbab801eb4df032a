import Dashboard
import EventTime
import Pipeline
import Reports
import Synchronization

/// What goes on around a live capture: rights, the service manager, and on a terminal the screen.
final class LiveSession {
    private let sandbox: SandboxOptions
    private let notifier: ServiceNotifier?
    private let isQuiet: Bool
    private let isVerbose: Bool
    private let voice = LiveVoice()
    private var screen: LiveScreen? { voice.screen }

    /// Throws ``ServiceNotifier/CannotConnect``.
    init(sandbox: SandboxOptions, isQuiet: Bool, isVerbose: Bool) throws(ServiceNotifier.CannotConnect) {
        self.sandbox = sandbox
        self.isQuiet = isQuiet
        self.isVerbose = isVerbose
        notifier = try ServiceNotifier.fromEnvironment()
    }

    /// Captures to the end, with a screen where one is wanted.
    func run(_ configuration: LiveConfiguration, showsScreen: Bool) throws -> LiveJob.Outcome {
        defer { close() }
        var hooks = LiveHooks()
        hooks.afterCapturing = { [self] in try sandbox.becomeUser() }
        let voice = voice
        hooks.afterOpening = { [self] in
            if showsScreen {
                voice.show(try open(configuration))
            }
            for line in try sandbox.enter(for: configuration) where isVerbose { say(line) }
            try screen?.start()
            let names = configuration.interfaces.joined(separator: ", ")
            notifier?.ready(status: "capturing \(names)", now: MonotonicClock.now())
            // tcpdump's line, so that a person or a script knows that packets count from now on.
            if !isQuiet, screen == nil { say("listening on \(names)") }
        }
        hooks.eachPass = { [self] in pass($0) }
        hooks.atEnd = { [self] in notifier?.stopping() }
        if showsScreen { hooks.reports = { voice.screen?.take($0, $1) } }
        let job = try LiveJob(configuration, hooks: hooks) { voice.write($0) }
        return try job.run()
    }

    private func pass(_ status: LiveStatus) {
        let now = MonotonicClock.now()
        notifier?.alive(now: now) {
            "\(status.packets) packets, \(status.statistics.dropped) dropped, \(status.windows) windows"
        }
        guard let screen else { return }
        var counts = CaptureCounts()
        counts.packets = status.packets
        counts.bytes = status.bytes
        counts.latePackets = status.latePackets
        counts.droppedPackets = status.statistics.dropped + status.statistics.droppedByInterface
        counts.now = status.now
        screen.take(counts, now: now)
    }

    // MARK: The screen

    private func open(_ configuration: LiveConfiguration) throws -> LiveScreen {
        RunSignals.beforeSuddenEnd = { LiveScreen.restoreTerminal() }
        let analysis = configuration.analysis
        let slide = max(analysis.windows.sliceLength, .second)
        // A window is a slide old when the next one is due, and that waits for the watermark.
        let freshness = slide.saturatingAdd(slide).saturatingAdd(analysis.watermarkDelay ?? 0).saturatingAdd(
            2 * .second)
        return try LiveScreen(
            title: configuration.interfaces.joined(separator: ", "), freshness: freshness,
            usesColour: Terminal(descriptor: 1).usesColour
        ) { RunSignals.requestStop() }
    }

    private func close() { voice.close() }

    private func say(_ line: String) { voice.write("tidemark: \(line)\n") }
}

/// Where messages go, from any thread: to standard error, or on the screen while there is one, and to standard error
/// after it.
private final class LiveVoice: Sendable {
    private struct State {
        var screen: LiveScreen?
        /// What was said while a screen was shown.
        var held: [String] = []
    }

    private let state = Mutex(State())
    private static let heldLimit = 100

    var screen: LiveScreen? { state.withLock { $0.screen } }

    func show(_ screen: LiveScreen) { state.withLock { $0.screen = screen } }

    func write(_ text: String) {
        state.withLock { state in
            guard let screen = state.screen else { return StandardError.write(text) }
            screen.say(text)
            state.held.append(text)
            if state.held.count > Self.heldLimit { state.held.removeFirst() }
        }
    }

    /// Closes the screen, and says again what was said on it.
    func close() {
        let closed = state.withLock { state in
            defer { state = State() }
            return state
        }
        closed.screen?.close()
        for text in closed.held { StandardError.write(text) }
    }
}
