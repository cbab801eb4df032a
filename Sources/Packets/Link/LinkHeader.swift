// The first header of a frame, by link type: https://www.tcpdump.org/linktypes.html.

extension HeaderWalk {
    /// Reads the header that frames of `type` begin with, or says which reader does.
    mutating func link(_ type: LinkType, _ bytes: RawSpan) -> NextHeader {
        switch type {
        case .ethernet: return .ethernet
        case .raw, .rawDLT, .rawDLTOpenBSD: return rawIP(bytes)
        case .ipv4, .classicalIPOverATM, .classicalIPOverATMDLT: return .ip
        case .ipv6: return .ipv6
        case .null: return nullLoopback(bytes)
        case .loop: return openBSDLoopback(bytes)
        case .linuxCooked: return linuxCooked(bytes)
        case .linuxCooked2: return linuxCooked2(bytes)
        case .ppp, .pppHDLC: return pppLink(bytes)
        case .pppd: return skip(2, then: .ppp)
        case .pppWithDirection: return pppWithDirection(bytes)
        case .pppoe: return pppoeSession(bytes)
        case .ciscoHDLC: return .ciscoHDLC
        case .ciscoHDLCWithDirection: return skip(1, then: .ciscoHDLC)
        case .frameRelay: return .frameRelay
        case .frameRelayWithDirection: return skip(1, then: .frameRelay)
        case .wlan: return .wlan(WLANFrame())
        case .radiotap: return radiotap(bytes)
        case .prism: return prism(bytes)
        case .avs: return avs(bytes)
        case .ppi: return perPacketInformation(bytes)
        case .ipOverInfiniBand: return ipOverInfiniBand(bytes)
        case .nflog: return netfilterLog(bytes)
        case .pflog: return packetFilterLog(bytes)
        case .enc: return encapsulatingInterface(bytes)
        case .tokenRing: return tokenRing(bytes)
        case .fddi: return skip(13, then: .logicalLinkControl)
        case .atmRFC1483, .atmRFC1483DLT: return .logicalLinkControl
        case .sunATM: return skip(4, then: .logicalLinkControl)
        case .ipOverFibreChannel: return skip(16, then: .logicalLinkControl)
        case .appleIPOverFireWire: return fireWire(bytes)
        case .ipnet: return skip(24, then: .ip)
        case .netANALYZER: return skip(4, then: .ethernet)
        case .netANALYZERTransparent: return skip(12, then: .ethernet)
        case .ethernetMPacket: return skip(8, then: .ethernet)
        case .pktap, .pktapDLT: return pktap(bytes)
        case .endaceERF: return extensibleRecord(bytes)
        default: return .problem(.unknownLinkType)
        }
    }

    /// Passes over a header of fixed length that says nothing of interest.
    private mutating func skip(_ count: Int, then next: NextHeader) -> NextHeader {
        guard has(count) else { return .problem(.truncatedLinkHeader) }
        offset += count
        return next
    }

    /// Tells IPv4 from IPv6 where nothing precedes them; some tunnel devices put PPP frames there.
    private mutating func rawIP(_ bytes: RawSpan) -> NextHeader {
        if has(2), bytes.uint16(at: offset) == 0xff03 { return .ppp }
        return .ip
    }

    /// Reads a PPP frame or, where its address is 0f (unicast) or 8f (multicast), Cisco's framing.
    private mutating func pppLink(_ bytes: RawSpan) -> NextHeader {
        guard has(1) else { return .problem(.truncatedLinkHeader) }
        let address = bytes.byte(at: offset)
        return address == 0x0f || address == 0x8f ? .ciscoHDLC : .ppp
    }

    /// Reads a byte that says which way the frame went, and the frame.
    private mutating func pppWithDirection(_ bytes: RawSpan) -> NextHeader {
        guard has(1) else { return .problem(.truncatedLinkHeader) }
        offset += 1
        return pppLink(bytes)
    }

    /// Reads a token ring header: access and frame control, two addresses, and the route of
    /// a frame that passes bridges, marked in the source address (IEEE 802.5).
    private mutating func tokenRing(_ bytes: RawSpan) -> NextHeader {
        guard has(14) else { return .problem(.truncatedLinkHeader) }
        guard bytes.byte(at: offset + 1) >> 6 == 1 else { return .none }
        let isRouted = bytes.byte(at: offset + 8) & 0x80 != 0
        offset += 14
        if isRouted {
            guard has(2) else { return .problem(.truncatedLinkHeader) }
            offset += Int(bytes.byte(at: offset) & 0x1f)
        }
        return .logicalLinkControl
    }

    /// Reads Apple's header of IP over FireWire: two 8-byte addresses, EtherType.
    private mutating func fireWire(_ bytes: RawSpan) -> NextHeader {
        guard has(18) else { return .problem(.truncatedLinkHeader) }
        let type = bytes.uint16(at: offset + 16)
        offset += 18
        return .etherType(type)
    }

    /// Reads Darwin's PKTAP header, in little-endian order: its length, record type, link type of the frame.
    private mutating func pktap(_ bytes: RawSpan) -> NextHeader {
        guard has(12) else { return .problem(.truncatedLinkHeader) }
        let length = Int(bytes.littleEndian32(at: offset))
        let type = LinkType(rawValue: bytes.littleEndian32(at: offset + 8))
        guard length >= 12 else { return .problem(.badLinkHeader) }
        offset += length
        return type == .pktap || type == .pktapDLT ? .problem(.badLinkHeader) : .link(type)
    }

    /// Reads the record header of Endace's ERF: time (8 bytes), type, flags, three lengths, extension
    /// headers of 8 bytes while bit 0x80 says so, and 2 bytes of padding before Ethernet frames.
    private mutating func extensibleRecord(_ bytes: RawSpan) -> NextHeader {
        guard has(16) else { return .problem(.truncatedLinkHeader) }
        let type = bytes.byte(at: offset + 8)
        var more = type & 0x80 != 0
        offset += 16
        while more {
            guard has(8) else { return .problem(.truncatedLinkHeader) }
            more = bytes.byte(at: offset) & 0x80 != 0
            offset += 8
        }
        switch type & 0x7f {
        case 1: return pppLink(bytes)
        case 2, 11, 16, 20: return skip(2, then: .ethernet)
        case 22: return .ipv4
        case 23: return .ipv6
        default: return .none
        }
    }
}
