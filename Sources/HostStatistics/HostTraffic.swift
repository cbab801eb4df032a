public import EventTime
public import Flows

/// One host's traffic in one slice; over a window, the counts of flows and peers that are in sight.
@frozen public struct HostTraffic: AdmittedAccumulator {
    public var sent = Traffic()
    public var received = Traffic()
    /// Flows that came into sight in the slice and that went out of sight with it (``SliceVisits``); over a window,
    /// `flowsBegan` is the number of distinct flows.
    public var flowsBegan: Int32 = 0
    public var flowsEnded: Int32 = 0
    /// Flows whose first packet is here.
    public var flowsStarted: Int32 = 0
    /// The same as for flows, of the other hosts it exchanged packets with.
    public var peersBegan: Int32 = 0
    public var peersEnded: Int32 = 0
    public var admittedGroups: UInt64 = 0

    @inlinable public init() {}

    @inlinable public mutating func enter(_ slice: HostTraffic) {
        sent += slice.sent
        received += slice.received
        flowsBegan &+= slice.flowsBegan
        flowsStarted &+= slice.flowsStarted
        peersBegan &+= slice.peersBegan
    }

    @inlinable public mutating func leave(_ slice: HostTraffic) {
        sent -= slice.sent
        received -= slice.received
        flowsBegan &-= slice.flowsEnded
        flowsStarted &-= slice.flowsStarted
        peersBegan &-= slice.peersEnded
    }

    @inlinable public var isEmpty: Bool { sent.packets | received.packets == 0 }

    @inlinable public var isZero: Bool {
        isEmpty && (flowsBegan | flowsEnded | flowsStarted | peersBegan | peersEnded) == 0 && sent.isZero
            && received.isZero
    }

    /// The row of a window with this fold.
    public func row(_ key: HostKey) -> HostRow {
        HostRow(
            host: key.host, packetsSent: sent.packets, packetsReceived: received.packets, bytesSent: sent.bytes,
            bytesReceived: received.bytes, wireBytesSent: sent.wireBytes, wireBytesReceived: received.wireBytes,
            flows: UInt64(max(0, flowsBegan)), flowsStarted: UInt64(max(0, flowsStarted)),
            peers: UInt64(max(0, peersBegan)))
    }
}

/// All traffic of one slice, or over a window.
@frozen public struct TotalTraffic: SliceAccumulator {
    public var ip = Traffic()
    public var nonIP = Traffic()
    public var malformed = Traffic()
    public var flowsBegan: Int64 = 0
    public var flowsEnded: Int64 = 0
    /// The same of hosts, where they are only counted and windows overlap (``HostAnalysis``).
    public var hostsBegan: Int64 = 0
    public var hostsEnded: Int64 = 0

    @inlinable public init() {}

    @inlinable public mutating func enter(_ slice: TotalTraffic) {
        ip += slice.ip
        nonIP += slice.nonIP
        malformed += slice.malformed
        flowsBegan &+= slice.flowsBegan
        hostsBegan &+= slice.hostsBegan
    }

    @inlinable public mutating func leave(_ slice: TotalTraffic) {
        ip -= slice.ip
        nonIP -= slice.nonIP
        malformed -= slice.malformed
        flowsBegan &-= slice.flowsEnded
        hostsBegan &-= slice.hostsEnded
    }

    @inlinable public var packets: UInt64 { ip.packets &+ nonIP.packets &+ malformed.packets }

    @inlinable public var isEmpty: Bool { packets == 0 }

    @inlinable public var isZero: Bool {
        ip.isZero && nonIP.isZero && malformed.isZero
            && (flowsBegan | flowsEnded | hostsBegan | hostsEnded) == 0
    }
}
