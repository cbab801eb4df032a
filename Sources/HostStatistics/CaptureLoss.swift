public import EventTime

/// A stretch of event time in which packets of a live capture are missing.
public struct CaptureLoss: Hashable, Sendable {
    /// Half-open: `start` up to `end`, which lies behind it.
    public var start: Nanoseconds
    public var end: Nanoseconds
    /// Packets that the kernel or the interface dropped in that time.
    public var droppedPackets: UInt64
    /// Whether nothing at all was captured in that time. False also where one of several interfaces was down.
    public var isGap: Bool

    public init(start: Nanoseconds, end: Nanoseconds, droppedPackets: UInt64 = 0, isGap: Bool = false) {
        self.start = start
        self.end = max(end, start.saturatingAdd(1))
        self.droppedPackets = droppedPackets
        self.isGap = isGap
    }
}

/// The losses that windows still to be reported have a share in.
struct LossLedger: Sendable {
    /// What a window is missing.
    struct Share {
        var droppedPackets: UInt64 = 0
        var gap: Nanoseconds = 0
        var isEmpty = true
    }

    /// Windows that hold nothing but a loss, at most for each loss at a time, and about ten times as many for all of
    /// them: a gap of years is not to become a row for each of its seconds.
    static let emptyWindowLimit = 10_000

    var losses: [CaptureLoss] = []

    var isEmpty: Bool { losses.isEmpty }

    /// Notes a loss. Losses that no window can tell apart become one, so that there are few.
    mutating func add(_ loss: CaptureLoss, _ windows: SlidingWindows) {
        if let last = losses.last, last.isGap == loss.isGap, last.end == loss.start {
            let isLongGap = loss.isGap && last.droppedPackets == 0 && loss.droppedPackets == 0
            let slice = windows.slice(containing: last.start)
            if isLongGap || slice == windows.slice(containing: loss.end - 1) {
                losses[losses.count - 1].end = loss.end
                losses[losses.count - 1].droppedPackets &+= loss.droppedPackets
                return
            }
        }
        losses.append(loss)
    }

    /// What a window is missing. Dropped packets count where their stretch ends; any window it touches is incomplete.
    /// Time that several gaps hold, as an interface that was down and the restart after it, counts once.
    /// O(n log n) in the losses.
    func share(of window: TimeWindow) -> Share {
        var share = Share()
        var gaps: [(start: Nanoseconds, end: Nanoseconds)] = []
        for loss in losses where loss.start < window.end && loss.end > window.start {
            share.isEmpty = false
            if loss.end - 1 < window.end { share.droppedPackets &+= loss.droppedPackets }
            if loss.isGap { gaps.append((max(loss.start, window.start), min(loss.end, window.end))) }
        }
        var counted = window.start
        for gap in gaps.sorted(by: { $0.start < $1.start }) where gap.end > counted {
            share.gap = share.gap.saturatingAdd(gap.end - max(gap.start, counted))
            counted = gap.end
        }
        return share
    }

    /// The windows with a loss that end behind `earliest` and not behind `latest`.
    func windows(endingAfter earliest: Nanoseconds, through latest: Nanoseconds, of windows: SlidingWindows) -> Set<
        Int64
    > {
        var found: Set<Int64> = []
        for loss in losses where found.count < 10 * Self.emptyWindowLimit {
            var window = windows.firstOpenWindow(watermark: max(loss.start, earliest).saturatingAdd(-1))
            for _ in 0..<Self.emptyWindowLimit {
                let bounds = windows.window(window)
                guard bounds.start < loss.end, bounds.end <= latest else { break }
                if bounds.end > loss.start, bounds.end > earliest { found.insert(window) }
                let next = window.saturatingAdd(windows.slicesPerSlide)
                if next == window { break }
                window = next
            }
        }
        return found
    }

    /// Forgets what lies before `time`.
    mutating func forget(before time: Nanoseconds) { losses.removeAll { $0.end <= time } }
}
