public import Packets

extension IPAddress {
    /// `10.0.x.y` of a small number: tests name hosts by number.
    public static func host(_ number: Int) -> IPAddress { IPAddress(v4: 0x0A00_0000 | UInt32(number)) }

    /// `2001:db8::` and a small number.
    public static func host6(_ number: Int) -> IPAddress {
        IPAddress(high: 0x2001_0DB8_0000_0000, low: UInt64(number))
    }
}

extension DecodedPacket {
    /// An IP packet as the decoder would give it; `bytes` is the IP layer's length, 14 less than the frame's.
    public static func ip(
        _ source: IPAddress, _ sourcePort: UInt16, _ destination: IPAddress, _ destinationPort: UInt16,
        transport: TransportProtocol = .udp, bytes: UInt64 = 100, flags: UInt8 = 0, sequence: UInt32 = 0
    ) -> DecodedPacket {
        var packet = DecodedPacket(wireBytes: UInt32(bytes) + 14)
        packet.kind = .ip
        packet.bytes = bytes
        (packet.source, packet.destination) = (source, destination)
        (packet.sourcePort, packet.destinationPort) = (sourcePort, destinationPort)
        packet.hasPorts = true
        packet.transport = transport.rawValue
        packet.tcpFlags = flags
        packet.tcpSequence = sequence
        return packet
    }

    /// A fragment of a UDP datagram; later ones have no ports.
    public static func fragment(
        _ place: Fragment, of identification: UInt32, _ source: IPAddress, _ sourcePort: UInt16,
        _ destination: IPAddress, _ destinationPort: UInt16
    ) -> DecodedPacket {
        var packet = ip(source, sourcePort, destination, destinationPort)
        packet.fragment = place
        packet.fragmentIdentification = identification
        if place == .later {
            (packet.sourcePort, packet.destinationPort, packet.hasPorts) = (0, 0, false)
        }
        return packet
    }
}
