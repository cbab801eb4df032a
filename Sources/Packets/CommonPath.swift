// The short way for almost all packets. It gives what the walk through the headers gives, which a test holds it
// to, at a fraction of the cost: every field is at a fixed offset of one piece of the frame, and the compiler puts it
// into the caller, so that fields go from the frame to where they are wanted.

extension PacketDecoder {
    /// Decodes Ethernet, with a VLAN tag or without, IPv4 without options or fragments or IPv6 without
    /// extension headers, and TCP or UDP, where no tunnel is to be followed, and calls `take` with the packet. False
    /// for everything else, and where anything is cut off or doubtful: ``decodeUncommon(_:originalLength:linkType:)``
    /// decodes it.
    ///
    /// `take` is put in place for each kind of packet, so that what is known of a kind costs nothing in it.
    @inlinable @inline(__always)
    public func decodeCommon(
        _ bytes: RawSpan, originalLength: UInt32, linkType: LinkType, _ take: (DecodedPacket) -> Void
    ) -> Bool {
        guard linkType.rawValue == 1, bytes.byteCount >= 18 else { return false }
        let link = bytes.extracting(0..<18)
        var type = link.uint16(at: 12)
        var start = 14
        var separation: UInt32 = 0
        if type == 0x8100 {
            separation = Self.separation(tag: link.uint16(at: 14))
            type = link.uint16(at: 16)
            start = 18
        }
        switch type {
        case 0x0800:
            return commonIPv4(bytes, start, separation: separation, originalLength: originalLength, take)
        case 0x86dd:
            return commonIPv6(bytes, start, separation: separation, originalLength: originalLength, take)
        default: return false
        }
    }

    /// The offsets are those of ``HeaderWalk/ipv4(_:)``, then of ``HeaderWalk/tcp(_:)`` and
    /// ``HeaderWalk/udp(_:)``, 20 bytes further.
    @inlinable @inline(__always)
    func commonIPv4(
        _ bytes: RawSpan, _ start: Int, separation: UInt32, originalLength: UInt32, _ take: (DecodedPacket) -> Void
    ) -> Bool {
        guard bytes.byteCount >= start &+ 34 else { return false }
        let header = bytes.extracting(start..<start &+ 34)
        let totalLength = header.uint16(at: 2)
        let isFragment = header.uint16(at: 6) & 0x3fff != 0
        guard header.byte(at: 0) == 0x45, totalLength >= 34, !isFragment else { return false }
        let transport = header.byte(at: 9)
        let ports = header.uint32(at: 20)
        let isTCP = transport == 6
        guard isTCP || isPlainUDP(transport, ports: ports) else { return false }
        take(
            DecodedPacket(
                source: IPAddress(v4: header.uint32(at: 12)), destination: IPAddress(v4: header.uint32(at: 16)),
                bytes: UInt64(totalLength), wireBytes: originalLength, separation: separation, transport: transport,
                ports: ports, tcpSequence: isTCP ? header.uint32(at: 24) : 0,
                tcpFlags: isTCP ? header.byte(at: 33) : 0))
        return true
    }

    /// The same for ``HeaderWalk/ipv6(_:)``, with 40 bytes.
    @inlinable @inline(__always)
    func commonIPv6(
        _ bytes: RawSpan, _ start: Int, separation: UInt32, originalLength: UInt32, _ take: (DecodedPacket) -> Void
    ) -> Bool {
        guard bytes.byteCount >= start &+ 54 else { return false }
        let header = bytes.extracting(start..<start &+ 54)
        let payloadLength = header.uint16(at: 4)
        guard header.byte(at: 0) >> 4 == 6, payloadLength >= 14 else { return false }
        let transport = header.byte(at: 6)
        let ports = header.uint32(at: 40)
        let isTCP = transport == 6
        guard isTCP || isPlainUDP(transport, ports: ports) else { return false }
        take(
            DecodedPacket(
                source: header.ipv6Address(at: 8), destination: header.ipv6Address(at: 24),
                bytes: 40 &+ UInt64(payloadLength), wireBytes: originalLength, separation: separation,
                transport: transport, ports: ports, tcpSequence: isTCP ? header.uint32(at: 44) : 0,
                tcpFlags: isTCP ? header.byte(at: 53) : 0))
        return true
    }

    @inlinable @inline(__always)
    func isPlainUDP(_ transport: UInt8, ports: UInt32) -> Bool {
        guard transport == 17 else { return false }
        guard layer == .inner else { return true }
        let source = UInt16(truncatingIfNeeded: ports >> 16)
        let destination = UInt16(truncatingIfNeeded: ports)
        guard UDPTunnel.mayUse(source) || UDPTunnel.mayUse(destination) else { return true }
        return !Self.isTunnel(source, destination)
    }

    /// The digest of one VLAN tag.
    @usableFromInline static func separation(tag: UInt16) -> UInt32 { VLANTag.separation(0, tag: tag) }

    @usableFromInline static func isTunnel(_ source: UInt16, _ destination: UInt16) -> Bool {
        UDPTunnel(source, destination) != nil
    }
}

extension DecodedPacket {
    /// A whole packet of a protocol with ports, the source's in the upper half of `ports`.
    @inlinable @inline(__always)
    init(
        source: IPAddress, destination: IPAddress, bytes: UInt64, wireBytes: UInt32, separation: UInt32,
        transport: UInt8, ports: UInt32, tcpSequence: UInt32, tcpFlags: UInt8
    ) {
        self.init(wireBytes: wireBytes)
        self.source = source
        self.destination = destination
        self.bytes = bytes
        self.separation = separation
        self.tcpSequence = tcpSequence
        self.sourcePort = UInt16(truncatingIfNeeded: ports >> 16)
        self.destinationPort = UInt16(truncatingIfNeeded: ports)
        self.transport = transport
        self.tcpFlags = tcpFlags
        self.kind = .ip
        self.hasPorts = true
    }
}
