// What Linux captures on "any" interface: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html
// and LINKTYPE_LINUX_SLL2.html.

extension HeaderWalk {
    /// Reads version 1: packet type (2 bytes), hardware type (2), address length (2), address (8),
    /// protocol (2).
    mutating func linuxCooked(_ bytes: RawSpan) -> NextHeader {
        guard has(16) else { return .problem(.truncatedLinkHeader) }
        let hardware = bytes.uint16(at: offset + 2)
        let type = bytes.uint16(at: offset + 14)
        offset += 16
        return cooked(hardware: hardware, type: type, bytes)
    }

    /// Reads version 2: protocol (2 bytes), reserved (2), interface (4), hardware type (2), packet type,
    /// address length, address (8).
    mutating func linuxCooked2(_ bytes: RawSpan) -> NextHeader {
        guard has(20) else { return .problem(.truncatedLinkHeader) }
        let type = bytes.uint16(at: offset)
        let hardware = bytes.uint16(at: offset + 8)
        offset += 20
        return cooked(hardware: hardware, type: type, bytes)
    }

    /// The protocol is an EtherType, a number that Linux made up for what has none, or GRE's on a GRE device;
    /// where it says nothing, the hardware type may.
    private mutating func cooked(hardware: UInt16, type: UInt16, _ bytes: RawSpan) -> NextHeader {
        switch (hardware, type) {
        case (824, _): return .none  // netlink
        case (778, (EtherType.largestLength + 1)...): return grePayload(type, bytes)
        case (_, (EtherType.largestLength + 1)...): return .etherType(type)
        case (770, _): return .frameRelay
        case (803, _): return .link(.radiotap)
        case (_, 0x0003): return .ethernet
        case (_, 0x0004): return .logicalLinkControl
        case (_, 0x0007): return .ppp
        default: return .none
        }
    }
}
