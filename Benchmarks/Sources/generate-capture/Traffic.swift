import EventTime

/// What there is to generate.
struct TrafficSettings {
    var packets: Int
    var flows: Int
    var clients: Int
    var servers: Int
    var seed: UInt64
    /// From the first packet to the last, nearly.
    var length: Nanoseconds
    /// The share of packets, from 0 to 1, that are stamped earlier than their place in the capture.
    var outOfOrder: Double

    /// 2023-11-14T22:13:20Z, the start of a window of 10 s.
    static let start: Nanoseconds = 1_700_000_000 * .second
    /// How much earlier such a packet is stamped, at most.
    static let reach: Nanoseconds = 20_000_000
}

/// What was generated.
struct TrafficSummary {
    var flows = 0
    var hosts = 0
    /// Packets stamped earlier than one before them would have been.
    var outOfOrder = 0
}

/// Stamps packets, a few of them earlier than their turn.
struct Stamps {
    private let share: Double
    private var random: RandomSource
    private(set) var outOfOrder = 0

    init(outOfOrder share: Double, _ random: inout RandomSource) {
        self.share = share
        self.random = RandomSource(seed: random.next())
    }

    /// The stamp of a packet whose turn comes `time` after the start.
    mutating func stamp(_ time: Nanoseconds) -> Nanoseconds {
        guard share > 0, random.unit() < share else { return TrafficSettings.start + time }
        outOfOrder += 1
        let earlier = Nanoseconds(random.unit() * Double(TrafficSettings.reach))
        return TrafficSettings.start + max(0, time - earlier)
    }
}
