// VLAN tags: IEEE 802.1Q, clause 9.6. Service tags (802.1ad) and the older 0x9100 have the same layout.

enum VLANTag {
    static let etherType: UInt16 = 0x8100

    /// The digest of the identifiers so far and of a tag's. Identifier 0 marks a priority without a VLAN and
    /// separates nothing.
    @inline(__always)
    static func separation(_ digest: UInt32, tag: UInt16) -> UInt32 {
        tag & 0xfff == 0 ? digest : HeaderWalk.separation(digest, and: UInt32(tag & 0xfff))
    }
}

extension HeaderWalk {
    /// Reads a tag, whose type field was read before: priority and VLAN identifier (2 bytes), next type (2).
    @inline(__always)
    mutating func vlanTag(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return truncated }
        separation = VLANTag.separation(separation, tag: bytes.uint16(at: offset))
        let type = bytes.uint16(at: offset + 2)
        offset &+= 4
        return .etherType(type)
    }
}
