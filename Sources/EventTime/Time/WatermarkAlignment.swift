/// Sources that are to keep together in event time (FLIP-182): who runs ahead is not read for a while.
///
/// Sources of one pipeline share it; it is asked once a turn.
public final class WatermarkAlignment {
    /// A source's place in a group.
    public struct Membership {
        public let group: WatermarkAlignment
        /// How far ahead of the slowest source this one may be, in ns.
        public let drift: Nanoseconds

        public init(group: WatermarkAlignment, drift: Nanoseconds) {
            precondition(drift >= 0)
            self.group = group
            self.drift = drift
        }
    }

    /// By source; `nil`: not to be waited for, as it is idle or at its end.
    private var watermarks: [Nanoseconds?] = []

    public init() {}

    /// Takes in one more source, and answers its number.
    @usableFromInline func join() -> Int {
        watermarks.append(.min)
        return watermarks.count - 1
    }

    @usableFromInline func report(_ source: Int, _ watermark: Nanoseconds?) { watermarks[source] = watermark }

    /// The watermark of the slowest source that is waited for; `.max` where none is.
    @usableFromInline var slowest: Nanoseconds {
        var least = Nanoseconds.max
        for watermark in watermarks { least = min(least, watermark ?? .max) }
        return least
    }
}
