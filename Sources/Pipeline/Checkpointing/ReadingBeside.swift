import EventTime

/// Something that is read on a thread of its own, or, where there is none to be had, when it is waited for.
final class ReadingBeside<Value>: @unchecked Sendable {
    private let read: () throws -> Value
    // Of the thread that reads, and after that of the one that waited for it.
    private var result: Result<Value, any Error>?
    private var thread: WorkerThread?

    /// `read` shares nothing with the caller that either changes.
    init(_ read: @escaping () throws -> Value) {
        self.read = read
        let reading = Unmanaged.passUnretained(self)
        thread = try? WorkerThread {
            let reading = reading.takeUnretainedValue()
            reading.result = Result(catching: reading.read)
        }
    }

    /// What was read. To be called once in any case, before the last reference goes.
    func wait() throws -> Value {
        guard let thread else { return try read() }
        thread.join()
        guard let result else { preconditionFailure("the thread is over without a result") }
        return try result.get()
    }
}
