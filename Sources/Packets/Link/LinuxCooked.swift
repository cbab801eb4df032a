// What Linux captures on "any" interface: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html
// and LINKTYPE_LINUX_SLL2.html.

extension HeaderWalk {
    /// Reads version 1: packet type (2 bytes), hardware type (2), address length (2), address (8),
    /// protocol (2).
    mutating func linuxCooked(_ bytes: RawSpan) -> NextHeader {
        guard has(16) else { return stop(.truncatedLinkHeader) }
        let hardware = bytes.uint16(at: offset + 2)
        let type = bytes.uint16(at: offset + 14)
        offset += 16
        return cooked(hardware: hardware, type: type)
    }

    /// Reads version 2: protocol (2 bytes), reserved (2), interface (4), hardware type (2), packet type,
    /// address length, address (8).
    mutating func linuxCooked2(_ bytes: RawSpan) -> NextHeader {
        guard has(20) else { return stop(.truncatedLinkHeader) }
        let type = bytes.uint16(at: offset)
        let hardware = bytes.uint16(at: offset + 8)
        offset += 20
        return cooked(hardware: hardware, type: type)
    }

    /// The hardware type decides what some frames are; otherwise the protocol is an EtherType or a number
    /// that Linux made up for what has none.
    private func cooked(hardware: UInt16, type: UInt16) -> NextHeader {
        switch hardware {
        case 770: return .frameRelay
        case 803: return .link(.radiotap)
        default: break
        }
        switch type {
        case 0x0003: return .ethernet
        case 0x0004: return .logicalLinkControl
        case 0x0007: return .ppp
        case ...EtherType.largestLength: return .none
        default: return .etherType(type)
        }
    }
}
