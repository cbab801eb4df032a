/// Headers with whatever they carry, as bytes: `ethernet(ipv4(udp([1, 2]), protocol: 17))`. Checksums are zero,
/// lengths right unless another is given.
public enum PacketBuilder {
    public typealias Bytes = [UInt8]

    /// Bytes from hexadecimal digits; anything else between them is passed over.
    public static func hex(_ text: String) -> Bytes {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    public static func zeros(_ count: Int) -> Bytes { Bytes(repeating: 0, count: count) }

    static func big<Number: FixedWidthInteger>(_ number: Number) -> Bytes {
        withUnsafeBytes(of: number.bigEndian) { Bytes($0) }
    }

    // MARK: Links

    public static func ethernet(_ payload: Bytes, type: UInt16 = 0x0800) -> Bytes {
        hex("02 00 00 00 00 02  02 00 00 00 00 01") + big(type) + payload
    }

    /// A tag behind an Ethernet header of type `0x8100` (or another tag's).
    public static func vlan(_ identifier: UInt16, _ payload: Bytes, type: UInt16 = 0x0800) -> Bytes {
        big(identifier) + big(type) + payload
    }

    /// One MPLS label, the last of its stack.
    public static func mpls(_ payload: Bytes, label: UInt32 = 16) -> Bytes {
        big(label << 12 | 0x140) + payload
    }

    public static func snap(_ payload: Bytes, type: UInt16 = 0x0800) -> Bytes {
        hex("aa aa 03 00 00 00") + big(type) + payload
    }

    /// An 802.11 data frame from an access point.
    public static func wlan(_ payload: Bytes, control: String = "08 02", extra: Int = 0) -> Bytes {
        hex(control) + zeros(22 + extra) + snap(payload)
    }

    // MARK: Networks

    /// From 10.0.0.1 to 10.0.0.2 unless other last numbers are given.
    public static func ipv4(
        _ payload: Bytes, protocol number: UInt8, source: UInt8 = 1, destination: UInt8 = 2,
        options: Bytes = [], totalLength: UInt16? = nil, fragment: UInt16 = 0, identification: UInt16 = 0
    ) -> Bytes {
        let headerLength = 20 + options.count
        return [0x40 | UInt8(headerLength / 4), 0] + big(totalLength ?? UInt16(headerLength + payload.count))
            + big(identification) + big(fragment) + [64, number, 0, 0, 10, 0, 0, source, 10, 0, 0, destination]
            + options + payload
    }

    /// From fd00::1 to fd00::2 unless other last numbers are given.
    public static func ipv6(
        _ payload: Bytes, next: UInt8, source: UInt8 = 1, destination: UInt8 = 2, payloadLength: UInt16? = nil
    ) -> Bytes {
        [0x60, 0, 0, 0] + big(payloadLength ?? UInt16(payload.count)) + [next, 64]
            + [0xfd] + zeros(14) + [source] + [0xfd] + zeros(14) + [destination] + payload
    }

    /// Hop-by-hop, routing and destination options headers look alike: next, length in 8 bytes after the first.
    public static func options(next: UInt8, _ payload: Bytes) -> Bytes {
        [next] + hex("00 01 04 00 00 00 00") + payload
    }

    public static func fragmentHeader(
        next: UInt8, offset: UInt16, more: Bool, identification: UInt32, _ payload: Bytes
    ) -> Bytes {
        [next, 0] + big(offset << 3 | (more ? 1 : 0)) + big(identification) + payload
    }

    public static func authentication(next: UInt8, _ payload: Bytes) -> Bytes { [next, 4] + zeros(22) + payload }

    // MARK: Transports

    public static func tcp(
        from source: UInt16 = 40000, to destination: UInt16 = 80, sequence: UInt32 = 1, flags: UInt8 = 0x10
    ) -> Bytes {
        big(source) + big(destination) + big(sequence) + zeros(4) + [0x50, flags] + zeros(6)
    }

    public static func udp(
        _ payload: Bytes = [], from source: UInt16 = 40000, to destination: UInt16 = 53, length: UInt16? = nil
    ) -> Bytes {
        big(source) + big(destination) + big(length ?? UInt16(8 + payload.count)) + zeros(2) + payload
    }

    // MARK: Tunnels

    public static func gre(_ payload: Bytes, type: UInt16, flags: UInt16 = 0, fields: Bytes = []) -> Bytes {
        big(flags) + big(type) + fields + payload
    }

    public static func vxlan(_ payload: Bytes, network: UInt32 = 1) -> Bytes {
        hex("08 00 00 00") + big(network << 8) + payload
    }

    public static func geneve(_ payload: Bytes, type: UInt16, network: UInt32 = 1, options: Bytes = []) -> Bytes {
        [UInt8(options.count / 4), 0] + big(type) + big(network << 8) + options + payload
    }

    /// GTP-U's message 255 of version 1.
    public static func gtp(_ payload: Bytes, flags: UInt8 = 0x30, fields: Bytes = []) -> Bytes {
        [flags, 255] + big(UInt16(payload.count + fields.count)) + zeros(4) + fields + payload
    }
}
