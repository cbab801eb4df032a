// Wireless LAN frames: IEEE 802.11, clause 9.2.

extension HeaderWalk {
    /// Reads the header of an 802.11 frame. Management and control frames, frames without data, encrypted
    /// ones and later fragments carry no packet that can be read: they are ``DecodedPacket/Kind/nonIP``.
    ///
    ///     byte 0         2          4     10    16    22         24          (30)
    ///          | control | duration | a1  | a2  | a3  | sequence | (a4)      | (QoS) | (HT) | LLC …
    mutating func wlan(_ frame: WLANFrame, _ bytes: RawSpan) -> NextHeader {
        guard has(2) else { return truncated }
        let control = bytes.byte(at: frame.isSwapped ? offset + 1 : offset)
        let flags = bytes.byte(at: frame.isSwapped ? offset : offset + 1)
        let isData = control & 0x0f == 0x08
        let hasContent = control & 0x40 == 0
        let isProtected = flags & 0x40 != 0
        guard isData, hasContent, !isProtected else { return .none }
        let hasFourAddresses = flags & 0x03 == 0x03
        let hasQualityOfService = control & 0x80 != 0
        let hasHighThroughput = hasQualityOfService && flags & 0x80 != 0
        var length = hasFourAddresses ? 30 : 24
        let qualityOfService = length
        if hasQualityOfService { length += 2 }
        if hasHighThroughput { length += 4 }
        guard has(length) else { return truncated }
        let hasMesh =
            hasQualityOfService && flags & 0x02 != 0 && bytes.byte(at: offset + qualityOfService + 1) & 1 != 0
        let isLaterFragment = bytes.byte(at: offset + 22) & 0x0f != 0
        if isLaterFragment { return .none }
        let isAggregate = hasQualityOfService && bytes.byte(at: offset + qualityOfService) & 0x80 != 0
        if frame.isPadded { length = (length + 3) & ~3 }
        offset += length
        if hasMesh {
            guard skipMeshControl(bytes) else { return truncated }
        }
        return isAggregate ? aggregate(bytes) : .logicalLinkControl
    }

    /// Passes over mesh control: flags, time to live, sequence (4 bytes), up to two more addresses.
    private mutating func skipMeshControl(_ bytes: RawSpan) -> Bool {
        guard has(6) else { return false }
        let addresses = Int(bytes.byte(at: offset) & 0x3)
        offset += 6 + addresses * 6
        return has(0)
    }

    /// Reads the first frame of an aggregate (A-MSDU): destination, source, length. Those beside it are
    /// other packets, which one captured frame cannot count.
    private mutating func aggregate(_ bytes: RawSpan) -> NextHeader {
        guard has(14) else { return truncated }
        let length = Int(bytes.uint16(at: offset + 12))
        offset += 14
        limit(to: offset + length)
        return .logicalLinkControl
    }
}
