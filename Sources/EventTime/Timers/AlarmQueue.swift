/// Alarms in the order of their times: a radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms for the
/// shortest path problem", J. ACM 37, 1990), for time only goes forward.
///
/// An alarm lies in the bucket of the highest bit in which its time differs from the last time taken out; when that
/// bucket is the lowest one left, its alarms are dealt out to lower ones. So setting costs O(1), taking out O(64) at
/// most and a few moves in practice, and asking whether anything is due O(1), whatever the resolution and the horizon.
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

    /// Bucket 0 holds what is not after `last`, bucket `b` what differs from it in bit `b - 1` and no higher one.
    @usableFromInline var buckets: [[Alarm]]
    /// The earliest time in each bucket that is not empty.
    @usableFromInline var earliestOf: [Nanoseconds]
    /// Bit `b - 1`: bucket `b` is not empty.
    @usableFromInline var filled: UInt64 = 0
    /// The last time taken out, in an order-preserving unsigned form.
    @usableFromInline var last: UInt64 = 0
    /// Alarms set, those that mean nothing any more among them.
    public private(set) var count = 0

    public init() {
        buckets = Array(repeating: [], count: 65)
        earliestOf = Array(repeating: .max, count: 65)
    }

    @inlinable @inline(__always)
    static func ordinal(_ time: Nanoseconds) -> UInt64 { UInt64(bitPattern: time) ^ 1 << 63 }

    /// The earliest alarm's time; `nil` where none is set. O(1).
    @inlinable public var earliest: Nanoseconds? {
        if !buckets[0].isEmpty { return earliestOf[0] }
        return filled == 0 ? nil : earliestOf[filled.trailingZeroBitCount + 1]
    }

    /// Sets an alarm. One for a time that has passed goes off with the next ones.
    public mutating func set(_ alarm: Alarm) {
        put(alarm)
        count += 1
    }

    private mutating func put(_ alarm: Alarm) {
        let ordinal = Self.ordinal(alarm.time)
        let bucket = ordinal <= last ? 0 : 64 - (ordinal ^ last).leadingZeroBitCount
        if buckets[bucket].isEmpty || alarm.time < earliestOf[bucket] { earliestOf[bucket] = alarm.time }
        buckets[bucket].append(alarm)
        if bucket > 0 { filled |= 1 << UInt64(bucket - 1) }
    }

    /// Takes out the alarms of the earliest time, where that is not after `time`. False where none is due. `due` is
    /// overwritten.
    public mutating func takeEarliest(through time: Nanoseconds, into due: inout [Alarm]) -> Bool {
        due.removeAll(keepingCapacity: true)
        while buckets[0].isEmpty {
            guard filled != 0 else { return false }
            let bucket = filled.trailingZeroBitCount + 1
            guard earliestOf[bucket] <= time else { return false }
            last = Self.ordinal(earliestOf[bucket])
            filled &= filled - 1
            var dealt: [Alarm] = []
            swap(&dealt, &buckets[bucket])
            for alarm in dealt { put(alarm) }
            dealt.removeAll(keepingCapacity: true)
            swap(&dealt, &buckets[bucket])
        }
        guard earliestOf[0] <= time else { return false }
        swap(&due, &buckets[0])
        let earliest = earliestOf[0]
        // Only those set for times that had passed have different times.
        if due.contains(where: { $0.time != earliest }) {
            for alarm in due where alarm.time != earliest { put(alarm) }
            due.removeAll { $0.time != earliest }
        }
        count -= due.count
        return true
    }

    /// Drops the alarms that mean nothing any more.
    public mutating func removeAll(where isDead: (Alarm) -> Bool) {
        count = 0
        filled = 0
        for bucket in buckets.indices {
            buckets[bucket].removeAll(where: isDead)
            count += buckets[bucket].count
            guard let earliest = buckets[bucket].lazy.map(\.time).min() else { continue }
            earliestOf[bucket] = earliest
            if bucket > 0 { filled |= 1 << UInt64(bucket - 1) }
        }
    }
}
