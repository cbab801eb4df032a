import EventTime

/// The conversations in progress by the time of their next packets: a binary heap.
struct EventQueue {
    struct Event {
        var time: Nanoseconds
        /// Where the conversation is kept.
        var slot: Int
    }

    private var heap: [Event] = []

    /// The earliest event.
    var first: Event? { heap.first }

    mutating func insert(_ event: Event) {
        heap.append(event)
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].time < heap[parent].time else { return }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    /// Moves the earliest event to a later time; the queue is not empty.
    mutating func postponeFirst(to time: Nanoseconds) {
        heap[0].time = time
        sink()
    }

    /// The queue is not empty.
    mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        sink()
    }

    private mutating func sink() {
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { return }
            if child + 1 < heap.count && heap[child + 1].time < heap[child].time { child += 1 }
            guard heap[child].time < heap[index].time else { return }
            heap.swapAt(index, child)
            index = child
        }
    }
}
