// IPv6 extension headers: RFC 8200, section 4. Authentication header: RFC 4302, section 2.
// Jumbo payload option: RFC 2675, section 2.

enum ExtensionHeader {
    static let hopByHop: UInt8 = 0
    static let routing: UInt8 = 43
    static let fragment: UInt8 = 44
    static let authentication: UInt8 = 51
    static let destinationOptions: UInt8 = 60
}

extension HeaderWalk {
    /// Reads one extension header. Mobility, HIP and Shim6 headers end the chain: what they carry is their
    /// own, so the packet's transport is theirs. An encapsulating security payload cannot be read.
    mutating func ipExtension(_ number: UInt8, _ bytes: RawSpan) -> NextHeader {
        if number == ExtensionHeader.fragment { return fragmentHeader(bytes) }
        guard has(2) else { return .problem(.truncatedExtensionHeader) }
        let next = bytes.byte(at: offset)
        let units = Int(bytes.byte(at: offset + 1))
        let length = number == ExtensionHeader.authentication ? (units + 2) * 4 : (units + 1) * 8
        packet.transport = next
        offset += length
        // A header that ends exactly where the content does has nothing behind it, which is no harm.
        guard offset <= end else { return .problem(.truncatedExtensionHeader) }
        return .transport(next)
    }

    /// Reads a fragment header: next, reserved, offset and flags (2 bytes), identification (4). A datagram
    /// whose only fragment is the first is whole (RFC 6946).
    private mutating func fragmentHeader(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedExtensionHeader) }
        let next = bytes.byte(at: offset)
        let position = bytes.uint16(at: offset + 2) & 0xfff8
        let hasMore = bytes.byte(at: offset + 3) & 1 != 0
        packet.transport = next
        if position != 0 || hasMore {
            packet.fragmentIdentification = bytes.uint32(at: offset + 4)
            packet.fragment = position == 0 ? .first : .later
        }
        offset += 8
        return position == 0 ? .transport(next) : .none
    }

    /// The payload length that a jumbo payload option gives, or 0: the hop-by-hop header at `start` has options of type, length and data; type 0 is a single byte of padding. A length that the IPv6
    /// header could have held is not valid.
    func jumboPayload(at start: Int, _ bytes: RawSpan) -> Int {
        guard start + 8 <= end else { return 0 }
        let optionsEnd = min(start + (Int(bytes.byte(at: start + 1)) + 1) * 8, end)
        var position = start + 2
        while position + 6 <= optionsEnd {
            let type = bytes.byte(at: position)
            if type == 0 {
                position += 1
                continue
            }
            let length = Int(bytes.byte(at: position + 1))
            if type == 0xc2 && length == 4 {
                let value = Int(bytes.uint32(at: position + 2))
                return value > 0xffff ? value : 0
            }
            position += 2 + length
        }
        return 0
    }
}
