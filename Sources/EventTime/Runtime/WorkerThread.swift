import Glibc

/// A thread that runs one function.
public final class WorkerThread: Sendable {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let thread: pthread_t

    /// Starts `body` on a thread of its own. Throws ``CannotStart`` where the system has no thread to give.
    public init(_ body: @escaping @Sendable () -> Void) throws(CannotStart) {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body))
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            throw CannotStart(code: status)
        }
        self.thread = thread
    }

    /// Waits until the function has returned.
    public func join() { pthread_join(thread, nil) }

    /// No thread could be started; `code` is pthread_create(3)'s error number.
    public struct CannotStart: Error, Hashable, Sendable {
        public let code: Int32
    }
}
