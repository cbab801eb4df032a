/// How interfaces are captured.
public struct LiveOptions: Hashable, Sendable {
    /// Bytes kept of a packet, at most; tcpdump's default.
    public var snapshotLength = 262_144
    /// The kernel's ring of each interface.
    public var bufferKiB = 32 * 1024
    /// Whether interfaces deliver frames to others as well, where they can.
    public var isPromiscuous = true
    /// Whether each packet is delivered as it comes, at more cost, instead of in blocks that wait up to
    /// ``blockMilliseconds``.
    public var isImmediate = false
    /// A BPF expression that the kernel applies; `nil` takes every packet.
    public var filter: String?

    /// How long the kernel may keep an unfinished block of packets to itself, twice over in the worst case.
    static let blockMilliseconds: Int32 = 40

    public init() {}
}

/// A stretch of event time in which packets are missing. Times are nanoseconds since the epoch, half-open.
public struct LiveLoss: Hashable, Sendable {
    public var start: Int64
    public var end: Int64
    /// Dropped by the kernel or the interface.
    public var droppedPackets: UInt64
    /// Whether no interface was captured at all.
    public var isGap: Bool
}

/// What the kernel has counted of all interfaces since the capture began.
public struct LiveStatistics: Hashable, Sendable {
    /// Packets that passed the kernel's filter, dropped or not.
    public var received: UInt64 = 0
    /// Packets for which the kernel's ring had no room.
    public var dropped: UInt64 = 0
    /// Packets that interfaces lost before the kernel had them.
    public var droppedByInterface: UInt64 = 0

    public init() {}
}
