/// One Ethernet frame under construction: fields are appended in network byte order, and lengths and
/// checksums are right when it is sealed. One frame's memory serves for all packets.
struct Frame: ~Copyable {
    /// Room for 1,500 bytes of IP under Ethernet and a VLAN tag, and some to spare.
    private static let capacity = 2_048
    /// Ethernet pads shorter frames (IEEE 802.3, clause 4.2.3.3), the check sequence apart.
    private static let minimum = 60

    private let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 16)
    private(set) var count = 0
    private var networkHeader = 0
    private var transportHeader = 0

    deinit { storage.deallocate() }

    /// The frame as it is on the wire.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

    // MARK: Appending

    mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        precondition(count + MemoryLayout<Number>.size <= Self.capacity)
        storage.storeBytes(of: number.bigEndian, toByteOffset: count, as: Number.self)
        count += MemoryLayout<Number>.size
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        precondition(count + bytes.count <= Self.capacity)
        UnsafeMutableRawBufferPointer(rebasing: storage[count...]).copyMemory(from: bytes)
        count += bytes.count
    }

    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private func store(_ number: UInt16, at offset: Int) {
        storage.storeBytes(of: number.bigEndian, toByteOffset: offset, as: UInt16.self)
    }

    // MARK: Headers

    /// Begins a new frame from `source` to `destination` up to the end of its IP header.
    ///
    /// - Parameters:
    ///   - vlan: The 802.1Q identifier, 0 for an untagged frame.
    ///   - payloadLength: Bytes of what follows the IP header.
    mutating func begin(
        from source: Host, to destination: Host, vlan: UInt16, transport: UInt8, payloadLength: Int,
        identification: UInt16
    ) {
        count = 0
        appendHardwareAddress(of: destination)
        appendHardwareAddress(of: source)
        if vlan != 0 {
            append(0x8100 as UInt16)
            append(vlan)
        }
        switch source.family {
        case .ipv4:
            append(0x0800 as UInt16)
            appendIPv4Header(
                from: source, to: destination, transport: transport, payloadLength: payloadLength,
                identification: identification)
        case .ipv6:
            append(0x86DD as UInt16)
            appendIPv6Header(from: source, to: destination, transport: transport, payloadLength: payloadLength)
        }
        transportHeader = count
    }

    /// Locally administered addresses: each client its own, all servers behind one router.
    private mutating func appendHardwareAddress(of host: Host) {
        append(host.role == .client ? 0x0210 as UInt16 : 0x0220)
        append(host.role == .client ? host.number : 1)
    }

    // RFC 791, section 3.1.
    private mutating func appendIPv4Header(
        from source: Host, to destination: Host, transport: UInt8, payloadLength: Int, identification: UInt16
    ) {
        networkHeader = count
        append(0x4500 as UInt16)
        append(UInt16(20 + payloadLength))
        append(identification)
        append(0x4000 as UInt16)  // don't fragment
        append(source.role == .client ? 64 as UInt8 : 57)
        append(transport)
        append(0 as UInt16)
        append(source.ipv4Address)
        append(destination.ipv4Address)
        var checksum = InternetChecksum()
        checksum.add(UnsafeRawBufferPointer(rebasing: storage[networkHeader..<count]))
        store(checksum.field, at: networkHeader + 10)
    }

    // RFC 8200, section 3.
    private mutating func appendIPv6Header(
        from source: Host, to destination: Host, transport: UInt8, payloadLength: Int
    ) {
        networkHeader = count
        append(0x6000_0000 as UInt32)
        append(UInt16(payloadLength))
        append(transport)
        append(source.role == .client ? 64 as UInt8 : 57)
        append(source.ipv6Address)
        append(destination.ipv6Address)
    }

    private mutating func append(_ address: (high: UInt64, low: UInt64)) {
        append(address.high)
        append(address.low)
    }

    // MARK: The end

    /// Fills the transport's checksum in and pads the frame.
    ///
    /// - Parameters:
    ///   - offset: Where the checksum stands in the transport header; it holds zero so far.
    ///   - pseudoHeader: The protocol to sum addresses and length with, `nil` for ICMP over IPv4.
    mutating func seal(checksumAt offset: Int, pseudoHeader: UInt8?) {
        var checksum = InternetChecksum()
        checksum.add(UnsafeRawBufferPointer(rebasing: storage[transportHeader..<count]))
        if let pseudoHeader {
            let isIPv4 = storage[networkHeader] >> 4 == 4
            let addresses = networkHeader + (isIPv4 ? 12 : 8)
            checksum.add(UnsafeRawBufferPointer(rebasing: storage[addresses..<transportHeader]))
            checksum.add(UInt16(pseudoHeader))
            checksum.add(UInt16(count - transportHeader))
        }
        // UDP writes a sum of zero as ones, zero meaning "none" (RFC 768); no other protocol minds.
        let field = checksum.field
        store(field == 0 && pseudoHeader == Transport.udp ? 0xFFFF : field, at: transportHeader + offset)
        if count < Self.minimum {
            UnsafeMutableRawBufferPointer(rebasing: storage[count..<Self.minimum]).initializeMemory(
                as: UInt8.self, repeating: 0)
            count = Self.minimum
        }
    }
}

/// Protocol numbers (IANA, "Assigned Internet Protocol Numbers").
enum Transport {
    static let icmp: UInt8 = 1
    static let tcp: UInt8 = 6
    static let udp: UInt8 = 17
    static let icmpv6: UInt8 = 58
}
