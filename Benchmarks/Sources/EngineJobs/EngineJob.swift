import EventTime

/// What is measured of the engine: count, sum, average, least, greatest and distinct values of each key, in windows.
public enum EngineJob: String, CaseIterable, Sendable {
    case tumbling
    /// 60 windows overlap.
    case sliding
    case session
    case count
    case countSliding = "count-sliding"
    /// Each element has a key of its own, so that slices and folds save nothing.
    case uniqueTumbling = "unique-tumbling"
    case uniqueSliding = "unique-sliding"

    /// What came out.
    public struct Outcome: Sendable, Equatable {
        public init() {}

        public var rows = 0
        /// Of all rows, whatever their order.
        public var checksum: UInt64 = 0

        @inline(__always)
        mutating func note(_ row: WindowResult<UInt32, Fold>) {
            let fold = row.result
            let millisecond: Int64 = 1_000_000
            var hash: UInt64 = 0
            func mix(_ field: Int64) {
                hash = (hash ^ UInt64(bitPattern: field)) &* 0x9E37_79B9_7F4A_7C15
                hash ^= hash >> 32
            }
            mix(Int64(row.key))
            mix((row.window?.start ?? 0) / millisecond)
            mix((row.window?.end ?? 0) / millisecond)
            mix(Int64(fold.count))
            mix(fold.sum)
            mix(Int64(bitPattern: (fold.average ?? 0).bitPattern))
            mix(Int64(fold.least ?? 0))
            mix(Int64(fold.greatest ?? 0))
            mix(Int64(fold.distinct))
            rows += 1
            checksum &+= hash
        }
    }

    struct Fold {
        var count: Int
        var sum: Int64
        var average: Double?
        var least: Int32?
        var greatest: Int32?
        var distinct: Int
    }

    private static var aggregate: some Aggregate<Int32, Fold> {
        combine(
            Count<Int32>(), Sum<Int64>().of { (value: Int32) in Int64(value) }, Average<Int32>(), Min<Int32>(),
            Max<Int32>()
        ).and(DistinctCount<Int32>()).map { numbers, distinct in
            Fold(
                count: Int(numbers.0), sum: numbers.1, average: numbers.2, least: numbers.3, greatest: numbers.4,
                distinct: Int(distinct))
        }
    }

    /// Runs the job over the first `count` elements, `rate` of which have the same second of event time.
    public func run(_ stream: ZipfStream, count: Int, rate: Int64) -> Outcome {
        let minute = 60 * Nanoseconds.second
        switch self {
        case .tumbling, .uniqueTumbling:
            return drive(sliced(.tumbling(minute)), stream, count, rate)
        case .sliding, .uniqueSliding:
            return drive(sliced(SlidingWindows(size: minute, slide: .second)), stream, count, rate)
        case .session:
            return drive(
                WindowOperator(
                    SessionWindows<UInt32, Int32>(gap: .second), trigger: EventTimeTrigger(),
                    aggregate: Self.aggregate),
                stream, count, rate)
        case .count: return drive(counted(size: 100, slide: 100), stream, count, rate)
        case .countSliding: return drive(counted(size: 100, slide: 10), stream, count, rate)
        }
    }

    private func sliced(_ windows: SlidingWindows) -> some WindowOperation<UInt32, Int32, Fold> & ~Copyable {
        SlicedWindowOperator(windows, aggregate: Self.aggregate)
    }

    private func counted(size: Int, slide: Int) -> some WindowOperation<UInt32, Int32, Fold> & ~Copyable {
        CountWindowOperator(size: size, slide: slide, aggregate: Self.aggregate)
    }

    @inline(__always)
    private func drive<Windows: WindowOperation<UInt32, Int32, Fold> & ~Copyable>(
        _ windows: consuming Windows, _ stream: ZipfStream, _ count: Int, _ rate: Int64
    ) -> Outcome {
        var outcome = Outcome()
        let mask = stream.elements.count - 1
        let hasOwnKeys = self == .uniqueTumbling || self == .uniqueSliding
        var watermarks = BoundedOutOfOrderness(delay: 0)
        stream.elements.withUnsafeBufferPointer { elements in
            for number in 0..<count {
                let element = elements[number & mask]
                // Whole milliseconds, as Flink has them.
                let time = Int64(number) * 1000 / rate * 1_000_000
                let key = hasOwnKeys ? UInt32(truncatingIfNeeded: number) : element.key
                // As a worker does, which is given many elements at once.
                windows.prefetch(elements[(number + PrefetchStep.place.distance) & mask].key, .place)
                windows.prefetch(elements[(number + PrefetchStep.state.distance) & mask].key, .state)
                _ = windows.process(key: key, element: element.value, at: time) { outcome.note($0) }
                if watermarks.observe(time) { windows.advance(to: watermarks.watermark) { outcome.note($0) } }
            }
        }
        windows.advance(to: .max) { outcome.note($0) }
        return outcome
    }
}
