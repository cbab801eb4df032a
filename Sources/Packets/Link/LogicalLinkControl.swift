// Logical link control: IEEE 802.2; SNAP: IEEE 802, clause 9.2; RFC 1042; bridged frames: RFC 2684, section 5.

extension HeaderWalk {
    /// Reads DSAP, SSAP and control, and behind them SNAP's organisation (3 bytes) and protocol (2).
    mutating func logicalLinkControl(_ bytes: RawSpan) -> NextHeader {
        guard has(3) else { return truncated }
        let destination = bytes.byte(at: offset)
        let source = bytes.byte(at: offset + 1)
        let control = bytes.byte(at: offset + 2)
        let isNumbered = control & 1 == 0
        guard isNumbered || control == 0x03 else { return .none }
        offset += isNumbered ? 4 : 3
        switch (destination, source) {
        case (0xaa, 0xaa): return subnetworkAccess(bytes)
        case (0x06, _): return .ip
        case (0xfe, _): return networkLayerIdentifier(bytes)
        default: return .none
        }
    }

    mutating func subnetworkAccess(_ bytes: RawSpan) -> NextHeader {
        guard has(5) else { return truncated }
        let organisation = bytes.uint24(at: offset)
        let type = bytes.uint16(at: offset + 3)
        offset += 5
        switch (organisation, type) {
        // The second is Cisco's, for bridge tunnels.
        case (0x000000, _) where type > EtherType.largestLength, (0x0000f8, _): return .etherType(type)
        case (0x0080c2, 0x0001), (0x0080c2, 0x0007):
            offset += 2  // padding
            return .ethernet
        default: return .none
        }
    }

    /// Reads the one byte by which ISO/IEC TR 9577 tells network protocols apart.
    mutating func networkLayerIdentifier(_ bytes: RawSpan) -> NextHeader {
        guard has(1) else { return truncated }
        let identifier = bytes.byte(at: offset)
        offset += 1
        switch identifier {
        case 0xcc: return .ip
        case 0x8e: return .ipv6
        case 0xcf: return .ppp
        case 0x80: return subnetworkAccess(bytes)
        default: return .none
        }
    }
}
