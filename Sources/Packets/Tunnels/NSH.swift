// Network service header (service function chaining): RFC 8300, section 2.

extension HeaderWalk {
    /// Reads version and flags with the length in words in the low six bits (2 bytes), metadata type, next
    /// protocol; the service path and metadata are part of the length.
    mutating func serviceFunctionHeader(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return truncated }
        let length = Int(bytes.uint16(at: offset) & 0x3f) * 4
        let next = bytes.byte(at: offset + 3)
        guard length >= 8 else { return .problem(packet.kind == .ip ? .badTunnelHeader : .badLinkHeader) }
        offset += length
        return overlayPayload(next)
    }
}
