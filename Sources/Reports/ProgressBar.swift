public import EventTime

/// How far a run has come.
public struct Progress: Hashable, Sendable {
    /// Bytes of capture read.
    public var bytes: UInt64
    /// Bytes of capture there are; nil where nobody knows, as for a pipe.
    public var totalBytes: UInt64?
    public var packets: UInt64
    /// The newest packet's time.
    public var eventTime: Nanoseconds?

    public init(bytes: UInt64, totalBytes: UInt64?, packets: UInt64, eventTime: Nanoseconds?) {
        self.bytes = bytes
        self.totalBytes = totalBytes
        self.packets = packets
        self.eventTime = eventTime
    }
}

/// One line on standard error that is drawn over and over. Makes the text; its user writes it.
///
///     42 %  ━━━━━━━━━━──────────────  1.2 GB of 2.9 GB  3.1 M packets/s  2023-11-14 22:13:20  ETA 12 s
public struct ProgressBar: Sendable {
    /// The least time between two drawings: ten a second.
    static let interval: Nanoseconds = 100_000_000
    private static let widestBar = 30
    private static let narrowestBar = 10

    public var width: Int
    private let paint: Paint
    private let started: Nanoseconds
    private var drawn: Nanoseconds?
    private var packetsDrawn: UInt64 = 0
    /// Packets a second, smoothed so that it can be read.
    private var rate: Double?

    /// `now` is a monotonic clock's, as in each ``update(_:now:)``.
    public init(width: Int, usesColour: Bool, now: Nanoseconds) {
        self.width = width
        paint = Paint(isOn: usesColour)
        started = now
    }

    /// What to write now: the line drawn anew, or nil where it was drawn a moment ago.
    public mutating func update(_ progress: Progress, now: Nanoseconds) -> String? {
        let since = now - (drawn ?? started)
        guard since >= Self.interval else { return nil }
        let packets = progress.packets - min(progress.packets, packetsDrawn)
        let current = Double(packets) / Double(since) * Double(Nanoseconds.second)
        rate = rate.map { $0 * 0.7 + current * 0.3 } ?? current
        drawn = now
        packetsDrawn = progress.packets
        return Self.beginningOfLine + render(progress, elapsed: now - started) + Self.restOfLine
    }

    /// What takes the line away again; nil where none was drawn. To be written at the end, and before any message:
    /// the next update draws the line anew.
    public mutating func erase() -> String? {
        drawn == nil ? nil : Self.beginningOfLine + Self.restOfLine
    }

    private static let beginningOfLine = "\r"
    private static let restOfLine = "\u{1B}[K"

    /// The line for a state of things, of less than `width` columns: the last column would wrap in some terminals.
    private func render(_ progress: Progress, elapsed: Nanoseconds) -> String {
        Self.render(
            progress, packetsPerSecond: UInt64(min(rate ?? 0, 1e18)), elapsed: elapsed, width: width - 1,
            paint: paint)
    }

    static func render(
        _ progress: Progress, packetsPerSecond: UInt64, elapsed: Nanoseconds, width: Int, paint: Paint
    ) -> String {
        let remaining = remaining(progress, elapsed: elapsed)
        let time = progress.eventTime.map { String(TableText.time($0).prefix("2023-11-14 22:13:20".count)) }
        let share = share(progress)
        let total = progress.totalBytes.map { " of \(HumanUnits.bytes($0))" } ?? ""
        let texts = [
            "\(HumanUnits.bytes(progress.bytes))\(total)", "\(HumanUnits.count(packetsPerSecond)) packets/s", time,
            remaining.map { "ETA \(HumanUnits.duration($0))" },
        ]
        let percent = share.map { "\(padded(Int($0 * 100))) %" } ?? ""
        var room = width - percent.count
        // The most wanted first, as many as fit; then in the order of reading.
        var chosen: [Int] = []
        for index in [1, 3, 0, 2] {
            guard let text = texts[index], text.count + 2 <= room else { continue }
            room -= text.count + 2
            chosen.append(index)
        }
        var parts = chosen.sorted().compactMap { texts[$0] }
        if let share, room - 2 >= narrowestBar {
            parts.insert(bar(share, width: min(room - 2, widestBar), paint), at: 0)
        }
        if !percent.isEmpty { parts.insert(percent, at: 0) }
        return parts.joined(separator: "  ")
    }

    private static func bar(_ share: Double, width: Int, _ paint: Paint) -> String {
        let filled = Int(share * Double(width))
        return paint(String(repeating: "━", count: filled), .accent)
            + paint(String(repeating: "─", count: width - filled), .dim)
    }

    private static func padded(_ percent: Int) -> String {
        let text = String(percent)
        return String(repeating: " ", count: max(0, 3 - text.count)) + text
    }

    /// From 0 to 1; nil where the total is not known. A capture that still grows is at most done.
    private static func share(_ progress: Progress) -> Double? {
        guard let total = progress.totalBytes, total > 0 else { return nil }
        return min(1, Double(progress.bytes) / Double(total))
    }

    /// At the pace so far, in whole seconds; nil where it cannot be told yet.
    private static func remaining(_ progress: Progress, elapsed: Nanoseconds) -> Nanoseconds? {
        guard let share = share(progress), share > 0, elapsed > 0 else { return nil }
        let seconds = Double(elapsed) / Double(Nanoseconds.second) * (1 - share) / share
        guard seconds < 1e9 else { return nil }
        return Nanoseconds(seconds.rounded(.up)) * .second
    }
}
