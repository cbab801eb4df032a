// The checksum of IPv4, TCP, UDP and ICMP: RFC 1071.

/// The ones' complement sum of 16-bit words, unfolded.
struct InternetChecksum {
    private var sum: UInt64 = 0

    /// Adds bytes that begin at an even offset of what is summed; an odd last byte counts as if a zero
    /// followed it.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        // The sum does not care for byte order until the end (RFC 1071, section 2 (B)), nor for the words'
        // width, 2³² − 1 being a multiple of 2¹⁶ − 1: so it goes 32 native bits at a time.
        var offset = 0
        while offset + 4 <= bytes.count {
            sum &+= UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            offset += 4
        }
        if offset + 2 <= bytes.count {
            sum &+= UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
            offset += 2
        }
        if offset < bytes.count {
            sum &+= UInt64(UInt16(bigEndian: UInt16(bytes[offset]) << 8))
        }
    }

    /// Adds a number in host order.
    mutating func add(_ number: UInt16) {
        sum &+= UInt64(number.bigEndian)
    }

    /// The checksum field, in host order.
    var field: UInt16 {
        var folded = sum
        while folded >> 16 != 0 { folded = (folded & 0xFFFF) + (folded >> 16) }
        return ~UInt16(bigEndian: UInt16(folded))
    }
}
