internal import Flows
internal import Packets

extension FlowRecord: ReportRow {
    static let columns: [Column<FlowRecord>] = [
        Column("flow_start", .time { $0.start }),
        Column("flow_end", .time { $0.end }),
        Column("source_ip", .text { $0.source.append(to: &$1) }),
        Column("source_port", .port { $0.hasPorts ? $0.sourcePort : nil }),
        Column("destination_ip", .text { $0.destination.append(to: &$1) }),
        Column("destination_port", .port { $0.hasPorts ? $0.destinationPort : nil }),
        Column("transport", .text { $1.append(contentsOf: transportName($0.transport).utf8) }),
        Column("source_packets", .count { $0.sourcePackets }),
        Column("destination_packets", .count { $0.destinationPackets }),
        Column("source_bytes", .count { $0.sourceBytes }),
        Column("destination_bytes", .count { $0.destinationBytes }),
        Column("source_wire_bytes", .count { $0.sourceWireBytes }),
        Column("destination_wire_bytes", .count { $0.destinationWireBytes }),
        Column("end_reason", .text { $1.append(contentsOf: $0.endReason.name.utf8) }),
        Column("community_id", .text { $1.append(contentsOf: communityID(of: $0).utf8) }),
        Column("source_tcp_flags", .optionalText { $0.appendTCPFlags($0.sourceTCPFlags, to: &$1) }),
        Column("destination_tcp_flags", .optionalText { $0.appendTCPFlags($0.destinationTCPFlags, to: &$1) }),
    ]

    static let sums: [Column<FlowRecord>] = [
        Column("packets", .count { $0.packets }),
        Column("bytes", .count { $0.bytes }),
        Column("wire_bytes", .count { $0.sourceWireBytes &+ $0.destinationWireBytes }),
    ]
}

extension FlowRecord {
    /// Both directions. Wraps where two 64-bit counts do not fit in one, after 18 exabytes.
    var bytes: UInt64 { sourceBytes &+ destinationBytes }
    var packets: UInt64 { sourcePackets &+ destinationPackets }

    /// Writes a TCP flag byte as letters, from its highest bit down: `C` CWR, `E` ECE, `U` URG, `A` ACK, `P` PSH,
    /// `R` RST, `S` SYN, `F` FIN; `APSF` for an ordinary connection, nothing for a side that was silent. False
    /// where the transport is not TCP.
    func appendTCPFlags(_ flags: UInt8, to text: inout [UInt8]) -> Bool {
        guard transport == 6 else { return false }
        var bit: UInt8 = 0x80
        for letter in "CEUAPRSF".utf8 {
            if flags & bit != 0 { text.append(letter) }
            bit >>= 1
        }
        return true
    }
}
