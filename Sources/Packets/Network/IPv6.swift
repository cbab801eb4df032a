// IPv6: RFC 8200, section 3.

extension HeaderWalk {
    /// Reads an IPv6 header.
    ///
    ///     byte 0                      4                8             ... 24            40
    ///          | version, class, flow | length | next | hops | source … | destination … |
    mutating func ipv6(_ bytes: RawSpan) -> NextHeader {
        guard has(40) else { return .problem(.truncatedNetworkHeader) }
        let header = bytes.extracting(offset..<offset &+ 40)
        guard header.byte(at: 0) >> 4 == 6 else { return .problem(.badIPv6Version) }
        let payloadLength = Int(header.uint16(at: 4))
        guard payloadLength != 0 else { return .ipv6WithoutLength }
        return ipv6(header, payloadLength: payloadLength, bytes)
    }

    /// Reads a header whose payload length is 0. With a hop-by-hop header behind it, that may mean a
    /// jumbogram.
    mutating func ipv6WithoutLength(_ bytes: RawSpan) -> NextHeader {
        let header = bytes.extracting(offset..<offset &+ 40)
        let hasOptions = header.byte(at: 6) == ExtensionHeader.hopByHop
        let payloadLength = hasOptions ? jumboPayload(at: offset + 40, bytes) : 0
        return ipv6(header, payloadLength: payloadLength, bytes)
    }

    /// Takes the fields of a valid header.
    private mutating func ipv6(_ header: RawSpan, payloadLength: Int, _ bytes: RawSpan) -> NextHeader {
        let next = header.byte(at: 6)
        accept(
            source: header.ipv6Address(at: 8), destination: header.ipv6Address(at: 24),
            bytes: UInt64(truncatingIfNeeded: 40 &+ payloadLength), transport: next)
        offset &+= 40
        limit(to: offset &+ payloadLength)
        return transportHeader(next, bytes)
    }
}
