// Headers that capture programs put before 802.11 frames: radiotap (https://www.radiotap.org), Prism, AVS, and
// PPI, which goes before frames of any link type.

extension HeaderWalk {
    /// Reads version, length (little-endian, 2 bytes at 2) and, of the fields that the presence words name,
    /// the flags: whether the frame is padded (0x20) and has its check sequence (0x10).
    mutating func radiotap(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedLinkHeader) }
        let length = Int(bytes.littleEndian16(at: offset + 2))
        guard length >= 8 else { return .problem(.badLinkHeader) }
        guard has(length) else { return .problem(.truncatedLinkHeader) }
        var frame = WLANFrame()
        if let flags = radiotapFlags(bytes, length: length) {
            frame.isPadded = flags & 0x20 != 0
            if flags & 0x10 != 0 { limit(to: wireEnd - 4) }
        }
        offset += length
        return .wlan(frame)
    }

    private func radiotapFlags(_ bytes: RawSpan, length: Int) -> UInt8? {
        let present = bytes.littleEndian32(at: offset + 4)
        guard present & 0x2 != 0 else { return nil }
        var field = 4
        while bytes.littleEndian32(at: offset + field) & 0x8000_0000 != 0 {
            field += 4
            guard field + 4 <= length else { return nil }
        }
        field += 4
        let hasTime = present & 0x1 != 0
        if hasTime { field = (field + 7) & ~7 + 8 }
        return field < length ? bytes.byte(at: offset + field) : nil
    }

    /// Reads a Prism header: message (4 bytes), length (4) in the capturing host's order. Some drivers put
    /// an AVS header there.
    mutating func prism(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedLinkHeader) }
        if bytes.uint32(at: offset) >> 8 == 0x802110 { return avs(bytes) }
        let length = bytes.littleEndian32(at: offset + 4)
        let wanted = length < 0x10000 ? length : length.byteSwapped
        guard wanted >= 8 else { return .problem(.badLinkHeader) }
        offset += Int(wanted)
        return .wlan(WLANFrame())
    }

    /// Reads an AVS header: magic (4 bytes), length (4).
    mutating func avs(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedLinkHeader) }
        let length = bytes.uint32(at: offset + 4)
        guard length >= 8 else { return .problem(.badLinkHeader) }
        offset += Int(length)
        return .wlan(WLANFrame())
    }

    /// Reads a PPI header, in little-endian order: version, flags, length (2 bytes), link type (4).
    mutating func perPacketInformation(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedLinkHeader) }
        let length = Int(bytes.littleEndian16(at: offset + 2))
        let type = LinkType(rawValue: bytes.littleEndian32(at: offset + 4))
        guard length >= 8 else { return .problem(.badLinkHeader) }
        offset += length
        return type == .ppi ? .problem(.badLinkHeader) : .link(type)
    }
}
