import Synchronization

/// Lets a signal end a read that waits for a pipe: the capture then ends where it is.
public enum CaptureInterruption {
    private static let requested = Atomic<Bool>(false)

    /// From now on, a read that a signal interrupts is taken for the end. Safe to call in a signal handler.
    public static func request() { requested.store(true, ordering: .relaxed) }

    static var isRequested: Bool { requested.load(ordering: .relaxed) }
}
