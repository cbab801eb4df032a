public import EventTime
public import Packets

/// What one firing of a window says: its totals and the rows of its hosts.
public struct WindowReport: Sendable {
    public var window: TimeWindow
    /// 0 on time; 1, 2, … when allowed late packets changed a window that had fired.
    public var revision: Int
    /// False where dropped, late or malformed packets or a gap touched the window.
    public var isComplete: Bool
    public var totals: WindowTotals
    /// Hosts in ascending order, then the row of the hosts past the limit; as far as they are wanted
    /// (``HostAnalysis/Configuration/hostChoice``). In a revision, only the changed ones.
    public var hosts: [HostRow]
    /// Hosts of the window whose rows were not wanted.
    public var unlistedHosts: Int

    public init(
        window: TimeWindow, revision: Int, isComplete: Bool, totals: WindowTotals, hosts: [HostRow],
        unlistedHosts: Int = 0
    ) {
        self.window = window
        self.revision = revision
        self.isComplete = isComplete
        self.totals = totals
        self.hosts = hosts
        self.unlistedHosts = unlistedHosts
    }
}

/// Whom a row is about.
public enum ReportedHost: Hashable, Sendable {
    case address(IPAddress)
    /// All hosts that came after the limit on hosts was reached, in one row.
    case other
}

extension ReportedHost: Comparable {
    /// In the order of addresses, and behind them what is the rest of them.
    public static func < (a: ReportedHost, b: ReportedHost) -> Bool {
        switch (a, b) {
        case (.address(let a), .address(let b)): a < b
        case (.address, .other): true
        case (.other, _): false
        }
    }
}

/// One host's traffic in one window.
public struct HostRow: Hashable, Sendable {
    public var host: ReportedHost
    public var packetsSent: UInt64
    public var packetsReceived: UInt64
    public var bytesSent: UInt64
    public var bytesReceived: UInt64
    public var wireBytesSent: UInt64
    public var wireBytesReceived: UInt64
    /// Distinct flows of this host with a packet in the window.
    public var flows: UInt64
    /// Flows of this host whose first packet is in the window.
    public var flowsStarted: UInt64
    /// Distinct other hosts it exchanged packets with in the window.
    public var peers: UInt64

    public init(
        host: ReportedHost, packetsSent: UInt64, packetsReceived: UInt64, bytesSent: UInt64,
        bytesReceived: UInt64, wireBytesSent: UInt64, wireBytesReceived: UInt64, flows: UInt64,
        flowsStarted: UInt64, peers: UInt64
    ) {
        self.host = host
        self.packetsSent = packetsSent
        self.packetsReceived = packetsReceived
        self.bytesSent = bytesSent
        self.bytesReceived = bytesReceived
        self.wireBytesSent = wireBytesSent
        self.wireBytesReceived = wireBytesReceived
        self.flows = flows
        self.flowsStarted = flowsStarted
        self.peers = peers
    }

    /// The row of the same host where another share of the window is added, of other flows and peers.
    func adding(_ other: HostRow) -> HostRow {
        HostRow(
            host: host, packetsSent: packetsSent &+ other.packetsSent,
            packetsReceived: packetsReceived &+ other.packetsReceived, bytesSent: bytesSent &+ other.bytesSent,
            bytesReceived: bytesReceived &+ other.bytesReceived,
            wireBytesSent: wireBytesSent &+ other.wireBytesSent,
            wireBytesReceived: wireBytesReceived &+ other.wireBytesReceived, flows: flows &+ other.flows,
            flowsStarted: flowsStarted &+ other.flowsStarted, peers: peers &+ other.peers)
    }
}

/// All traffic of one window.
public struct WindowTotals: Hashable, Sendable {
    public var packets: UInt64 = 0
    public var ipPackets: UInt64 = 0
    public var nonIPPackets: UInt64 = 0
    public var malformedPackets: UInt64 = 0
    public var latePackets: UInt64 = 0
    public var droppedPackets: UInt64 = 0
    /// Nanoseconds of the window during which nothing was captured.
    public var gap: Nanoseconds = 0
    public var bytes: UInt64 = 0
    public var wireBytes: UInt64 = 0
    public var hosts: UInt64 = 0
    public var flows: UInt64 = 0

    public init() {}
}
