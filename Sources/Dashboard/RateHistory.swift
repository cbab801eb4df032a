internal import EventTime

/// The traffic of the last seconds: bytes a second, one value for each second of a monotonic clock.
struct RateHistory: Sendable {
    /// As many as the widest terminal shows.
    static let capacity = 512

    /// The oldest first.
    private(set) var rates: [UInt64] = []
    private var base: (bytes: UInt64, time: Nanoseconds)?
    private(set) var peak: UInt64 = 0

    /// Takes a counter that grows, as of `now`. A value is made at most once a second, and of the time that has passed
    /// in truth. Returns whether one was made.
    mutating func sample(bytes: UInt64, now: Nanoseconds) -> Bool {
        guard let base else {
            self.base = (bytes, now)
            return false
        }
        let passed = now - base.time
        guard passed >= .second else { return false }
        let rate = Double(bytes - min(bytes, base.bytes)) / (Double(passed) / Double(Nanoseconds.second))
        let value = UInt64(min(rate, 1e18))
        // After a pause of several seconds, such as a process that was stopped, its average stands for each of them.
        for _ in 0..<min(Int(passed / .second), Self.capacity) { rates.append(value) }
        if rates.count > Self.capacity { rates.removeFirst(rates.count - Self.capacity) }
        peak = max(peak, value)
        self.base = (bytes, now)
        return true
    }

    var latest: UInt64 { rates.last ?? 0 }

    /// A graph of blocks: `height` lines, the topmost first, of `width` columns, the newest second at the right. The
    /// scale ends at the largest value shown; anything above nothing shows at least the thinnest block.
    func graph(width: Int, height: Int) -> [String] {
        guard width > 0, height > 0 else { return [] }
        let blocks: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        let shown = rates.suffix(width)
        let top = max(shown.max() ?? 0, 1)
        let eighths = shown.map { rate -> Int in
            let steps = Int((Double(rate) / Double(top) * Double(height * 8)).rounded())
            return rate > 0 ? max(1, steps) : 0
        }
        let margin = String(repeating: " ", count: width - shown.count)
        return (0..<height).map { line in
            let floor = (height - 1 - line) * 8
            return margin + String(eighths.map { blocks[min(max($0 - floor, 0), 8)] })
        }
    }

}
