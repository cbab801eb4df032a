/// What a capture says about one packet, apart from its bytes.
public struct PacketRecord: Hashable, Sendable {
    /// Nanoseconds since the Unix epoch, UTC; 0 and meaningless where ``isTimed`` is false.
    public var timestamp: Int64
    /// The packet's own number in its capture, from 1, as Wireshark counts.
    public var number: UInt64
    /// Bytes of the frame that were kept.
    public var capturedLength: UInt32
    /// Bytes of the frame on the wire, as the capture claims; up to 4 GiB.
    public var originalLength: UInt32
    /// How to read the first byte.
    public var linkType: LinkType
    /// The interface's number within its capture; 0 where the format knows none.
    public var interface: UInt32
    /// False for a packet without a valid time: a pcapng simple packet block, a sub-second field of a
    /// second or more, or a time outside what 64-bit nanoseconds hold (1677 to 2262).
    public var isTimed: Bool

    @inlinable
    public init(
        timestamp: Int64, number: UInt64, capturedLength: UInt32, originalLength: UInt32,
        linkType: LinkType, interface: UInt32, isTimed: Bool
    ) {
        self.timestamp = timestamp
        self.number = number
        self.capturedLength = capturedLength
        self.originalLength = originalLength
        self.linkType = linkType
        self.interface = interface
        self.isTimed = isTimed
    }
}
