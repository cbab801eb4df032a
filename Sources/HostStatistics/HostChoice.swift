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
    func number(of row: UnsafePointer<HostTraffic>) -> UInt64 {
        switch self {
        case .packets: row.pointee.sent.packets &+ row.pointee.received.packets
        case .bytes: row.pointee.sent.bytes &+ row.pointee.received.bytes
        case .wireBytes: row.pointee.sent.wireBytes &+ row.pointee.received.wireBytes
        case .packetsSent: row.pointee.sent.packets
        case .packetsReceived: row.pointee.received.packets
        case .bytesSent: row.pointee.sent.bytes
        case .bytesReceived: row.pointee.received.bytes
        case .wireBytesSent: row.pointee.sent.wireBytes
        case .wireBytesReceived: row.pointee.received.wireBytes
        case .flows: UInt64(max(0, row.pointee.flowsBegan))
        case .flowsStarted: UInt64(max(0, row.pointee.flowsStarted))
        case .peers: UInt64(max(0, row.pointee.peersBegan))
        }
    }
}
