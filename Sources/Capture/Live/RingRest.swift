/// How long packets gather in a ring before they are read in one go.
///
/// Waking up costs as much as some hundred packets, so the fewer come, the longer they may gather: until a sixteenth of
/// the ring is filled, if they go on coming as they did since the last rest. What comes sixteen times as fast is not
/// lost yet.
struct RingRest {
    /// What the kernel adds to a packet in the ring, about: TPACKET_V3's header, the socket address and alignment.
    private static let overhead: UInt64 = 112
    /// The rest where nothing is known of the rate, ns: what 16 GB/s would take to fill the ring, 2 ms at most.
    private let shortest: Int64
    /// The longest rest, ns, as the rate may jump: what 4 GB/s would take, and 10 ms at most, for which rows wait as
    /// packets do.
    private let longest: Int64
    private let ringBytes: UInt64
    private var seen: (packets: UInt64, bytes: UInt64) = (0, 0)
    private var since: Int64?

    /// `ringBytes`: the size of each interface's ring.
    init(ringBytes: Int) {
        self.ringBytes = UInt64(ringBytes)
        shortest = min(2_000_000, Int64(clamping: ringBytes / 16))
        longest = min(10_000_000, Int64(clamping: ringBytes / 4))
    }

    /// Nanoseconds to rest, given what has been read so far and the time, which never goes back; 0 where nothing was
    /// read since the last time.
    mutating func next(packets: UInt64, bytes: UInt64, now: Int64) -> Int64 {
        guard packets != seen.packets else {
            since = now
            return 0
        }
        let filled = (packets - seen.packets) * Self.overhead + (bytes - seen.bytes)
        defer { (seen, since) = ((packets, bytes), now) }
        guard let since, now > since else { return shortest }
        // In proportion: the time that a sixteenth takes to fill.
        let sixteenth = Double(ringBytes / 16) / Double(filled) * Double(now - since)
        return min(longest, max(shortest, Int64(min(sixteenth, 1e9))))
    }
}
