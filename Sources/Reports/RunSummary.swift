public import EventTime

/// What a whole run read and counted, for the end of tables and the lines on standard error.
public struct RunSummary: Hashable, Sendable {
    /// Packets that the source offered, before the filter.
    public var packetsReceived: UInt64 = 0
    /// Packets that passed the filter and were analysed.
    public var packetsRead: UInt64 = 0
    /// Packets that the kernel dropped.
    public var packetsDropped: UInt64 = 0
    /// Packets that interfaces dropped, before the kernel had them.
    public var packetsDroppedByInterface: UInt64 = 0
    /// Of the packets read; bytes of the IP layer and of whole frames.
    public var bytes: UInt64 = 0
    public var wireBytes: UInt64 = 0
    /// The earliest and the latest packet's time; nil where no packet has one.
    public var firstTime: Nanoseconds?
    public var lastTime: Nanoseconds?
    public var nonIPPackets: UInt64 = 0
    public var malformedPackets: UInt64 = 0
    /// Too late for every window of theirs.
    public var latePackets: UInt64 = 0
    /// Without a valid time.
    public var untimedPackets: UInt64 = 0
    /// In time between windows, where the slide is larger than the size.
    public var outsidePackets: UInt64 = 0
    /// Windows reported, each counted once however often it was revised.
    public var windows: UInt64 = 0
    /// Flows that were seen.
    public var flows: UInt64 = 0
    /// Hosts over the whole run; nil where nobody counted them.
    public var hosts: UInt64?

    public init() {}

    /// The lines for standard error at exit: tcpdump's three, then late and malformed packets, then those without
    /// a time where there are any.
    public var exitLines: [String] {
        var lines = [
            "\(Self.packets(packetsRead)) captured",
            "\(Self.packets(packetsReceived)) received by filter",
            "\(Self.packets(packetsDropped)) dropped by kernel",
            "\(Self.packets(latePackets)) late",
            "\(Self.packets(malformedPackets)) malformed",
        ]
        if packetsDroppedByInterface > 0 {
            lines.insert("\(Self.packets(packetsDroppedByInterface)) dropped by interface", at: 3)
        }
        if outsidePackets > 0 { lines.append("\(Self.packets(outsidePackets)) between windows") }
        if untimedPackets > 0 { lines.append("\(Self.packets(untimedPackets)) without a time") }
        return lines
    }

    private static func packets(_ count: UInt64) -> String { count == 1 ? "1 packet" : "\(count) packets" }
}
