// UDP-Lite (RFC 3828), SCTP (RFC 9260) and DCCP (RFC 4340) begin with two ports, as TCP and UDP do.
// ICMP (RFC 792) and ICMPv6 (RFC 4443) begin with type and code.

extension HeaderWalk {
    /// Reads source and destination port.
    mutating func ports(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return .problem(.truncatedTransportHeader) }
        packet.sourcePort = bytes.uint16(at: offset)
        packet.destinationPort = bytes.uint16(at: offset + 2)
        packet.hasPorts = true
        return .none
    }

    /// Reads SCTP's ports, of a common header (12 bytes) that is there whole: no packet with less is
    /// SCTP's.
    mutating func sctp(_ bytes: RawSpan) -> NextHeader {
        guard has(12) else { return .problem(.truncatedTransportHeader) }
        return ports(bytes)
    }

    /// Reads type and code. What an error message quotes is no packet of this capture.
    mutating func icmp(_ bytes: RawSpan) -> NextHeader {
        guard has(2) else { return .problem(.truncatedTransportHeader) }
        packet.sourcePort = UInt16(bytes.byte(at: offset))
        packet.destinationPort = UInt16(bytes.byte(at: offset + 1))
        packet.hasPorts = true
        return .none
    }
}
