import Capture
import Glibc
import Synchronization

/// What signals asked of the running process: handlers only set flags, which the run looks at between batches.
public enum RunSignals {
    private static let stop = Atomic<Bool>(false)
    private static let reopen = Atomic<Bool>(false)
    private static let statistics = Atomic<Bool>(false)

    /// What a second signal does before it ends the process: safe in a signal handler, and set before any is installed.
    nonisolated(unsafe) public static var beforeSuddenEnd: @convention(c) () -> Void = {}

    /// Ends the run as SIGINT does.
    public static func requestStop() {
        stop.store(true, ordering: .relaxed)
        CaptureInterruption.request()
    }

    /// SIGINT and SIGTERM stop the run after what was read is reported, SIGHUP reopens the outputs, SIGUSR1 prints
    /// statistics. SIGPIPE is ignored: a reader that goes away is seen when writing.
    public static func install() {
        // Without SA_RESTART: a read that waits for a pipe is to end.
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in
            // A second one ends the process at once, as usual.
            if RunSignals.stop.exchange(true, ordering: .relaxed) {
                RunSignals.beforeSuddenEnd()
                _exit(130)
            }
            CaptureInterruption.request()
        }
        for number in [SIGINT, SIGTERM] { sigaction(number, &action, nil) }
        signal(SIGHUP) { _ in RunSignals.reopen.store(true, ordering: .relaxed) }
        signal(SIGUSR1) { _ in RunSignals.statistics.store(true, ordering: .relaxed) }
        signal(SIGPIPE, SIG_IGN)
        // Whoever started the process may have had them blocked, and that is inherited.
        var heeded = sigset_t()
        sigemptyset(&heeded)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGUSR1] { sigaddset(&heeded, number) }
        pthread_sigmask(SIG_UNBLOCK, &heeded, nil)
    }

    static var wantsStop: Bool { stop.load(ordering: .relaxed) }

    /// Whether the outputs are to be reopened; asked once.
    static func takeReopen() -> Bool { reopen.exchange(false, ordering: .relaxed) }

    /// Whether statistics are to be printed; asked once.
    static func takeStatistics() -> Bool { statistics.exchange(false, ordering: .relaxed) }
}

/// Time that only goes forward, for pacing and progress; never for event time. Nanoseconds.
public enum MonotonicClock {
    public static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Sleeps; a signal ends the sleep early.
    static func sleep(_ nanoseconds: Int64) {
        guard nanoseconds > 0 else { return }
        var time = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        nanosleep(&time, nil)
    }
}
