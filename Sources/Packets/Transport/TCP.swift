// TCP: RFC 9293, section 3.1.

extension HeaderWalk {
    /// Reads what there is of a TCP header: the ports of one cut off behind them are still ports.
    ///
    ///     byte 0        2             4          8                 12                  13      14
    ///          | source | destination | sequence | acknowledgement | offset, reserved  | flags | …
    @inline(__always)
    mutating func tcp(_ bytes: RawSpan) -> NextHeader {
        guard has(14) else { return truncatedTCP(bytes) }
        packet.sourcePort = bytes.uint16(at: offset)
        packet.destinationPort = bytes.uint16(at: offset &+ 2)
        packet.tcpSequence = bytes.uint32(at: offset &+ 4)
        packet.tcpFlags = bytes.byte(at: offset &+ 13)
        packet.hasPorts = true
        return .none
    }

    @inline(never)
    private mutating func truncatedTCP(_ bytes: RawSpan) -> NextHeader {
        _ = ports(bytes)
        if has(8) { packet.tcpSequence = bytes.uint32(at: offset + 4) }
        return stop(.truncatedTransportHeader)
    }
}
