// Tags other than VLANs that stand between an Ethernet header and what it carries.

extension HeaderWalk {
    /// Reads a tag of `count` bytes whose last two are the next EtherType: 802.1BR's E-tag and Cisco's
    /// VN-tag, 802.1CB's redundancy tag, the tag of High-availability Seamless Redundancy (IEC 62439-3).
    mutating func tag(ofBytes count: Int, _ bytes: RawSpan) -> NextHeader {
        guard has(count) else { return truncated }
        let type = bytes.uint16(at: offset + count - 2)
        offset += count
        return .etherType(type)
    }

    /// Reads Cisco's metadata header (TrustSec): version, length, option type (2 bytes), group tag (2), next
    /// EtherType (2).
    mutating func ciscoMetadata(_ bytes: RawSpan) -> NextHeader { tag(ofBytes: 8, bytes) }

    /// Reads an 802.1AE security tag: flags, short length, packet number (4 bytes), and a channel identifier
    /// (8) where bit 0x20 says so. Only content that is signed but neither encrypted (0x08) nor changed
    /// (0x04) can be read; its last 16 bytes are the signature.
    mutating func macSecurityTag(_ bytes: RawSpan) -> NextHeader {
        guard has(6) else { return truncated }
        let flags = bytes.byte(at: offset)
        guard flags & 0x0c == 0 else { return .none }
        let shortLength = Int(bytes.byte(at: offset + 1) & 0x3f)
        offset += flags & 0x20 != 0 ? 14 : 6
        guard has(2) else { return truncated }
        limit(to: shortLength > 0 ? offset + shortLength : wireEnd - 16)
        guard has(2) else { return truncated }
        let type = bytes.uint16(at: offset)
        offset += 2
        return .etherType(type)
    }

    /// Reads a TRILL header (RFC 6325, section 3.1): flags with the options' length in words, hop count, two
    /// bridges' names (2 bytes each), options; an Ethernet frame follows.
    mutating func trill(_ bytes: RawSpan) -> NextHeader {
        guard has(6) else { return truncated }
        let optionWords = Int(bytes.uint16(at: offset) >> 6 & 0x1f)
        offset += 6 + 4 * optionWords
        return .ethernet
    }

    /// Reads what Cisco FabricPath puts behind its outer addresses: tree and hop count (2 bytes); an Ethernet
    /// frame follows.
    mutating func fabricPath(_ bytes: RawSpan) -> NextHeader {
        guard has(2) else { return truncated }
        offset += 2
        return .ethernet
    }
}
