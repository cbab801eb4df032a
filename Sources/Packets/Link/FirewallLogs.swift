// Packets that a firewall logged: NFLOG of Linux
// (https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html) and PFLOG of OpenBSD (pflog(4)).

extension HeaderWalk {
    /// Reads family, version, resource (2 bytes) and attributes, each with its length and type (2 bytes
    /// each, in the capturing host's order, here taken as little-endian) and padded to four bytes, until the
    /// one that holds the packet.
    mutating func netfilterLog(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return .problem(.truncatedLinkHeader) }
        let packetAttribute = 9
        let family = bytes.byte(at: offset)
        offset += 4
        while has(4) {
            let length = Int(bytes.littleEndian16(at: offset))
            let type = Int(bytes.littleEndian16(at: offset + 2) & 0x7fff)
            guard length >= 4 else { return .problem(.badLinkHeader) }
            if type == packetAttribute {
                limit(to: offset + length)
                offset += 4
                return family == 7 ? .ethernet : self.family(UInt32(family))
            }
            offset += (length + 3) & ~3
        }
        return end < wireEnd || offset > end ? .problem(.truncatedLinkHeader) : .none
    }

    /// Reads a header that begins with its own length, padded to four bytes, and the address family.
    mutating func packetFilterLog(_ bytes: RawSpan) -> NextHeader {
        guard has(2) else { return .problem(.truncatedLinkHeader) }
        let length = Int(bytes.byte(at: offset))
        let family = bytes.byte(at: offset + 1)
        guard length >= 2 else { return .problem(.badLinkHeader) }
        offset += (length + 3) & ~3
        return self.family(UInt32(family))
    }
}
