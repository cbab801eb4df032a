// GRE: RFC 2784, RFC 2890 (key, sequence number), RFC 1701 (routing); version 1 for PPTP: RFC 2637.

extension HeaderWalk {
    /// Reads flags and version (2 bytes), protocol (2) and the fields that the flags name. Keys and sequence
    /// numbers differ between directions, so they separate nothing.
    mutating func gre(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return .problem(.truncatedTunnelHeader) }
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
            guard skipSourceRoutes(bytes) else { return .problem(.truncatedTunnelHeader) }
        }
        guard has(0) else { return .problem(.truncatedTunnelHeader) }
        if type == 0x88be || type == 0x22eb {
            return switchedPortAnalyser(isTypeI: type == 0x88be && !hasSequence, bytes)
        }
        return grePayload(type, bytes)
    }

    /// Goes on behind a protocol number of GRE's: an EtherType, or one that GRE alone uses.
    mutating func grePayload(_ type: UInt16, _ bytes: RawSpan) -> NextHeader {
        switch type {
        case EtherType.ipv4: return .ip
        case EtherType.ipv6, EtherType.transparentEthernet, EtherType.mpls, EtherType.mplsMulticast,
            EtherType.serviceFunctionHeader:
            return .etherType(type)
        case 0x880b: return .ppp
        case 0x6400: return .ethernet
        case 0x883e: return redirectedByCache(bytes)
        case EtherType.ciscoMetadata: return metadata(bytes)
        case 0x8200...0x8370 where type & 0xf == 0: return .wlan(WLANFrame())  // Aruba's access points
        default: return .none
        }
    }

    /// Reads Cisco's metadata header as GRE has it: the EtherType first, not last.
    private mutating func metadata(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedTunnelHeader) }
        let type = bytes.uint16(at: offset)
        offset += 8
        return .etherType(type)
    }

    /// Reads a packet that WCCP redirects (draft-wilson-wrec-wccp-v2-01, section 4.12), with four bytes
    /// before it or none.
    private mutating func redirectedByCache(_ bytes: RawSpan) -> NextHeader {
        guard has(1) else { return .problem(.truncatedTunnelHeader) }
        if bytes.byte(at: offset) >> 4 != 4 { offset += 4 }
        return .ip
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
