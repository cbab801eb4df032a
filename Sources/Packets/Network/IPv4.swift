// IPv4: RFC 791, section 3.1.

extension HeaderWalk {
    /// Reads an IPv4 header.
    ///
    ///     byte 0               2        4    6                8     9          10         12       16
    ///          | version, size | length | id | flags, offset  | TTL | protocol | checksum | source | destination
    ///
    /// A total length of 0 comes from segmentation offload and stands for all bytes up to the end of the
    /// frame as it was on the wire. The destination is the last one of a datagram that takes a source route.
    mutating func ipv4(_ bytes: RawSpan) -> NextHeader {
        guard has(20) else { return .problem(.truncatedNetworkHeader) }
        let header = bytes.extracting(offset..<offset &+ 20)
        guard header.byte(at: 0) == 0x45 else { return .ipv4WithOptions }
        return ipv4(header, length: 20, destination: header.uint32(at: 16), bytes)
    }

    /// Reads an IPv4 header that is longer than 20 bytes, unless it is none.
    mutating func ipv4WithOptions(_ bytes: RawSpan) -> NextHeader {
        let header = bytes.extracting(offset..<offset &+ 20)
        guard header.byte(at: 0) >> 4 == 4 else { return .problem(.badIPv4Version) }
        let length = Int(header.byte(at: 0) & 0xf) * 4
        guard length >= 20 else { return .problem(.badIPv4HeaderLength) }
        let totalLength = header.uint16(at: 2)
        guard totalLength == 0 || totalLength >= length else { return .problem(.badIPv4TotalLength) }
        guard let destination = finalDestination(header.uint32(at: 16), headerLength: length, bytes) else {
            return .problem(.truncatedNetworkHeader)
        }
        return ipv4(header, length: length, destination: destination, bytes)
    }

    /// Takes the fields of a valid header.
    private mutating func ipv4(
        _ header: RawSpan, length: Int, destination: UInt32, _ bytes: RawSpan
    ) -> NextHeader {
        var totalLength = Int(header.uint16(at: 2))
        if totalLength < length {
            guard totalLength == 0 else { return .problem(.badIPv4TotalLength) }
            totalLength = wireEnd &- offset
        }
        let transport = header.byte(at: 9)
        accept(
            source: IPAddress(v4: header.uint32(at: 12)), destination: IPAddress(v4: destination),
            bytes: UInt64(truncatingIfNeeded: totalLength), transport: transport)

        let fragmentField = header.uint16(at: 6) & 0x3fff  // more fragments, and the offset
        if fragmentField != 0 {
            packet.fragmentIdentification = UInt32(header.uint16(at: 4))
            packet.fragment = fragmentField & 0x1fff == 0 ? .first : .later
            if packet.fragment == .later { return .none }
        }
        limit(to: offset &+ totalLength)
        offset &+= length
        return transportHeader(transport, bytes)
    }

    /// Where a datagram goes in the end: the last address of a source route (option 131 or 137: type, length,
    /// pointer, addresses) that it has not travelled yet, otherwise `destination`. `nil` if the options are
    /// cut off.
    private func finalDestination(_ destination: UInt32, headerLength: Int, _ bytes: RawSpan) -> UInt32? {
        var position = offset + 20
        let optionsEnd = offset + headerLength
        while position < optionsEnd {
            guard position < end else { return nil }
            let type = bytes.byte(at: position)
            if type == 0 { break }
            if type == 1 {
                position += 1
                continue
            }
            guard position + 1 < optionsEnd else { break }
            guard position + 1 < end else { return nil }
            let length = Int(bytes.byte(at: position + 1))
            guard length >= 2, position + length <= optionsEnd else { break }
            if type == 131 || type == 137 {
                guard length >= 7 else { break }
                guard position + length <= end else { return nil }
                let pointer = Int(bytes.byte(at: position + 2))
                let isUnderWay = pointer >= 4 && pointer & 3 == 0 && pointer + 3 <= length
                return isUnderWay ? bytes.uint32(at: position + length - 4) : destination
            }
            position += length
        }
        return destination
    }

    /// Reads an IP header of either version.
    mutating func ip(_ bytes: RawSpan) -> NextHeader {
        guard has(1) else { return .problem(.truncatedNetworkHeader) }
        switch bytes.byte(at: offset) >> 4 {
        case 4: return .ipv4
        case 6: return .ipv6
        default: return .problem(.badNetworkHeader)
        }
    }
}
