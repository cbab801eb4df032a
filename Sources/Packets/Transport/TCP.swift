// TCP: RFC 9293, section 3.1.

extension HeaderWalk {
    /// Reads what there is of a TCP header: the ports of one cut off behind them are still ports.
    ///
    ///     byte 0        2             4          8                 12                  13      14
    ///          | source | destination | sequence | acknowledgement | offset, reserved  | flags | …
    mutating func tcp(_ bytes: RawSpan) -> NextHeader {
        guard has(14) else { return .transport(TransportProtocol.tcp.rawValue) }
        let header = bytes.extracting(offset..<offset &+ 14)
        packet.sourcePort = header.uint16(at: 0)
        packet.destinationPort = header.uint16(at: 2)
        packet.tcpSequence = header.uint32(at: 4)
        packet.tcpFlags = header.byte(at: 13)
        packet.hasPorts = true
        return .none
    }

    mutating func truncatedTCP(_ bytes: RawSpan) -> NextHeader {
        _ = ports(bytes)
        if has(8) { packet.tcpSequence = bytes.uint32(at: offset + 4) }
        return .problem(.truncatedTransportHeader)
    }
}
