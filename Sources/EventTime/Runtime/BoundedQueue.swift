import Glibc

/// A bounded queue between threads: whoever is faster waits. Elements are to be batches, as each costs a lock.
public final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    private let capacity: Int
    private var elements: [Element] = []
    private var head = 0
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// A queue that holds at most `capacity` elements.
    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    /// Adds an element; waits while the queue is full.
    public func push(_ element: Element) {
        pthread_mutex_lock(mutex)
        while elements.count - head >= capacity { pthread_cond_wait(changed, mutex) }
        elements.append(element)
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    /// Takes the oldest element; waits while there is none.
    public func pop() -> Element {
        pthread_mutex_lock(mutex)
        while elements.count == head { pthread_cond_wait(changed, mutex) }
        let element = take()
        pthread_mutex_unlock(mutex)
        return element
    }

    /// Takes the oldest element where there is one.
    public func tryPop() -> Element? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return elements.count == head ? nil : take()
    }

    private func take() -> Element {
        let element = elements[head]
        head += 1
        if head == elements.count || head >= capacity {
            elements.removeFirst(head)
            head = 0
        }
        pthread_cond_broadcast(changed)
        return element
    }
}

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
