/// Alarms in the order of their times: a radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms for the
/// shortest path problem", J. ACM 37, 1990) with 256 buckets a level, for time only goes forward.
///
/// An alarm lies on the level of the highest byte in which its time differs from the last time taken out, in the bucket
/// of that byte; when that bucket is the earliest left, its alarms are dealt out to lower levels. So setting costs O(1),
/// taking out 8 moves at most, and asking whether anything is due O(1), whatever the resolution and the horizon. All
/// alarms lie in one flat array, chained; those taken out leave their places to new ones.
///
/// Alarms are not taken back: their owner knows, by `generation`, which ones still mean something.
public struct AlarmQueue: ~Copyable {
    @frozen public struct Alarm: BitwiseCopyable, Sendable {
        public var time: Nanoseconds
        /// Whose alarm it is.
        public var identifier: UInt32
        /// Which of those who had the identifier.
        public var generation: UInt32

        @inlinable public init(time: Nanoseconds, identifier: UInt32, generation: UInt32) {
            self.time = time
            self.identifier = identifier
            self.generation = generation
        }
    }

    private struct Node: BitwiseCopyable {
        var alarm: Alarm
        /// The next one in the bucket, or the next free node; -1 at the end.
        var next: Int32
    }

    private struct Bucket: BitwiseCopyable {
        var head: Int32 = -1
        /// Of its alarms; `Int64.max` where there are none.
        var earliest = Nanoseconds.max
    }

    private static let levels = 8
    /// Of alarms that are not after `last`.
    private static let passed = levels << 8

    private var nodes: [Node] = []
    private var firstFree: Int32 = -1
    /// Bucket `level << 8 | byte`, and behind them that of what has passed.
    private var buckets = Array(repeating: Bucket(), count: levels << 8 | 1)
    /// A bit for each bucket of a level that is not empty.
    private var filled = Array(repeating: UInt64.zero, count: levels << 2)
    /// A bit for each word of `filled` that is not zero.
    private var filledWords: UInt32 = 0
    /// The last time taken out, in an order-preserving unsigned form.
    private var last: UInt64 = 0
    /// Alarms set, those that mean nothing any more among them.
    public private(set) var count = 0
    @usableFromInline var next = Nanoseconds.max

    public init() {}

    @inline(__always)
    private static func ordinal(_ time: Nanoseconds) -> UInt64 { UInt64(bitPattern: time) ^ 1 << 63 }

    /// The earliest alarm's time; `nil` where none is set. O(1).
    @inlinable public var earliest: Nanoseconds? { count == 0 ? nil : next }

    /// Sets an alarm. One for a time that has passed goes off with the next ones.
    public mutating func set(_ alarm: Alarm) {
        let node: Int32
        if firstFree >= 0 {
            node = firstFree
            firstFree = nodes[Int(node)].next
            nodes[Int(node)].alarm = alarm
        } else {
            node = Int32(nodes.count)
            nodes.append(Node(alarm: alarm, next: -1))
        }
        put(node, alarm.time)
        count += 1
        next = min(next, alarm.time)
    }

    @inline(__always)
    private mutating func put(_ node: Int32, _ time: Nanoseconds) {
        let ordinal = Self.ordinal(time)
        var bucket = Self.passed
        if ordinal > last {
            let level = (63 - (ordinal ^ last).leadingZeroBitCount) >> 3
            let byte = Int(truncatingIfNeeded: ordinal >> UInt64(level << 3) & 0xFF)
            bucket = level << 8 | byte
            filled[bucket >> 6] |= 1 << UInt64(bucket & 63)
            filledWords |= 1 << UInt32(bucket >> 6)
        }
        nodes[Int(node)].next = buckets[bucket].head
        buckets[bucket].head = node
        buckets[bucket].earliest = min(buckets[bucket].earliest, time)
    }

    /// The bucket with the earliest alarms; `nil` where none is set.
    private func firstBucket() -> Int? {
        if buckets[Self.passed].head >= 0 { return Self.passed }
        // On a lower level alarms are earlier than on a higher one, and within a level the lower byte is earlier.
        guard filledWords != 0 else { return nil }
        let word = filledWords.trailingZeroBitCount
        return word << 6 | filled[word].trailingZeroBitCount
    }

    /// The bucket's alarms, which it then holds no more.
    private mutating func empty(_ bucket: Int) -> Int32 {
        let head = buckets[bucket].head
        buckets[bucket] = Bucket()
        if bucket < Self.passed {
            filled[bucket >> 6] &= ~(1 << UInt64(bucket & 63))
            if filled[bucket >> 6] == 0 { filledWords &= ~(1 << UInt32(bucket >> 6)) }
        }
        return head
    }

    /// Takes out the alarms of the earliest time, where that is not after `time`. False where none is due. `due` is
    /// overwritten.
    public mutating func takeEarliest(through time: Nanoseconds, into due: inout [Alarm]) -> Bool {
        due.removeAll(keepingCapacity: true)
        guard count > 0, next <= time else { return false }
        let earliest = next
        // All of one time lie in one bucket.
        guard let bucket = firstBucket() else { return false }
        if bucket < Self.passed { last = Self.ordinal(earliest) }
        var node = empty(bucket)
        while node >= 0 {
            let entry = nodes[Int(node)]
            if entry.alarm.time == earliest {
                due.append(entry.alarm)
                nodes[Int(node)].next = firstFree
                firstFree = node
            } else {
                put(node, entry.alarm.time)
            }
            node = entry.next
        }
        count -= due.count
        next = firstBucket().map { buckets[$0].earliest } ?? .max
        return true
    }

    /// Drops the alarms that mean nothing any more.
    public mutating func removeAll(where isDead: (Alarm) -> Bool) {
        for bucket in 0...Self.passed where buckets[bucket].head >= 0 { sift(empty(bucket), isDead) }
        next = firstBucket().map { buckets[$0].earliest } ?? .max
    }

    /// Puts back the alarms of a chain that mean something.
    private mutating func sift(_ head: Int32, _ isDead: (Alarm) -> Bool) {
        var node = head
        while node >= 0 {
            let entry = nodes[Int(node)]
            if isDead(entry.alarm) {
                nodes[Int(node)].next = firstFree
                firstFree = node
                count -= 1
            } else {
                put(node, entry.alarm.time)
            }
            node = entry.next
        }
    }
}
