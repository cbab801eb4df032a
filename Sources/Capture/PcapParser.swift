import Packets

// Classic pcap: draft-ietf-opsawg-pcap and libpcap's savefile format, pcap-savefile(5).

/// Reads the records of a classic capture file.
///
///     byte 0        4          8            12         16
///          | magic | version 2+2 | zone, accuracy 4+4 | snapshot length 4 | link type 4 |
///     byte 0         4                    8                12                16
///          | seconds | µs or ns | captured length | original length | (8 bytes more in the modified format) |
struct PcapParser: RecordParser {
    static let headerLength = 24

    /// The variants that magic numbers tell apart.
    private enum Magic {
        static let microseconds: UInt32 = 0xA1B2_C3D4
        static let nanoseconds: UInt32 = 0xA1B2_3C4D
        /// Alexey Kuznetsov's: microseconds, and interface, protocol and packet type behind each record's header.
        static let modified: UInt32 = 0xA1B2_CD34
    }

    /// Where the captured length is: versions before 2.3 have it behind the original length; files of version 2.3
    /// have it in either place, and the larger of the two cannot be the captured one.
    private enum LengthOrder {
        case capturedFirst, originalFirst, either
    }

    private let isSwapped: Bool
    private let recordHeaderLength: Int
    private let fractionsPerSecond: UInt32
    private let nanosecondsPerFraction: Int64
    private let linkType: LinkType
    private let longest: UInt32
    private let lengthOrder: LengthOrder
    private(set) var packets: UInt64 = 0

    /// Whether a file begins like a classic capture.
    static func recognizes(_ bytes: RawSpan) -> Bool { magic(bytes) != nil }

    private static func magic(_ bytes: RawSpan) -> (UInt32, isSwapped: Bool)? {
        guard bytes.byteCount >= 4 else { return nil }
        for isSwapped in [false, true] {
            let magic: UInt32 = bytes.integer(at: 0, swapped: isSwapped)
            switch magic {
            case Magic.microseconds, Magic.nanoseconds, Magic.modified: return (magic, isSwapped)
            default: continue
            }
        }
        return nil
    }

    /// Reads the file's header, which ``recognizes(_:)`` has seen.
    init(header bytes: RawSpan) throws(PcapHeaderError) {
        guard bytes.byteCount >= Self.headerLength, let (magic, isSwapped) = Self.magic(bytes) else {
            throw PcapHeaderError(
                damage: .truncatedHeader(needed: Self.headerLength, available: bytes.byteCount))
        }
        self.isSwapped = isSwapped
        let major: UInt16 = bytes.integer(at: 4, swapped: isSwapped)
        let minor: UInt16 = bytes.integer(at: 6, swapped: isSwapped)
        switch (major, minor) {
        case (2, ..<3): lengthOrder = .originalFirst
        case (2, 3): lengthOrder = .either
        case (2, 4): lengthOrder = .capturedFirst
        // The tcpdump of DG/UX called its version 543.0.
        case (543, 0): lengthOrder = .originalFirst
        default: throw PcapHeaderError(damage: .unsupportedVersion(major: major, minor: minor))
        }
        recordHeaderLength = magic == Magic.modified ? 24 : 16
        fractionsPerSecond = magic == Magic.nanoseconds ? 1_000_000_000 : 1_000_000
        nanosecondsPerFraction = magic == Magic.nanoseconds ? 1 : 1000
        let link: UInt32 = bytes.integer(at: 20, swapped: isSwapped)
        // The upper six bits say whether frames end with a checksum, and how long it is.
        linkType = LinkType(rawValue: link & 0x03FF_FFFF)
        longest = longestCapture(linkType: linkType.rawValue)
    }

    mutating func parse(
        _ bytes: UnsafeRawBufferPointer, consumed: inout Int, into batch: PacketBatch, limits: ParseLimits
    ) -> ParseStop {
        // Local copies can stay in registers; through `self` each would be loaded again for each packet.
        let format = self
        var packets = packets
        var count = batch.count
        var offset = consumed
        defer {
            self.packets = packets
            batch.count = count
            consumed = offset
        }
        let headerLength = format.recordHeaderLength
        guard let base = bytes.baseAddress else { return .needs(headerLength, header: headerLength) }
        let span = bytes.bytes
        while count < limits.count {
            let available = span.byteCount - offset
            guard available >= headerLength else { return .needs(headerLength, header: headerLength) }
            let header = span.fourNumbers(at: offset, swapped: format.isSwapped)
            let (seconds, fraction) = (header.x, header.y)
            var (captured, original) = (header.z, header.w)
            if format.lengthOrder != .capturedFirst, format.lengthOrder == .originalFirst || captured > original {
                swap(&captured, &original)
            }
            guard captured <= format.longest else {
                return .damage(.capturedLengthTooLong(claimed: captured, limit: format.longest))
            }
            let length = headerLength + Int(captured)
            guard available >= length else { return .needs(length, header: headerLength) }
            // 32 unsigned bits of seconds end in 2106: the nanoseconds fit.
            let isTimed = fraction < format.fractionsPerSecond
            let time =
                isTimed ? Int64(seconds) * 1_000_000_000 + Int64(fraction) * format.nanosecondsPerFraction : 0
            if isTimed && time > limits.time { return .later(time) }
            packets += 1
            let record = PacketRecord(
                timestamp: time, number: packets, capturedLength: captured, originalLength: original,
                linkType: format.linkType, interface: 0, isTimed: isTimed)
            // In bounds: the whole record is available.
            batch.set(count, to: record, start: base + offset + headerLength)
            count += 1
            offset += length
        }
        return .batchFull
    }
}

extension PcapParser {
    /// Goes on behind so many packets.
    mutating func resume(behind packets: UInt64) { self.packets = packets }

    /// Not needed: no record says anything about others.
    mutating func skim(_ bytes: UnsafeRawBufferPointer, consumed: inout Int, limit: Int) -> ParseStop? {
        consumed = min(bytes.count, limit)
        return consumed == limit ? nil : .needs(bytes.count + 1, header: recordHeaderLength)
    }
}

/// What is wrong with a file's header.
struct PcapHeaderError: Error {
    let damage: CaptureDamage
}
