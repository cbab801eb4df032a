// IPv4: RFC 791, section 3.1.

extension HeaderWalk {
    /// Reads an IPv4 header; options need not be there whole.
    ///
    ///     byte 0               2        4    6                8     9          10         12       16
    ///          | version, size | length | id | flags, offset  | TTL | protocol | checksum | source | destination
    ///
    /// A total length of 0 comes from segmentation offload and stands for all bytes up to the end of the
    /// frame as it was on the wire.
    @inline(__always)
    mutating func ipv4(_ bytes: RawSpan) -> NextHeader {
        guard has(20) else { return stop(.truncatedNetworkHeader) }
        let first = bytes.byte(at: offset)
        var headerLength = 20
        if first != 0x45 {
            guard first >> 4 == 4 else { return stop(.badIPv4Version) }
            headerLength = Int(first & 0xf) &* 4
            guard headerLength >= 20 else { return stop(.badIPv4HeaderLength) }
        }
        var totalLength = Int(bytes.uint16(at: offset &+ 2))
        if totalLength < headerLength {
            guard totalLength == 0 else { return stop(.badIPv4TotalLength) }
            totalLength = wireEnd &- offset
        }
        let transport = bytes.byte(at: offset &+ 9)
        accept(
            source: IPAddress(v4: bytes.uint32(at: offset &+ 12)),
            destination: IPAddress(v4: bytes.uint32(at: offset &+ 16)),
            bytes: UInt64(totalLength), transport: transport)

        let fragmentField = bytes.uint16(at: offset &+ 6) & 0x3fff  // more fragments, and the offset
        if fragmentField != 0 {
            packet.fragmentIdentification = UInt32(bytes.uint16(at: offset &+ 4))
            packet.fragment = fragmentField & 0x1fff == 0 ? .first : .later
            if packet.fragment == .later { return .none }
        }
        limit(to: offset &+ totalLength)
        offset &+= headerLength
        return transportHeader(transport, isIPv6: false, bytes)
    }

    /// Reads an IP header of either version.
    mutating func ip(_ bytes: RawSpan) -> NextHeader {
        guard has(1) else { return stop(.truncatedNetworkHeader) }
        switch bytes.byte(at: offset) >> 4 {
        case 4: return .ipv4
        case 6: return .ipv6
        default: return stop(.badNetworkHeader)
        }
    }
}
