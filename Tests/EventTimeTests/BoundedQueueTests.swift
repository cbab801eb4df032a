import EventTime
import Synchronization
import Testing

@Suite("A bounded queue between threads")
struct BoundedQueueTests {
    /// A number that threads share.
    final class Counter: Sendable { let value = Atomic<Int>(0) }
    final class Lists: Sendable { let value = Mutex<[[Int]]>([]) }

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

    @Test("gives each element to one of several readers, and each reader its own in order")
    func manyThreads() throws {
        let queue = BoundedQueue<Int>(capacity: 5)
        let received = Lists()
        let readers = try (0..<3).map { _ in
            try WorkerThread {
                var mine: [Int] = []
                while true {
                    let number = queue.pop()
                    if number < 0 { break }
                    mine.append(number)
                }
                received.value.withLock { $0.append(mine) }
            }
        }
        let writers = try (0..<2).map { writer in
            try WorkerThread { for number in 0..<500 { queue.push(2 * number + writer) } }
        }
        for writer in writers { writer.join() }
        for _ in readers { queue.push(-1) }
        for reader in readers { reader.join() }
        let lists = received.value.withLock { $0 }
        #expect(lists.flatMap { $0 }.sorted() == Array(0..<1000))
        for list in lists {
            for parity in 0...1 {
                let mine = list.filter { $0 % 2 == parity }
                #expect(mine == mine.sorted())
            }
        }
    }

    @Test("answers at once where nothing waits")
    func tryPop() {
        let queue = BoundedQueue<String>(capacity: 2)
        #expect(queue.tryPop() == nil)
        queue.push("a")
        queue.push("b")
        #expect(queue.tryPop() == "a")
        queue.push("c")
        #expect([queue.pop(), queue.pop()] == ["b", "c"])
    }
}
