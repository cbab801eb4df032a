/// The captures that still have packets, ordered by when their next packet is due: a binary heap.
struct SourceQueue {
    /// A capture's number in the order of the command line, and the time of its next packet. A time that is too
    /// early does no harm: the capture is asked, and tells a later one.
    struct Entry: Comparable {
        var time: Int64
        let source: Int

        static func < (a: Entry, b: Entry) -> Bool {
            a.time != b.time ? a.time < b.time : a.source < b.source
        }
    }

    private var heap: [Entry] = []

    var isEmpty: Bool { heap.isEmpty }
    var first: Entry? { heap.first }

    /// The latest time up to which the first capture's packets come before those of all others; among equal
    /// times the earlier capture is first.
    var latestTimeForFirst: Int64 {
        guard heap.count > 1 else { return .max }
        let second = heap.count > 2 ? min(heap[1], heap[2]) : heap[1]
        // Where the first one's number is higher its time is earlier, so there is a time before the second's.
        return heap[0].source < second.source ? second.time : second.time - 1
    }

    /// When each capture's next packet is due; `nil` for those that have none.
    func dueTimes(count: Int) -> [Int64?] {
        var times = [Int64?](repeating: nil, count: count)
        for entry in heap { times[entry.source] = entry.time }
        return times
    }

    mutating func insert(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child] < heap[parent] else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Gives the first capture another time.
    mutating func updateFirst(time: Int64) {
        heap[0].time = time
        siftDown()
    }

    mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown()
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var least = parent
            for child in 2 * parent + 1...2 * parent + 2 where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
