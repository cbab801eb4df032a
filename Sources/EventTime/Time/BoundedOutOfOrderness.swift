/// Says how far event time has come, from the times seen: the newest one, less a delay, less 1 ns
/// (Flink's `BoundedOutOfOrdernessWatermarks`). It lives in the data: the same input gives the same watermarks.
public struct BoundedOutOfOrderness: Sendable {
    /// How far behind the newest time another one may come and still be on time; `nil`: any, so that no watermark
    /// comes before the end of the input.
    public let delay: Nanoseconds?
    /// All times up to and including this one have come; `Int64.min` at first.
    public private(set) var watermark = Nanoseconds.min
    @usableFromInline var newest = Nanoseconds.min

    /// The newest time seen; `Int64.min` before the first.
    @inlinable public var newestTime: Nanoseconds { newest }

    public init(delay: Nanoseconds?) {
        precondition(delay ?? 0 >= 0)
        self.delay = delay
    }

    /// Takes note of an element's time; true where the watermark has advanced.
    @inlinable @inline(__always)
    public mutating func observe(_ time: Nanoseconds) -> Bool {
        guard time > newest else { return false }
        newest = time
        guard let delay else { return false }
        return raise(to: time.saturatingAdd(-delay).saturatingAdd(-1))
    }

    @usableFromInline
    mutating func raise(to time: Nanoseconds) -> Bool {
        guard time > watermark else { return false }
        watermark = time
        return true
    }
}

extension BoundedOutOfOrderness {
    public func encode(into state: inout StateEncoder) {
        state.encode(watermark)
        state.encode(newest)
    }

    /// Goes on where another one with this delay was. Throws ``StateError``.
    public init(delay: Nanoseconds?, from state: inout StateDecoder) throws(StateError) {
        self.init(delay: delay)
        watermark = try state.decode()
        newest = try state.decode()
        // The delay may have been another, as long as nothing is promised that has not been seen.
        guard watermark == .min || watermark < newest else {
            throw state.invalid("a watermark of \(watermark) behind elements up to \(newest)")
        }
    }
}
