// IPv6: RFC 8200, section 3.

extension HeaderWalk {
    /// Reads an IPv6 header.
    ///
    ///     byte 0                      4                8             ... 24            40
    ///          | version, class, flow | length | next | hops | source … | destination … |
    @inline(__always)
    mutating func ipv6(_ bytes: RawSpan) -> NextHeader {
        guard has(40) else { return stop(.truncatedNetworkHeader) }
        guard bytes.byte(at: offset) >> 4 == 6 else { return stop(.badIPv6Version) }
        let payloadLength = Int(bytes.uint16(at: offset &+ 4))
        let next = bytes.byte(at: offset &+ 6)
        accept(
            source: bytes.ipv6Address(at: offset &+ 8),
            destination: bytes.ipv6Address(at: offset &+ 24),
            bytes: UInt64(40 &+ payloadLength), transport: next)
        offset &+= 40
        if payloadLength == 0 && next == ExtensionHeader.hopByHop {
            let jumbo = jumboPayload(bytes)
            packet.bytes = UInt64(40 &+ jumbo)
            limit(to: offset &+ jumbo)
        } else {
            limit(to: offset &+ payloadLength)
        }
        return transportHeader(next, isIPv6: true, bytes)
    }
}
