public import EventTime
public import Packets

/// A flow that has ended, as the `flows` report shows it.
public struct FlowRecord: Hashable, Sendable {
    public enum EndReason: UInt8, Sendable, CaseIterable {
        /// Both sides closed (TCP FIN).
        case fin
        /// One side reset (TCP RST).
        case rst
        /// No packet for the idle timeout.
        case idle
        /// The active timeout cut it; its packets go on in a new flow.
        case active
        /// The flow table was full.
        case evicted
        /// The input ended.
        case end

        /// The word the report shows.
        public var name: String {
            switch self {
            case .fin: "fin"
            case .rst: "rst"
            case .idle: "idle"
            case .active: "active"
            case .evicted: "evicted"
            case .end: "end"
            }
        }
    }

    /// The earliest and the latest packet's time.
    public var start: Nanoseconds
    public var end: Nanoseconds
    /// The initiator: sender of the TCP SYN, else of the first packet seen.
    public var source: IPAddress
    public var destination: IPAddress
    /// Ports; for ICMP and ICMPv6 the type and code of the initiator's message; 0 where there are none.
    public var sourcePort: UInt16
    public var destinationPort: UInt16
    /// IP protocol number.
    public var transport: UInt8
    /// Whether the transport has ports and they were seen; false: the port columns stay empty.
    public var hasPorts: Bool
    public var sourcePackets: UInt64
    public var destinationPackets: UInt64
    public var sourceBytes: UInt64
    public var destinationBytes: UInt64
    public var sourceWireBytes: UInt64
    public var destinationWireBytes: UInt64
    /// All TCP flags that the initiator, and the responder, sent.
    public var sourceTCPFlags: UInt8
    public var destinationTCPFlags: UInt8
    public var endReason: EndReason
    /// The event time at which the end became certain: that of the packet that began another flow, or the end of the
    /// timeout. Flows are reported in this order; `Int64.max` at the end of the input.
    public var knownAt = Nanoseconds.max
    /// What separates flows of one five-tuple (``FlowKey/separation``).
    public var separation: UInt32 = 0

    public init(
        start: Nanoseconds, end: Nanoseconds, source: IPAddress, destination: IPAddress, sourcePort: UInt16,
        destinationPort: UInt16, transport: UInt8, hasPorts: Bool, sourcePackets: UInt64,
        destinationPackets: UInt64, sourceBytes: UInt64, destinationBytes: UInt64, sourceWireBytes: UInt64,
        destinationWireBytes: UInt64, sourceTCPFlags: UInt8, destinationTCPFlags: UInt8, endReason: EndReason
    ) {
        self.start = start
        self.end = end
        self.source = source
        self.destination = destination
        self.sourcePort = sourcePort
        self.destinationPort = destinationPort
        self.transport = transport
        self.hasPorts = hasPorts
        self.sourcePackets = sourcePackets
        self.destinationPackets = destinationPackets
        self.sourceBytes = sourceBytes
        self.destinationBytes = destinationBytes
        self.sourceWireBytes = sourceWireBytes
        self.destinationWireBytes = destinationWireBytes
        self.sourceTCPFlags = sourceTCPFlags
        self.destinationTCPFlags = destinationTCPFlags
        self.endReason = endReason
    }
}
