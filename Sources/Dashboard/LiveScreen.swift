internal import EventTime
public import Flows
internal import Glibc
public import HostStatistics
internal import Reports
internal import Synchronization

/// A screen that shows a capture as it goes on: rates, hosts, flows, losses. Fed from the threads of the job; drawn, and
/// its keys read, on a thread of its own, so that neither waits for the other.
public final class LiveScreen: Sendable {
    /// Why there can be no screen; the words are the system's.
    public struct CannotOpen: Error, Hashable, Sendable, CustomStringConvertible {
        public let reason: String
        public var description: String { "no screen can be shown: \(reason)" }
    }

    private struct State: ~Copyable {
        var model: ScreenModel
        var isClosing = false
    }

    private let state: Mutex<State>
    private let thread = Mutex<WorkerThread?>(nil)
    private let keyboard: Int32
    /// A pipe that never blocks: what is written to it ends the thread's wait.
    private let wake: (read: Int32, write: Int32)
    private let paint: Paint
    private let onQuit: @Sendable () -> Void

    /// The least time between two frames that no key asked for, in milliseconds.
    private static let frameInterval: Int32 = 100
    /// How long an ESC waits for the rest of a sequence, in milliseconds.
    private static let escapeDelay: Int32 = 50
    /// How often the clock in the corner is drawn, in milliseconds.
    private static let idleInterval: Int32 = 1000

    /// Whether there is a terminal to show a screen on: standard output, not a `dumb` one.
    public static var isPossible: Bool {
        isatty(1) == 1 && getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    /// Takes the terminal. `title` says what is captured; windows that ended longer than `freshness` ago, in
    /// nanoseconds, are not shown any more. `onQuit` is called, on another thread, when a person asks to end.
    ///
    /// To be called before a sandbox is entered, and ``start()`` after it. Throws ``CannotOpen``.
    public init(
        title: String, freshness: Int64, usesColour: Bool, onQuit: @escaping @Sendable () -> Void
    ) throws(CannotOpen) {
        state = Mutex(State(model: ScreenModel(title: Self.printable(title), freshness: freshness)))
        paint = Paint(isOn: usesColour)
        self.onQuit = onQuit
        wake = Self.pipe()
        // Keys come from the terminal also where standard input is something else.
        keyboard = isatty(0) == 1 ? 0 : open("/dev/tty", O_RDONLY | O_CLOEXEC)
        guard wake.write >= 0, keyboard >= 0,
            TerminalSession.begin(output: 1, input: keyboard, wake: wake.write)
        else {
            throw CannotOpen(reason: String(cString: strerror(errno)))
        }
    }

    deinit { TerminalSession.restore() }

    /// Begins to draw. Throws ``WorkerThread/CannotStart``.
    public func start() throws {
        let started = try WorkerThread { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Gives the terminal back. May be called more than once.
    public func close() {
        state.withLock { $0.isClosing = true }
        signal()
        let running = thread.withLock { thread -> WorkerThread? in
            defer { thread = nil }
            return thread
        }
        running?.join()
        TerminalSession.restore()
    }

    /// Gives the terminal back at once, from a signal handler that ends the process.
    public static func restoreTerminal() { TerminalSession.restore() }

    // MARK: What is shown

    /// Takes windows that have fired and flows that have ended. From any thread.
    public func take(_ reports: [WindowReport], _ flows: [FlowRecord]) {
        state.withLock { state in
            for report in reports { state.model.take(report) }
            if !flows.isEmpty { state.model.take(flows) }
        }
        signal()
    }

    /// Takes how the capture stands; `now` is a monotonic clock's, in nanoseconds. From any thread.
    public func take(_ counts: CaptureCounts, now: Int64) {
        state.withLock { $0.model.take(counts, now: now) }
    }

    /// Shows a message until a key is pressed. From any thread.
    public func say(_ text: String) {
        state.withLock { $0.model.say(Self.printable(text)) }
        signal()
    }

    /// Text from outside, without what would steer the terminal.
    static func printable(_ text: String) -> String {
        let shown = text.unicodeScalars.map { scalar -> Character in
            (0x20...0x7E).contains(scalar.value) ? Character(scalar) : scalar == "\n" ? " " : "?"
        }
        return String(shown).split(separator: " ").joined(separator: " ")
    }

    private func signal() {
        var byte: UInt8 = 0
        _ = write(wake.write, &byte, 1)
    }

    /// Both -1, with errno set, where there can be none.
    private static func pipe() -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { return (-1, -1) }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        return (ends[0], ends[1])
    }

    // MARK: The thread

    private func run() {
        var decoder = KeyDecoder()
        var frames = FrameWriter()
        var hasKeyboard = true
        while true {
            let isClosing = state.withLock { $0.isClosing }
            if isClosing { return }
            if !draw(&frames) {
                // The terminal has gone.
                onQuit()
                return
            }
            let keys = wait(&decoder, &hasKeyboard)
            for key in keys {
                switch state.withLock({ $0.model.press(key) }) {
                case .none: break
                case .redraw: frames.invalidate()
                case .quit: onQuit()
                }
            }
        }
    }

    /// Draws a frame where there is something new. False where it cannot be written.
    private func draw(_ frames: inout FrameWriter) -> Bool {
        var size = winsize()
        let isKnown = ioctl(1, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        let (columns, rows) = isKnown ? (Int(size.ws_col), Int(size.ws_row)) : (80, 24)
        let paint = paint
        let isResumed = TerminalSession.takeResumption()
        let (lines, isResized) = state.withLock { state -> ([FrameLine], Bool) in
            let isResized = state.model.columns != columns || state.model.rows != rows
            (state.model.columns, state.model.rows) = (columns, rows)
            return (state.model.lines(paint: paint), isResized)
        }
        if isResized || isResumed { frames.invalidate() }
        // While the process is stopped or ends by a signal, the terminal is another's.
        guard TerminalSession.isShown, let text = frames.update(to: lines) else { return true }
        return Self.writeAll(text)
    }

    private static func writeAll(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if errno == EAGAIN {
                var wait = pollfd(fd: 1, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wait, 1, 1000)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Waits until there is something to draw, and gives the keys that were pressed meanwhile.
    private func wait(_ decoder: inout KeyDecoder, _ hasKeyboard: inout Bool) -> [Key] {
        var descriptors = [
            pollfd(fd: wake.read, events: Int16(POLLIN), revents: 0),
            pollfd(fd: hasKeyboard ? keyboard : -1, events: Int16(POLLIN), revents: 0),
        ]
        let timeout = decoder.isWaiting ? Self.escapeDelay : Self.idleInterval
        if poll(&descriptors, nfds_t(descriptors.count), timeout) == 0 { return decoder.flush() }
        if descriptors[0].revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 256)
            while read(wake.read, &bytes, bytes.count) > 0 {}
        }
        guard descriptors[1].revents != 0 else {
            // Reports may come by the thousand: frames do not. A key ends the pause.
            let isClosing = state.withLock { $0.isClosing }
            if !isClosing { _ = poll(&descriptors[1], 1, Self.frameInterval) }
            return []
        }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(keyboard, &bytes, bytes.count)
        if count <= 0 {
            // Nobody is at the terminal any more.
            if count < 0, errno == EINTR || errno == EAGAIN { return [] }
            hasKeyboard = false
            onQuit()
            return []
        }
        return decoder.decode(bytes[..<count])
    }
}
