/// The bytes of a pcapng file, made block by block.
///
///     var capture = PcapngBuilder()                   // with its first section
///     capture.interface(linkType: 1)
///     capture.packet(time: 1_000_000, [0xFF, …])      // one second after the epoch
public struct PcapngBuilder: Sendable {
    /// An option of a block: its code and its value's bytes, without padding.
    public typealias Option = (code: UInt16, value: [UInt8])

    private var writer: ByteWriter

    public var bytes: [UInt8] { writer.bytes }

    public init(order: ByteOrder = .little) {
        writer = ByteWriter(order: order)
        section(order: order)
    }

    /// A section header; the numbers of its section are in this order, and its interfaces count from 0 again.
    public mutating func section(
        order: ByteOrder, version: (major: UInt16, minor: UInt16) = (1, 0), options: [Option] = []
    ) {
        writer.order = order
        block(type: 0x0A0D_0D0A, options: options) { body in
            body.append(UInt32(0x1A2B_3C4D))
            body.append(version.major)
            body.append(version.minor)
            body.append(UInt64.max)
        }
    }

    /// An interface description. `resolution` as if_tsresol holds it; `offset` in seconds, as if_tsoffset.
    public mutating func interface(
        linkType: UInt16, snapshotLength: UInt32 = 0, resolution: UInt8? = nil, offset: Int64? = nil,
        options: [Option] = []
    ) {
        var all = options
        if let resolution { all.append((9, [resolution])) }
        if let offset {
            var value = ByteWriter(order: writer.order)
            value.append(offset)
            all.append((14, value.bytes))
        }
        block(type: 1, options: all) { body in
            body.append(linkType)
            body.append(UInt16(0))
            body.append(snapshotLength)
        }
    }

    /// An enhanced packet block. `time`: units of the interface.
    public mutating func packet(
        interface: UInt32 = 0, time: UInt64, _ bytes: [UInt8], captured: UInt32? = nil, original: UInt32? = nil,
        options: [Option] = []
    ) {
        block(type: 6, options: options) { body in
            body.append(interface)
            body.append(UInt32(truncatingIfNeeded: time >> 32))
            body.append(UInt32(truncatingIfNeeded: time))
            body.append(captured ?? UInt32(bytes.count))
            body.append(original ?? UInt32(bytes.count))
            body.append(bytes)
            body.pad()
        }
    }

    /// A packet block of the obsolete kind.
    public mutating func obsoletePacket(
        interface: UInt16 = 0, time: UInt64, _ bytes: [UInt8], original: UInt32? = nil
    ) {
        block(type: 2) { body in
            body.append(interface)
            body.append(UInt16(0xFFFF))
            body.append(UInt32(truncatingIfNeeded: time >> 32))
            body.append(UInt32(truncatingIfNeeded: time))
            body.append(UInt32(bytes.count))
            body.append(original ?? UInt32(bytes.count))
            body.append(bytes)
            body.pad()
        }
    }

    /// A simple packet block: it has no time, and only the original length.
    public mutating func simplePacket(_ bytes: [UInt8], original: UInt32? = nil) {
        block(type: 3) { body in
            body.append(original ?? UInt32(bytes.count))
            body.append(bytes)
            body.pad()
        }
    }

    /// Any block. `body` writes what comes before the options; a list of options that is not empty is ended.
    public mutating func block(
        type: UInt32, options: [Option] = [], _ body: (inout ByteWriter) -> Void
    ) {
        var content = ByteWriter(order: writer.order)
        body(&content)
        content.pad()
        for option in options {
            content.append(option.code)
            content.append(UInt16(option.value.count))
            content.append(option.value)
            content.pad()
        }
        if !options.isEmpty { content.append(UInt32(0)) }
        let length = UInt32(content.bytes.count + 12)
        writer.append(type)
        writer.append(length)
        writer.append(content.bytes)
        writer.append(length)
    }
}
