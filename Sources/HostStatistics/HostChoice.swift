/// Which hosts of a window are wanted: the first so many by a number of theirs, the largest first, and among equal ones
/// by address; or by address alone.
public struct HostChoice: Hashable, Sendable {
    public var limit: Int
    public var measure: HostMeasure?

    public init(limit: Int, measure: HostMeasure?) {
        self.limit = limit
        self.measure = measure
    }
}

/// A number by which hosts can be ranked, as reports call it.
public enum HostMeasure: String, CaseIterable, Sendable {
    case packets
    case bytes
    case wireBytes = "wire_bytes"
    case packetsSent = "packets_sent"
    case packetsReceived = "packets_received"
    case bytesSent = "bytes_sent"
    case bytesReceived = "bytes_received"
    case wireBytesSent = "wire_bytes_sent"
    case wireBytesReceived = "wire_bytes_received"
    case flows
    case flowsStarted = "flows_started"
    case peers

    /// The number of a window's row, as ``HostTraffic/row(_:)`` has it; sums wrap as theirs do.
    func number(of traffic: HostTraffic) -> UInt64 {
        switch self {
        case .packets: traffic.sent.packets &+ traffic.received.packets
        case .bytes: traffic.sent.bytes &+ traffic.received.bytes
        case .wireBytes: traffic.sent.wireBytes &+ traffic.received.wireBytes
        case .packetsSent: traffic.sent.packets
        case .packetsReceived: traffic.received.packets
        case .bytesSent: traffic.sent.bytes
        case .bytesReceived: traffic.received.bytes
        case .wireBytesSent: traffic.sent.wireBytes
        case .wireBytesReceived: traffic.received.wireBytes
        case .flows: UInt64(max(0, traffic.flowsBegan))
        case .flowsStarted: UInt64(max(0, traffic.flowsStarted))
        case .peers: UInt64(max(0, traffic.peersBegan))
        }
    }
}
