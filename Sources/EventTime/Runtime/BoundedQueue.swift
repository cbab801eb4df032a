import Glibc
import Synchronization

/// A bounded queue from one thread to one other: whoever is faster waits. Elements are to be batches.
///
/// A ring without locks (Lamport, "Specifying concurrent program modules", 1983): each side writes its own counter and
/// reads the other's. Only a side that has to wait takes a lock, on which it sleeps. Waking it up costs more than an
/// element: a side that waits for room is woken when there is some for a few, and ``pushLazily(_:)`` wakes the other
/// only when a few have gathered.
public final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    private let capacity: Int
    private let slots: UnsafeMutablePointer<Element>
    /// Elements ever pushed, and popped.
    private let pushed = Atomic<Int>(0)
    private let popped = Atomic<Int>(0)
    /// Whether the side that pushes sleeps, and the side that pops. Each has its own word: one that has been woken may
    /// still be on its way to the lock when the other lies down.
    private let pusherSleeps = Atomic<Bool>(false)
    private let popperSleeps = Atomic<Bool>(false)
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// A queue that holds at most `capacity` elements.
    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        slots = .allocate(capacity: capacity)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        while tryPop() != nil {}
        slots.deallocate()
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    /// Adds an element; waits while the queue is full. Called by one thread at a time.
    public func push(_ element: Element) {
        let place = placeToPush()
        put(element, at: place)
        wake(popperSleeps)
    }

    /// Adds an element of which the other side need not hear before a later ``push(_:)``, or until eight wait, or the
    /// queue is half full; waits while the queue is full. Called by the thread that pushes.
    public func pushLazily(_ element: Element) {
        let place = placeToPush()
        put(element, at: place)
        if place + 1 - popped.load(ordering: .sequentiallyConsistent) >= few { wake(popperSleeps) }
    }

    /// Elements, or places for them, that are worth waking a sleeper for.
    private var few: Int { min(capacity / 2, 8) }

    private func placeToPush() -> Int {
        let place = pushed.load(ordering: .relaxed)
        wait(pusherSleeps) { place - popped.load(ordering: .sequentiallyConsistent) < capacity }
        return place
    }

    private func put(_ element: Element, at place: Int) {
        (slots + place % capacity).initialize(to: element)
        pushed.store(place + 1, ordering: .sequentiallyConsistent)
    }

    /// Adds an element where there is room; whether there was. Called by the thread that pushes.
    public func tryPush(_ element: Element) -> Bool {
        let place = pushed.load(ordering: .relaxed)
        guard place - popped.load(ordering: .sequentiallyConsistent) < capacity else { return false }
        put(element, at: place)
        wake(popperSleeps)
        return true
    }

    /// Takes the oldest element; waits while there is none. Called by one thread at a time.
    public func pop() -> Element {
        let place = popped.load(ordering: .relaxed)
        wait(popperSleeps) { pushed.load(ordering: .sequentiallyConsistent) > place }
        return take(place)
    }

    /// Whether there is nothing to take. Called by the thread that pops.
    public var isEmpty: Bool { pushed.load(ordering: .sequentiallyConsistent) == popped.load(ordering: .relaxed) }

    /// Takes the oldest element where there is one. Called by the thread that pops.
    public func tryPop() -> Element? {
        let place = popped.load(ordering: .relaxed)
        return pushed.load(ordering: .sequentiallyConsistent) > place ? take(place) : nil
    }

    private func take(_ place: Int) -> Element {
        let element = (slots + place % capacity).move()
        popped.store(place + 1, ordering: .sequentiallyConsistent)
        // Whoever waits for room found the queue full: its count comes by here.
        let count = pushed.load(ordering: .sequentiallyConsistent) - (place + 1)
        if count <= capacity - max(1, few) { wake(pusherSleeps) }
        return element
    }

    /// Returns when the other side has made `isReady` true: that is looked at often for a moment, then slept for.
    private func wait(_ sleeps: borrowing Atomic<Bool>, until isReady: () -> Bool) {
        for _ in 0..<64 where isReady() { return }
        pthread_mutex_lock(mutex)
        // Said before the last look, and read by the other side after its change: one of the two sees the other.
        sleeps.store(true, ordering: .sequentiallyConsistent)
        while !isReady() { pthread_cond_wait(changed, mutex) }
        sleeps.store(false, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }

    private func wake(_ sleeps: borrowing Atomic<Bool>) {
        guard sleeps.load(ordering: .sequentiallyConsistent) else { return }
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }
}
