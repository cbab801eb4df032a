// Frame Relay: RFC 2427, section 4; Cisco's encapsulation has an EtherType in place of control and NLPID.

extension HeaderWalk {
    /// Reads the address (2 to 4 bytes, the last with its lowest bit set), control and network layer
    /// identifier.
    mutating func frameRelay(_ bytes: RawSpan) -> NextHeader {
        guard has(2) else { return truncated }
        var length = 1
        while bytes.byte(at: offset + length - 1) & 1 == 0 {
            length += 1
            guard length <= 4 else { return .problem(.badLinkHeader) }
            guard has(length) else { return truncated }
        }
        offset += length
        guard has(2) else { return truncated }
        guard bytes.byte(at: offset) == 0x03 else {
            let type = bytes.uint16(at: offset)
            offset += 2
            return type > EtherType.largestLength ? .etherType(type) : .none
        }
        offset += 1
        if bytes.byte(at: offset) == 0 { offset += 1 }  // padding, so that what follows is aligned
        return networkLayerIdentifier(bytes)
    }
}
