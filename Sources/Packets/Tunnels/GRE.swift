// GRE: RFC 2784, RFC 2890 (key, sequence number), RFC 1701 (routing); version 1 for PPTP: RFC 2637.

extension HeaderWalk {
    /// Reads flags and version (2 bytes), protocol (2) and the fields that the flags name. Keys and sequence
    /// numbers differ between directions, so they separate nothing.
    mutating func gre(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return stop(.truncatedTunnelHeader) }
        let flags = bytes.uint16(at: offset)
        let type = bytes.uint16(at: offset + 2)
        let hasRouting = flags & 0x4000 != 0
        let hasSequence = flags & 0x1000 != 0
        offset += 4
        if flags & 0xc000 != 0 { offset += 4 }  // checksum and offset
        if flags & 0x2000 != 0 { offset += 4 }  // key
        if hasSequence { offset += 4 }
        if flags & 0x0080 != 0 && flags & 0x7 == 1 { offset += 4 }  // acknowledgement
        if hasRouting {
            guard skipSourceRoutes(bytes) else { return stop(.truncatedTunnelHeader) }
        }
        guard has(0) else { return stop(.truncatedTunnelHeader) }
        switch type {
        case EtherType.ipv4, EtherType.ipv6, EtherType.transparentEthernet, EtherType.mpls,
            EtherType.mplsMulticast, EtherType.serviceFunctionHeader, EtherType.ciscoMetadata:
            return .etherType(type)
        case 0x880b: return .ppp
        case 0x6400: return .ethernet
        case 0x6559: return .frameRelay
        case 0x883e: return .ip  // WCCP's redirected packets
        case 0x88d2: return .ciscoHDLC
        case 0x8881: return .ppp  // 3GPP2
        case 0x88be, 0x22eb: return switchedPortAnalyser(hasSequence: hasSequence, bytes)
        case 0x8200...0x83ff where type & 0xf == 0: return .wlan(WLANFrame())  // Aruba's access points
        default: return .none
        }
    }

    /// Passes over source route entries: family (2 bytes), offset, length, data; the last has family and
    /// length 0.
    private mutating func skipSourceRoutes(_ bytes: RawSpan) -> Bool {
        while has(4) {
            let family = bytes.uint16(at: offset)
            let length = Int(bytes.byte(at: offset + 3))
            offset += 4 + length
            if family == 0 && length == 0 { return true }
        }
        return false
    }
}
