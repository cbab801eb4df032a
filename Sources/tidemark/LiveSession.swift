import Dashboard
import EventTime
import Pipeline
import Reports

/// What goes on around a live capture: rights, the service manager, and on a terminal the screen.
final class LiveSession {
    private let sandbox: SandboxOptions
    private let notifier: ServiceNotifier?
    private let isQuiet: Bool
    private let isVerbose: Bool
    private var screen: LiveScreen?
    /// What was said while a screen was shown; it goes to standard error when that has been closed.
    private var held: [String] = []
    private static let heldLimit = 100

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
        let screenSlot = ScreenSlot()
        hooks.afterOpening = { [self] in
            if showsScreen {
                screen = try open(configuration)
                screenSlot.screen = screen
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
        if showsScreen { hooks.reports = { screenSlot.screen?.take($0, $1) } }
        let job = try LiveJob(configuration, hooks: hooks) { [self] in write($0) }
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

    private func close() {
        screen?.close()
        screen = nil
        for text in held { StandardError.write(text) }
        held = []
    }

    private func say(_ line: String) { write("tidemark: \(line)\n") }

    /// Writes to standard error, or on the screen while there is one, and to standard error after it.
    private func write(_ text: String) {
        guard let screen else { return StandardError.write(text) }
        screen.say(text)
        held.append(text)
        if held.count > Self.heldLimit { held.removeFirst() }
    }
}

/// Lets the thread that writes find the screen, which is opened before that thread is started.
private final class ScreenSlot: @unchecked Sendable {
    var screen: LiveScreen?
}
