package import Flows
internal import Packets

extension FlowRecord: ReportRow {
    func showColumns(to visitor: inout some ColumnVisitor & ~Copyable) {
        visitor.time("flow_start", start)
        visitor.time("flow_end", end)
        visitor.text("source_ip") { $0.store(source) }
        visitor.port("source_port", hasPorts ? sourcePort : nil)
        visitor.text("destination_ip") { $0.store(destination) }
        visitor.port("destination_port", hasPorts ? destinationPort : nil)
        visitor.text("transport") { $0.store(word: TransportProtocol(rawValue: transport).description) }
        visitor.count("source_packets", sourcePackets)
        visitor.count("destination_packets", destinationPackets)
        visitor.count("source_bytes", sourceBytes)
        visitor.count("destination_bytes", destinationBytes)
        visitor.count("source_wire_bytes", sourceWireBytes)
        visitor.count("destination_wire_bytes", destinationWireBytes)
        visitor.text("end_reason") { $0.store(word: endReason.name) }
        visitor.text("community_id") { $0.store(communityID) }
        visitor.text("source_tcp_flags", isPresent: isTCP) { Self.storeTCPFlags(sourceTCPFlags, at: &$0) }
        visitor.text("destination_tcp_flags", isPresent: isTCP) {
            Self.storeTCPFlags(destinationTCPFlags, at: &$0)
        }
    }

    func showSums(to visitor: inout some ColumnVisitor & ~Copyable) {
        visitor.count("packets", packets)
        visitor.count("bytes", bytes)
        visitor.count("wire_bytes", sourceWireBytes &+ destinationWireBytes)
    }
}

extension FlowRecord {
    /// Both directions. Wraps where two 64-bit counts do not fit in one, after 18 exabytes.
    package var bytes: UInt64 { sourceBytes &+ destinationBytes }
    package var packets: UInt64 { sourcePackets &+ destinationPackets }

    private var isTCP: Bool { transport == 6 }

    /// Writes a TCP flag byte as letters, from its highest bit down: `C` CWR, `E` ECE, `U` URG, `A` ACK, `P` PSH,
    /// `R` RST, `S` SYN, `F` FIN; `APSF` for an ordinary connection, nothing for a side that was silent.
    private static func storeTCPFlags(_ flags: UInt8, at text: inout TextCursor) {
        var bit: UInt8 = 0x80
        for letter in "CEUAPRSF".utf8 {
            if flags & bit != 0 { text.store(letter) }
            bit >>= 1
        }
    }

    static let blank = FlowRecord(
        start: 0, end: 0, source: IPAddress(v4: 0), destination: IPAddress(v4: 0), sourcePort: 0,
        destinationPort: 0, transport: 0, hasPorts: false, sourcePackets: 0, destinationPackets: 0,
        sourceBytes: 0, destinationBytes: 0, sourceWireBytes: 0, destinationWireBytes: 0, sourceTCPFlags: 0,
        destinationTCPFlags: 0, endReason: .end)
}
