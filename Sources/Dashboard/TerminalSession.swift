// termios(3), signal-safety(7), console_codes(4)

internal import Glibc
internal import Synchronization

/// The terminal while the screen is on it: another page, no cursor, keys at once. Whatever ends the process gives it
/// back as it was: the end of the session, exit(3), a signal, a crash. There is at most one session.
enum TerminalSession {
    /// Another page, an empty one; no cursor; no wrapping at the last column.
    private static let beginning: StaticString = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J"
    private static let end: StaticString = "\u{1B}[?2026l\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    private static let isActive = Atomic<Bool>(false)
    private static let isSuspended = Atomic<Bool>(false)
    private static let isResumed = Atomic<Bool>(false)
    /// Written before any handler is installed, and only read from then on.
    nonisolated(unsafe) private static var output: Int32 = -1
    nonisolated(unsafe) private static var input: Int32 = -1
    nonisolated(unsafe) private static var wake: Int32 = -1
    nonisolated(unsafe) private static var saved = termios()
    nonisolated(unsafe) private static var raw = termios()
    /// What handled the fatal signals before, by number.
    nonisolated(unsafe) private static let former = UnsafeMutablePointer<sigaction>.allocate(capacity: 65)
    private static let fatal = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGQUIT]

    /// Takes the terminal: `output` shows, `input` gives keys. `wake` is a pipe that does not block and is written to
    /// when the size has changed or the process goes on after it was stopped. False, with errno set, where `input` is no terminal.
    static func begin(output: Int32, input: Int32, wake: Int32) -> Bool {
        guard tcgetattr(input, &saved) == 0 else { return false }
        raw = saved
        // Keys at once and not shown; signals are still made of ^C, ^\ and ^Z.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR)
        withUnsafeMutableBytes(of: &raw.c_cc) { characters in
            characters[Int(VMIN)] = 0
            characters[Int(VTIME)] = 0
        }
        (self.output, self.input, self.wake) = (output, input, wake)
        installHandlers()
        atexit { TerminalSession.restore() }
        isActive.store(true, ordering: .sequentiallyConsistent)
        guard enter() else {
            restore()
            return false
        }
        return true
    }

    private static func enter() -> Bool {
        guard tcsetattr(input, TCSADRAIN, &raw) == 0 else { return false }
        send(beginning)
        return true
    }

    /// Gives the terminal back, once. May be called from a signal handler, and from any thread.
    static func restore() {
        guard isActive.exchange(false, ordering: .sequentiallyConsistent) else { return }
        send(end)
        _ = tcsetattr(input, TCSADRAIN, &saved)
    }

    private static func send(_ text: StaticString) {
        _ = write(output, text.utf8Start, text.utf8CodeUnitCount)
    }

    /// Whether the terminal is the session's at the moment.
    static var isShown: Bool { isActive.load(ordering: .sequentiallyConsistent) }

    /// Whether the process was stopped, so that the page is empty; asked once.
    static func takeResumption() -> Bool { isResumed.exchange(false, ordering: .sequentiallyConsistent) }

    // MARK: Signals

    private static func installHandlers() {
        var action = sigaction()
        action.sa_flags = SA_RESTART
        action.__sigaction_handler.sa_handler = { _ in TerminalSession.signalChange() }
        sigaction(SIGWINCH, &action, nil)
        action.__sigaction_handler.sa_handler = { _ in TerminalSession.suspend() }
        sigaction(SIGTSTP, &action, nil)
        action.__sigaction_handler.sa_handler = { _ in TerminalSession.resume() }
        sigaction(SIGCONT, &action, nil)
        // Without SA_NODEFER a signal raised in its own handler would wait until that returns.
        action.sa_flags = SA_NODEFER
        action.__sigaction_handler.sa_handler = { number in
            TerminalSession.restore()
            // Whoever handled it before, such as Swift's own report of crashes, may say what it has to say; that may
            // return. The end is that which it would have been.
            sigaction(number, TerminalSession.former + Int(number), nil)
            raise(number)
            signal(number, SIG_DFL)
            raise(number)
        }
        for number in fatal { sigaction(number, &action, former + Int(number)) }
    }

    private static func signalChange() {
        let code = errno
        var byte: UInt8 = 0
        _ = write(wake, &byte, 1)
        errno = code
    }

    /// ^Z: the shell is to find its terminal as it left it.
    private static func suspend() {
        let code = errno
        if isActive.exchange(false, ordering: .sequentiallyConsistent) {
            isSuspended.store(true, ordering: .sequentiallyConsistent)
            send(end)
            _ = tcsetattr(input, TCSADRAIN, &saved)
        }
        kill(getpid(), SIGSTOP)
        errno = code
    }

    private static func resume() {
        let code = errno
        if isSuspended.exchange(false, ordering: .sequentiallyConsistent) {
            isActive.store(true, ordering: .sequentiallyConsistent)
            _ = enter()
        }
        isResumed.store(true, ordering: .sequentiallyConsistent)
        signalChange()
        errno = code
    }
}
