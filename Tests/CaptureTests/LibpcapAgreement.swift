import Packets

@testable import Capture

/// What the reader and libpcap make of the same bytes must be the same, but for these differences, each of which is a
/// rule here and a line in Docs/decisions/0006-own-capture-reader.md. For the tests and for the fuzzer.
struct LibpcapAgreement {
    let bytes: [UInt8]
    let packets: [ReadPacket]
    /// Why the reader stopped; `nil` at the end.
    let error: CaptureError?
    let libpcap: LibpcapReading

    /// The first contradiction; `nil` where the two agree.
    var contradiction: String? {
        for (ours, theirs) in zip(packets, libpcap.packets) {
            if let difference = difference(ours, theirs) { return "packet \(ours.record.number): \(difference)" }
        }
        if packets.count < libpcap.packets.count, !mayStopFirst { return endings("the reader stops first") }
        if packets.count > libpcap.packets.count, !mayReadOn { return endings("libpcap stops first") }
        if packets.count == libpcap.packets.count, !isSameEnd, !mayStopFirst, !mayReadOn {
            return endings("they end in different ways")
        }
        return nil
    }

    private func endings(_ what: String) -> String {
        let ours = error.map { "\($0)" } ?? "end"
        return
            "\(what): \(packets.count) packets, \(ours); libpcap: \(libpcap.packets.count), \(libpcap.error ?? "end")"
    }

    // MARK: Packets

    private func difference(_ ours: ReadPacket, _ theirs: LibpcapPacket) -> String? {
        let record = ours.record
        if let difference = timeDifference(record, theirs) { return difference }
        // Classic packets longer than the snapshot length are cut to it by libpcap.
        guard min(record.capturedLength, libpcap.snapshotLength) == theirs.captured else {
            return "captured \(record.capturedLength), not \(theirs.captured)"
        }
        let link = record.linkType.rawValue
        // libpcap corrects the length of isochronous USB transfers, and turns the numbers of these pseudo headers into
        // host order: USB, USB with padded headers, NFLOG.
        guard link == 220 || record.originalLength == theirs.original else {
            return "original \(record.originalLength), not \(theirs.original)"
        }
        guard [189, 220, 239].contains(link) || ours.bytes.starts(with: theirs.bytes) else { return "bytes" }
        // Numbers that files and libpcap's interface give to the same type: pcap-common.c.
        let renumbered: [UInt32: CInt] = [100: 11, 101: 12, 102: 15, 103: 16, 106: 19]
        let dataLink = renumbered[link] ?? CInt(truncatingIfNeeded: link)
        return dataLink == libpcap.dataLink ? nil : "link type \(link), not \(libpcap.dataLink)"
    }

    private func timeDifference(_ record: PacketRecord, _ theirs: LibpcapPacket) -> String? {
        let second: Int128 = 1_000_000_000
        var expected = Int128(theirs.seconds) * second + Int128(theirs.fraction)
        let isPcapng = isPcapng
        // libpcap takes classic pcap's 32-bit seconds for signed where the byte order is the machine's.
        if !isPcapng, theirs.seconds < 0 { expected += (1 << 32) * second }
        let hasFraction = (0..<Int64(second)).contains(theirs.fraction)
        let isPossible = hasFraction && Int64(exactly: expected) != nil
        guard record.isTimed else {
            // Simple packet blocks have no time; libpcap says 0, and adds the interface's offset. Units of a second or
            // half a second can, with the offset, reach beyond 64 bits, and libpcap's sum is wrong.
            let isWhole = theirs.fraction == 0 || theirs.fraction == 500_000_000
            return !isPossible || isPcapng && isWhole ? nil : "no time, not \(expected)"
        }
        if isPcapng, hasFineBinaryClock {
            // libpcap multiplies in 64 bits: its fraction is wrong.
            let sinceSecond = Int128((record.timestamp % 1_000_000_000 + 1_000_000_000) % 1_000_000_000)
            let begun = (Int128(record.timestamp) - sinceSecond) / second
            return begun == Int128(theirs.seconds) ? nil : "second \(begun), not \(theirs.seconds)"
        }
        guard isPossible else { return "time \(record.timestamp), where there is none" }
        return Int128(record.timestamp) == expected ? nil : "time \(record.timestamp), not \(expected)"
    }

    private var isPcapng: Bool { bytes.starts(with: [0x0A, 0x0D, 0x0D, 0x0A]) }

    /// Whether an option says that a unit is a second divided by 2^35 or more.
    private var hasFineBinaryClock: Bool {
        bytes.indices.dropFirst(4).contains { index in
            let option = bytes[index - 4..<index]
            return bytes[index] >= 0x80 + 35
                && (option.elementsEqual([9, 0, 1, 0]) || option.elementsEqual([0, 9, 0, 1]))
        }
    }

    // MARK: Ends

    /// What libpcap does not read, or not at all so: there the reader may go on.
    private var mayReadOn: Bool {
        guard let words = libpcap.error else { return false }
        // One kind of interface in a file, in one byte order, described before everything else.
        let limits = [
            "different from the type of the first interface",
            "different from the snapshot length of the first interface",
            "sections with different byte orders",
            "has no Interface Description Block",
            // Options that cannot be, but say no less than others.
            "more than one if_ts", "is too high",
            // A megabyte of section header, 16 of anything else.
            "BT_SHB_INSANE_MAX", "pcapng block size",
        ]
        if limits.contains(where: words.contains) { return true }
        // Longer than the interface's snapshot length, within the block: pcapng alone. And USB transfers of up to 128 MiB,
        // which only later versions of libpcap take for sane.
        if words.contains("invalid packet capture length") {
            return isPcapng || [189, 220, 249].contains(libpcap.dataLink)
        }
        return hasBothByteOrders
    }

    /// libpcap takes the lengths of the next section's block in the byte order of the one before.
    private var hasBothByteOrders: Bool {
        let orders: [[UInt8]] = [[0x1A, 0x2B, 0x3C, 0x4D], [0x4D, 0x3C, 0x2B, 0x1A]]
        return isPcapng
            && orders.allSatisfy { order in
                bytes.indices.dropFirst(8).contains { index in
                    bytes[index...].starts(with: order)
                        && bytes[(index - 8)...].starts(with: [0x0A, 0x0D, 0x0D, 0x0A])
                }
            }
    }

    /// What the reader is stricter about.
    private var mayStopFirst: Bool {
        guard isPcapng, case .damaged(_, _, let offset, let damage)? = error else { return false }
        switch damage {
        // libpcap does not compare the lengths of the first section's block, nor look at the versions of later ones,
        // nor at sections at all before there is an interface.
        case .badBlockLength, .blockLengthsDiffer: return offset == 0 || packets.isEmpty && isSection(at: offset)
        case .unsupportedVersion, .badByteOrderMagic: return offset > 0
        // Nor does it limit packets where the snapshot length allows them.
        case .capturedLengthTooLong(let claimed, _): return claimed <= libpcap.snapshotLength
        default: return hasBothByteOrders && packets.isEmpty
        }
    }

    private func isSection(at offset: UInt64) -> Bool {
        bytes.dropFirst(Int(clamping: offset)).starts(with: [0x0A, 0x0D, 0x0D, 0x0A])
    }

    /// Whether the two say the same about where they stopped.
    private var isSameEnd: Bool {
        guard let words = libpcap.error else { return error == nil }
        guard let error else { return false }
        let name = Self.name(of: error)
        return Self.sameMeaning.contains { words.contains($0.key) && $0.value.contains(name) }
    }

    /// The case of an error, or of its damage.
    private static func name(of error: CaptureError) -> String {
        guard case .damaged(_, _, _, let damage) = error else { return label(error) }
        return label(damage)
    }

    private static func label(_ value: Any) -> String {
        Mirror(reflecting: value).children.first?.label ?? "\(value)"
    }

    /// A part of libpcap's words, and what the reader calls it. What both are right about can come in another order:
    /// a block that is cut off within its lengths, or whose packet is too long in more than one way.
    private static let sameMeaning: [String: Set<String>] = [
        "file header bytes": ["empty", "notACapture", "truncatedHeader"],
        "unknown file format": ["notACapture", "badByteOrderMagic", "truncatedHeader"],
        "archaic pcap savefile format": ["unsupportedVersion"],
        "unsupported pcap": ["unsupportedVersion"],
        "unknown pcapng savefile major version": ["unsupportedVersion"],
        "header bytes, only got": ["truncatedHeader"],
        "captured bytes, only got": ["truncatedRecord"],
        "invalid packet capture length": ["capturedLengthTooLong"],
        "truncated pcapng dump file": ["truncatedHeader", "truncatedBlock"],
        "BT_SHB_INSANE_MAX": ["badBlockLength", "blockLengthsDiffer", "truncatedBlock", "truncatedHeader"],
        "block in pcapng dump file has a length": ["badBlockLength", "truncatedHeader"],
        "pcapng block size": ["badBlockLength", "truncatedBlock", "truncatedHeader"],
        "block total length in header": ["blockLengthsDiffer"],
        "packet block before any Interface": ["unknownInterface", "badBlockLength"],
        "is too short": [
            "badBlockLength", "packetBeyondBlock", "optionBeyondBlock", "capturedLengthTooLong", "badOptionLength",
        ],
        "option with length": ["badOptionLength"],
        "a packet arrived on interface": ["unknownInterface"],
        "bad byte order magic": ["badByteOrderMagic"],
    ]
}
