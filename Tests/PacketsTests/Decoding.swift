import Packets
import TestSupport

/// Decodes one frame whole.
func decode(
    _ frame: [UInt8], layer: IPLayer = .inner, link: LinkType = .ethernet, originalLength: UInt32? = nil
) -> DecodedPacket {
    PacketDecoder(layer: layer).decode(
        frame.span.bytes, originalLength: originalLength ?? UInt32(frame.count), linkType: link)
}

/// What identifies an IP packet in these tests: `10.0.0.1 > 10.0.0.2 tcp 40`.
func summary(_ packet: DecodedPacket) -> String {
    switch packet.kind {
    case .ip:
        let name = TransportProtocol(rawValue: packet.transport)
        return "\(packet.source) > \(packet.destination) \(name) \(packet.bytes)"
    case .nonIP: return "no IP"
    case .malformed: return "malformed: \(packet.problem)"
    }
}

/// The packets that these tests put into others.
enum Inside {
    /// 10.0.0.11 > 10.0.0.12, a TCP header and nothing else.
    static let ipv4 = PacketBuilder.ipv4(PacketBuilder.tcp(), protocol: 6, source: 11, destination: 12)
    static let ipv4Summary = "10.0.0.11 > 10.0.0.12 tcp 40"
    static let ipv6 = PacketBuilder.ipv6(PacketBuilder.tcp(), next: 6, source: 0x11, destination: 0x12)
    static let ipv6Summary = "fd00::11 > fd00::12 tcp 60"
    static let ethernet = PacketBuilder.ethernet(ipv4)
}
