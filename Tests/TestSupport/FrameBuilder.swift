/// The bytes of Ethernet frames, header by header; checksums are 0, which says nothing about a packet.
public enum FrameBuilder {
    public static func ethernet(type: UInt16, _ payload: [UInt8]) -> [UInt8] {
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2] + bigEndian(type) + payload
    }

    /// A frame with an 802.1Q tag.
    public static func tagged(vlan: UInt16, type: UInt16, _ payload: [UInt8]) -> [UInt8] {
        ethernet(type: 0x8100, bigEndian(vlan) + bigEndian(type) + payload)
    }

    /// RFC 791. `totalLength` is that of the bytes unless the header is to claim another; `fragmentOffset` in units
    /// of eight bytes.
    public static func ipv4(
        _ source: [UInt8], _ destination: [UInt8], protocol number: UInt8, identification: UInt16 = 0,
        moreFragments: Bool = false, fragmentOffset: UInt16 = 0, headerLength: UInt8 = 20,
        totalLength: UInt16? = nil,
        _ payload: [UInt8]
    ) -> [UInt8] {
        var header: [UInt8] = [0x40 | headerLength / 4, 0]
        header += bigEndian(totalLength ?? UInt16(20 + payload.count))
        header += bigEndian(identification)
        header += bigEndian((moreFragments ? 0x2000 : 0) | fragmentOffset)
        return header + [64, number, 0, 0] + source + destination + payload
    }

    /// RFC 8200.
    public static func ipv6(
        _ source: [UInt8], _ destination: [UInt8], next: UInt8, _ payload: [UInt8]
    ) -> [UInt8] {
        [0x60, 0, 0, 0] + bigEndian(UInt16(payload.count)) + [next, 64] + source + destination + payload
    }

    public static func tcp(
        _ sourcePort: UInt16, _ destinationPort: UInt16, sequence: UInt32, flags: UInt8, _ payload: [UInt8] = []
    ) -> [UInt8] {
        bigEndian(sourcePort) + bigEndian(destinationPort) + bigEndian(sequence)
            + [0, 0, 0, 0, 0x50, flags, 0x20, 0, 0, 0, 0, 0] + payload
    }

    public static func udp(_ sourcePort: UInt16, _ destinationPort: UInt16, _ payload: [UInt8]) -> [UInt8] {
        bigEndian(sourcePort) + bigEndian(destinationPort) + bigEndian(UInt16(8 + payload.count)) + [0, 0] + payload
    }

    /// ICMP and ICMPv6 echoes: type, code and an identifier.
    public static func echo(type: UInt8, identifier: UInt16, _ payload: [UInt8]) -> [UInt8] {
        [type, 0, 0, 0] + bigEndian(identifier) + [0, 1] + payload
    }

    /// An ARP request (RFC 826).
    public static let arp: [UInt8] = ethernet(
        type: 0x0806,
        [0, 1, 8, 0, 6, 4, 0, 1] + [2, 0, 0, 0, 0, 2, 10, 0, 0, 1] + [0, 0, 0, 0, 0, 0, 10, 0, 0, 2])

    static func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
