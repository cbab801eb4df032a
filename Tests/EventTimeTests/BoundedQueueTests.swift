import EventTime
import Synchronization
import Testing

@Suite("A bounded queue between threads")
struct BoundedQueueTests {
    /// A number that threads share.
    final class Counter: Sendable { let value = Atomic<Int>(0) }

    @Test("keeps the order, loses nothing, and never holds more than its capacity", arguments: [1, 2, 7, 64])
    func order(capacity: Int) throws {
        let queue = BoundedQueue<Int>(capacity: capacity)
        let pushed = Counter()
        let count = 2000
        let producer = try WorkerThread {
            for number in 0..<count {
                queue.push(number)
                pushed.value.store(number + 1, ordering: .sequentiallyConsistent)
            }
        }
        for number in 0..<count {
            // Nothing more has been popped than `number` elements: what was pushed beyond them waits.
            #expect(pushed.value.load(ordering: .sequentiallyConsistent) - number <= capacity)
            #expect(queue.pop() == number)
        }
        producer.join()
        #expect(queue.tryPop() == nil)
    }

    @Test(
        "hands over what was pushed lazily, at the latest with what is pushed in earnest", arguments: [1, 2, 7, 64])
    func laziness(capacity: Int) throws {
        let (queue, answers) = (BoundedQueue<Int>(capacity: capacity), BoundedQueue<Int>(capacity: 1))
        let consumer = try WorkerThread {
            var sum = 0
            while true {
                let number = queue.pop()
                if number < 0 { return }
                sum += number
                if number == 0 { answers.push(sum) }
            }
        }
        var sum = 0
        // From none to more than fit, so that either side sleeps now and then.
        for count in 0..<200 {
            for number in 0..<count {
                queue.pushLazily(number + 1)
                sum += number + 1
            }
            queue.push(0)
            #expect(answers.pop() == sum)
        }
        queue.push(-1)
        consumer.join()
    }

    @Test(
        "lets a full side go on when a few have been taken, however long the queue", arguments: [1, 2, 3, 16, 2048])
    func room(capacity: Int) throws {
        let queue = BoundedQueue<Int>(capacity: capacity)
        let pushed = Counter()
        let producer = try WorkerThread {
            for number in 0...capacity {
                queue.push(number)
                pushed.value.store(number + 1, ordering: .sequentiallyConsistent)
            }
        }
        while pushed.value.load(ordering: .sequentiallyConsistent) < capacity {}
        for number in 0..<max(1, min(capacity / 2, 8)) { #expect(queue.pop() == number) }
        // Nothing more is taken before the producer has finished.
        producer.join()
        #expect(pushed.value.load(ordering: .sequentiallyConsistent) == capacity + 1)
    }

    @Test("wakes whoever waits, at either end", arguments: [1, 3])
    func pingPong(capacity: Int) throws {
        // Each side waits for the other all the time.
        let (there, back) = (BoundedQueue<Int>(capacity: capacity), BoundedQueue<Int>(capacity: capacity))
        let echo = try WorkerThread {
            while true {
                let number = there.pop()
                if number < 0 { return }
                back.push(number + 1)
            }
        }
        for number in 0..<3000 {
            there.push(number)
            #expect(back.pop() == number + 1)
        }
        there.push(-1)
        echo.join()
    }

    @Test("lets go of what was never taken")
    func leftovers() {
        final class Thing: Sendable {}
        let queue = BoundedQueue<Thing>(capacity: 3)
        weak var left: Thing?
        func fill(_ queue: BoundedQueue<Thing>) -> Thing {
            queue.push(Thing())
            _ = queue.pop()
            let thing = Thing()
            queue.push(thing)
            return thing
        }
        do {
            let other = BoundedQueue<Thing>(capacity: 3)
            left = fill(other)
            #expect(left != nil)
        }
        #expect(left == nil)
        #expect(queue.tryPop() == nil)
    }

    @Test("answers at once where nothing waits")
    func tryPop() {
        let queue = BoundedQueue<String>(capacity: 2)
        #expect(queue.tryPop() == nil)
        queue.push("a")
        queue.push("b")
        #expect(queue.tryPop() == "a")
        queue.push("c")
        #expect(!queue.tryPush("d"))
        #expect([queue.pop(), queue.pop()] == ["b", "c"])
        #expect(queue.tryPush("e"))
        #expect(queue.pop() == "e")
    }
}
