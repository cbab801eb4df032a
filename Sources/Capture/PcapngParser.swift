import Packets

// pcapng: draft-ietf-opsawg-pcapng.

/// Reads the blocks of a pcapng file: sections in either byte order, interfaces of any link type, all four kinds
/// of packets. Blocks of other types are skipped.
///
///     byte 0      4              8              length - 4      length
///          | type | total length | body …       | total length |
struct PcapngParser: RecordParser {
    /// The shortest block: its type and its length twice.
    private static let shortestBlock = 12
    /// The longest packet that is possible, and room for its block's header and options.
    private static let longestBlock: UInt32 = 128 * 1024 * 1024 + 128 * 1024 + 64
    private static let mostInterfaces = 1 << 20

    private enum Block {
        static let section: UInt32 = 0x0A0D_0D0A
        static let interface: UInt32 = 1
        /// Obsolete since 2004, and still met.
        static let packet: UInt32 = 2
        static let simplePacket: UInt32 = 3
        static let enhancedPacket: UInt32 = 6
    }

    private enum Option {
        static let end: UInt16 = 0
        static let timeResolution: UInt16 = 9
        static let timeOffset: UInt16 = 14
    }

    private var isSwapped = false
    /// The interfaces of the section that is being read.
    private var interfaces: [PcapngInterface] = []
    /// Interfaces in the sections before: numbers in ``PacketRecord/interface`` go on counting.
    private var earlierInterfaces: UInt32 = 0
    private(set) var packets: UInt64 = 0

    /// Whether a file begins with a section header; its byte order mark is checked when the section is read.
    static func recognizes(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount >= 4 else { return false }
        let type: UInt32 = bytes.integer(at: 0, swapped: false)
        return type == Block.section
    }

    mutating func parse(
        _ bytes: UnsafeRawBufferPointer, consumed: inout Int, into batch: PacketBatch, limits: ParseLimits
    ) -> ParseStop {
        while true {
            if let stop = parsePackets(bytes, consumed: &consumed, into: batch, limits: limits) { return stop }
            if let stop = parseOther(bytes.bytes, consumed: &consumed) { return stop }
        }
    }

    /// A block's frame.
    private enum Frame {
        case block(length: Int)
        case stop(ParseStop)
    }

    /// Checks the lengths of the block at an offset, where at least its shortest form is available.
    @inline(__always)
    private static func frame(_ bytes: RawSpan, at offset: Int, type: UInt32, isSwapped: Bool) -> Frame {
        let claimed: UInt32 = bytes.integer(at: offset + 4, swapped: isSwapped)
        guard claimed >= shortestBlock, claimed % 4 == 0, claimed <= longestBlock else {
            return .stop(.damage(.badBlockLength(type: type, claimed)))
        }
        let length = Int(claimed)
        guard bytes.byteCount - offset >= length else { return .stop(.needs(length, header: 8)) }
        let repeated: UInt32 = bytes.integer(at: offset + length - 4, swapped: isSwapped)
        guard repeated == claimed else { return .stop(.damage(.blockLengthsDiffer(claimed, repeated))) }
        return .block(length: length)
    }

    /// Reads packets up to the first block that is none, for which it gives `nil`.
    private mutating func parsePackets(
        _ bytes: UnsafeRawBufferPointer, consumed: inout Int, into batch: PacketBatch, limits: ParseLimits
    ) -> ParseStop? {
        // Local copies can stay in registers; through `self` each would be loaded again for each packet.
        let (isSwapped, interfaces, earlierInterfaces) = (isSwapped, interfaces, earlierInterfaces)
        var packets = packets
        var count = batch.count
        var offset = consumed
        defer {
            self.packets = packets
            batch.count = count
            consumed = offset
        }
        guard let base = bytes.baseAddress else { return .needs(Self.shortestBlock, header: Self.shortestBlock) }
        let span = bytes.bytes
        while count < limits.count {
            guard span.byteCount - offset >= Self.shortestBlock else {
                return .needs(Self.shortestBlock, header: Self.shortestBlock)
            }
            let type: UInt32 = span.integer(at: offset, swapped: isSwapped)
            guard type == Block.enhancedPacket || type == Block.packet || type == Block.simplePacket else {
                return nil
            }
            let length: Int
            switch Self.frame(span, at: offset, type: type, isSwapped: isSwapped) {
            case .block(let found): length = found
            case .stop(let stop): return stop
            }
            let headerLength = type == Block.simplePacket ? 12 : 28
            let room = length - headerLength - 4
            guard room >= 0 else { return .damage(.badBlockLength(type: type, UInt32(length))) }

            let number: UInt32
            let captured: UInt32
            let original: UInt32
            var time: Int64?
            if type == Block.simplePacket {
                number = 0
                original = span.integer(at: offset + 8, swapped: isSwapped)
                // Only the first interface's snapshot length tells how much was captured.
                captured = min(original, interfaces.first?.snapshotLength ?? original)
            } else {
                let header = span.fourNumbers(at: offset + 12, swapped: isSwapped)
                (captured, original) = (header.z, header.w)
                if type == Block.enhancedPacket {
                    number = span.integer(at: offset + 8, swapped: isSwapped)
                } else {
                    let short: UInt16 = span.integer(at: offset + 8, swapped: isSwapped)
                    number = UInt32(short)
                }
                if number < interfaces.count {
                    time = interfaces[Int(number)].clock.nanoseconds(UInt64(header.x) << 32 | UInt64(header.y))
                }
            }
            guard number < interfaces.count else {
                return .damage(.unknownInterface(number, described: interfaces.count))
            }
            let linkType = interfaces[Int(number)].linkType
            let longest = longestCapture(linkType: linkType.rawValue)
            guard captured <= longest else {
                return .damage(.capturedLengthTooLong(claimed: captured, limit: longest))
            }
            guard captured <= room else {
                return .damage(.packetBeyondBlock(claimed: captured, available: room))
            }
            if let time, time > limits.time { return .later(time) }
            packets += 1
            let record = PacketRecord(
                timestamp: time ?? 0, number: packets, capturedLength: captured, originalLength: original,
                linkType: linkType, interface: earlierInterfaces &+ number, isTimed: time != nil)
            // In bounds: the block is available and the packet ends within it.
            batch.set(count, to: record, start: base + offset + headerLength)
            count += 1
            offset += length
        }
        return .batchFull
    }

    mutating func skim(_ bytes: UnsafeRawBufferPointer, consumed: inout Int, limit: Int) -> ParseStop? {
        let span = bytes.bytes
        while consumed < limit {
            guard span.byteCount - consumed >= Self.shortestBlock else {
                return .needs(Self.shortestBlock, header: Self.shortestBlock)
            }
            let type: UInt32 = span.integer(at: consumed, swapped: isSwapped)
            if type == Block.enhancedPacket || type == Block.packet || type == Block.simplePacket {
                switch Self.frame(span, at: consumed, type: type, isSwapped: isSwapped) {
                case .block(let length): consumed += length
                case .stop(let stop): return stop
                }
                packets += 1
            } else if let stop = parseOther(span, consumed: &consumed) {
                return stop
            }
        }
        return nil
    }

    /// Reads one block that holds no packet; gives `nil` when it is consumed.
    private mutating func parseOther(_ bytes: RawSpan, consumed: inout Int) -> ParseStop? {
        let offset = consumed
        let type: UInt32 = bytes.integer(at: offset, swapped: isSwapped)
        if type == Block.section, let damage = readByteOrder(bytes.integer(at: offset + 8, swapped: false)) {
            return .damage(damage)
        }
        switch Self.frame(bytes, at: offset, type: type, isSwapped: isSwapped) {
        case .stop(let stop):
            return stop
        case .block(let length):
            let body = bytes.extracting(offset + 8..<offset + length - 4)
            var damage: CaptureDamage?
            switch type {
            case Block.section: damage = readSection(body)
            case Block.interface: damage = readInterface(body)
            default: break
            }
            if let damage { return .damage(damage) }
            consumed = offset + length
            return nil
        }
    }

    /// Sets the byte order of the section that begins here.
    private mutating func readByteOrder(_ mark: UInt32) -> CaptureDamage? {
        switch mark {
        case 0x1A2B_3C4D: isSwapped = false
        case 0x4D3C_2B1A: isSwapped = true
        default: return .badByteOrderMagic(mark)
        }
        return nil
    }

    /// Reads the body of a section header block: byte order mark, version, section length, options.
    private mutating func readSection(_ body: RawSpan) -> CaptureDamage? {
        guard body.byteCount >= 16 else {
            return .badBlockLength(type: Block.section, UInt32(body.byteCount + Self.shortestBlock))
        }
        let major: UInt16 = body.integer(at: 4, swapped: isSwapped)
        let minor: UInt16 = body.integer(at: 6, swapped: isSwapped)
        // Version 1.2 is 1.0 with further block types.
        guard major == 1, minor == 0 || minor == 2 else {
            return .unsupportedVersion(major: major, minor: minor)
        }
        earlierInterfaces &+= UInt32(interfaces.count)
        interfaces.removeAll(keepingCapacity: true)
        return nil
    }

    /// Reads the body of an interface description block: link type, reserved, snapshot length, options.
    private mutating func readInterface(_ body: RawSpan) -> CaptureDamage? {
        guard body.byteCount >= 8 else {
            return .badBlockLength(type: Block.interface, UInt32(body.byteCount + Self.shortestBlock))
        }
        guard interfaces.count < Self.mostInterfaces else {
            return .tooManyInterfaces(limit: Self.mostInterfaces)
        }
        let isSwapped = isSwapped
        let linkType: UInt16 = body.integer(at: 0, swapped: isSwapped)
        let snapshotLength: UInt32 = body.integer(at: 4, swapped: isSwapped)
        var resolution: UInt8 = 6
        var offsetSeconds: Int64 = 0
        let damage = forEachOption(of: body, from: 8) { code, offset, length in
            switch (code, length) {
            case (Option.timeResolution, 1): resolution = body.integer(at: offset, swapped: false)
            case (Option.timeOffset, 8): offsetSeconds = body.integer(at: offset, swapped: isSwapped)
            case (Option.timeResolution, _), (Option.timeOffset, _):
                return .badOptionLength(code: code, length: length)
            default: break
            }
            return nil
        }
        if let damage { return damage }
        interfaces.append(
            PcapngInterface(
                linkType: LinkType(rawValue: UInt32(linkType)),
                snapshotLength: snapshotLength == 0 ? nil : snapshotLength,
                clock: PcapngClock(resolution: resolution, offsetSeconds: offsetSeconds)))
        return nil
    }

    /// Calls `body` with the code of each option and where its value is, up to the end or the first damage.
    private func forEachOption(
        of block: RawSpan, from start: Int, _ body: (UInt16, Int, Int) -> CaptureDamage?
    ) -> CaptureDamage? {
        var offset = start
        while offset < block.byteCount {
            let available = block.byteCount - offset
            guard available >= 4 else { return .optionBeyondBlock(claimed: 4, available: available) }
            let code: UInt16 = block.integer(at: offset, swapped: isSwapped)
            let claimed: UInt16 = block.integer(at: offset + 2, swapped: isSwapped)
            let length = Int(claimed)
            if code == Option.end { return length == 0 ? nil : .badOptionLength(code: code, length: length) }
            guard length <= available - 4 else {
                return .optionBeyondBlock(claimed: length, available: available - 4)
            }
            if let damage = body(code, offset + 4, length) { return damage }
            // Values are padded to a multiple of four; the last one's padding is in the block as well.
            offset += 4 + (length + 3) / 4 * 4
        }
        return nil
    }
}
