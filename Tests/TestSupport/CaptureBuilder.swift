/// The order in which a capture's numbers are written.
public enum ByteOrder: Sendable, CaseIterable {
    case little, big
}

/// Bytes with numbers in a byte order.
public struct ByteWriter: Sendable {
    public var bytes: [UInt8] = []
    public var order: ByteOrder

    public init(order: ByteOrder) { self.order = order }

    public mutating func append(_ more: [UInt8]) { bytes += more }

    public mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        let ordered = order == .little ? number.littleEndian : number.bigEndian
        withUnsafeBytes(of: ordered) { bytes += $0 }
    }

    /// Appends zeros up to a multiple of four bytes.
    public mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }
}

/// The bytes of a classic pcap file, made record by record.
///
///     var capture = PcapBuilder()
///     capture.packet(seconds: 1, fraction: 500_000, [0xFF, …])
///     try Data(capture.bytes).write(to: …)
public struct PcapBuilder: Sendable {
    /// What the magic number says: the unit of the fraction, or the longer record headers.
    public enum Variant: UInt32, Sendable, CaseIterable {
        case microseconds = 0xA1B2_C3D4
        case nanoseconds = 0xA1B2_3C4D
        case modified = 0xA1B2_CD34
    }

    private var writer: ByteWriter
    private let variant: Variant

    public var bytes: [UInt8] { writer.bytes }

    /// The file's header. `linkType` may hold the upper bits that tell the length of a frame's checksum.
    public init(
        _ variant: Variant = .microseconds, order: ByteOrder = .little, linkType: UInt32 = 1,
        snapshotLength: UInt32 = 262_144, version: (major: UInt16, minor: UInt16) = (2, 4)
    ) {
        writer = ByteWriter(order: order)
        self.variant = variant
        writer.append(variant.rawValue)
        writer.append(version.major)
        writer.append(version.minor)
        writer.append(UInt64(0))
        writer.append(snapshotLength)
        writer.append(linkType)
    }

    /// A record. The lengths are those of `bytes`, unless others are given: a file may claim what it likes.
    public mutating func packet(
        seconds: UInt32, fraction: UInt32 = 0, _ bytes: [UInt8], captured: UInt32? = nil, original: UInt32? = nil
    ) {
        writer.append(seconds)
        writer.append(fraction)
        writer.append(captured ?? UInt32(bytes.count))
        writer.append(original ?? UInt32(bytes.count))
        if variant == .modified { writer.append(UInt64(0x0102_0304_0506_0708)) }
        writer.append(bytes)
    }
}
