// BSD's loopback header: an address family of four bytes before the packet.

/// Address families as BSD systems and Linux number them; they agree on IPv4 only.
private enum AddressFamily {
    static let ipv4: UInt32 = 2
    static let linuxIPv6: UInt32 = 10
    static let netBSDIPv6: UInt32 = 24
    static let freeBSDIPv6: UInt32 = 28
    static let darwinIPv6: UInt32 = 30
}

extension HeaderWalk {
    /// Reads a family in the byte order of the capturing host, which no file tells. Families are below 256,
    /// so the order in which the number is small is the right one.
    mutating func nullLoopback(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return .problem(.truncatedLinkHeader) }
        if bytes.uint16(at: offset) == 0xff03 { return .ppp }
        let big = bytes.uint32(at: offset)
        let little = big.byteSwapped
        offset += 4
        if little >> 16 == 0 {
            if little > EtherType.largestLength { return .etherType(UInt16(little)) }
            return little & 0xff == 0 ? family(little >> 8) : family(little)
        }
        return big < 0x100 ? family(big) : .etherType(UInt16(truncatingIfNeeded: big))
    }

    /// Reads a family in network byte order.
    mutating func openBSDLoopback(_ bytes: RawSpan) -> NextHeader {
        guard has(4) else { return .problem(.truncatedLinkHeader) }
        let number = bytes.uint32(at: offset)
        offset += 4
        return family(number)
    }

    /// Reads the header of OpenBSD's IPsec interface: family, in either byte order, security parameters (4),
    /// flags (4).
    mutating func encapsulatingInterface(_ bytes: RawSpan) -> NextHeader {
        guard has(12) else { return .problem(.truncatedLinkHeader) }
        let number = bytes.uint32(at: offset)
        offset += 12
        return family(min(number, number.byteSwapped))
    }

    func family(_ number: UInt32) -> NextHeader {
        switch number {
        case AddressFamily.ipv4: .ip
        case AddressFamily.linuxIPv6, AddressFamily.netBSDIPv6, AddressFamily.freeBSDIPv6,
            AddressFamily.darwinIPv6:
            .ipv6
        default: .none
        }
    }
}
