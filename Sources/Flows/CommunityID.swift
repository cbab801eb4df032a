public import Packets

/// A flow's Community ID, version 1, seed 0: the same in every tool that computes it
/// (https://github.com/corelight/community-id-spec).
public struct CommunityID: Hashable, Sendable, CustomStringConvertible {
    /// SHA-1 of the flow tuple.
    let digest: SHA1Digest

    /// Whether ports are part of the tuple: those of ICMP, TCP, UDP, ICMPv6 and SCTP are.
    private static func hasPorts(_ transport: UInt8) -> Bool {
        switch transport {
        case 1, 6, 17, 58, 132: true
        default: false
        }
    }

    /// The identifier of the flow between two endpoints, in either order. For ICMP and ICMPv6 the ports are those of
    /// ``ICMPConversation``. `hasPorts` false leaves them out.
    public init(
        source: IPAddress, sourcePort: UInt16, destination: IPAddress, destinationPort: UInt16, transport: UInt8,
        hasPorts: Bool
    ) {
        var (first, firstPort, second, secondPort) = (source, sourcePort, destination, destinationPort)
        let standsAlone =
            (transport == 1 || transport == 58)
            && ICMPConversation.answer(transport: transport, type: sourcePort) == nil
        // A one-way ICMP message keeps its direction.
        if !standsAlone, (first, firstPort) > (second, secondPort) {
            swap(&first, &second)
            swap(&firstPort, &secondPort)
        }
        // The seed, two addresses, the transport and a byte of padding, and two ports.
        digest = withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { bytes in
            bytes.initializeMemory(as: UInt8.self, repeating: 0)
            var message = TupleBytes(bytes)
            message.append(UInt16(0))
            message.append(first)
            message.append(second)
            message.append(transport)
            message.append(UInt8(0))
            if hasPorts, Self.hasPorts(transport) {
                message.append(firstPort)
                message.append(secondPort)
            }
            return sha1(bytes, count: message.count)
        }
    }

    /// `1:` and the digest in base64.
    public var description: String {
        String(unsafeUninitializedCapacity: Self.textLength) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            return storeText(at: start)
        }
    }

    /// Bytes of the text.
    public static let textLength = 30

    /// Stores the text, in ASCII, and returns ``textLength``. Allocates nothing.
    public func storeText(at start: UnsafeMutableRawPointer) -> Int {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" as StaticString
        start.storeBytes(of: UInt8(ascii: "1"), as: UInt8.self)
        start.storeBytes(of: UInt8(ascii: ":"), toByteOffset: 1, as: UInt8.self)
        // 160 bits are 26 digits of six and one of four; the 28th is padding. Four digits are three bytes.
        for group in 0..<7 {
            let (word, bit) = (24 * group / 32, 24 * group % 32)
            let bits = UInt64(digest[word]) << 32 | UInt64(digest[word + 1])
            let three = Int(truncatingIfNeeded: bits >> UInt64(40 - bit))
            var digits = UInt32(alphabet.utf8Start[three & 63]) << 24
            digits |= UInt32(alphabet.utf8Start[three >> 6 & 63]) << 16
            digits |= UInt32(alphabet.utf8Start[three >> 12 & 63]) << 8
            digits |= UInt32(alphabet.utf8Start[three >> 18 & 63])
            start.storeBytes(of: digits.littleEndian, toByteOffset: 2 + 4 * group, as: UInt32.self)
        }
        start.storeBytes(of: UInt8(ascii: "="), toByteOffset: 29, as: UInt8.self)
        return Self.textLength
    }
}

/// The fields of a flow tuple in network order, one behind the other.
private struct TupleBytes {
    private let room: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ room: UnsafeMutableRawBufferPointer) { self.room = room }

    mutating func append(_ number: some FixedWidthInteger & BitwiseCopyable) {
        room.storeBytes(of: number.bigEndian, toByteOffset: count, as: type(of: number))
        count += number.bitWidth / 8
    }

    mutating func append(_ address: IPAddress) {
        switch address.family {
        case .v4: append(UInt32(truncatingIfNeeded: address.low))
        case .v6:
            append(address.high)
            append(address.low)
        }
    }
}

extension FlowRecord {
    public var communityID: CommunityID {
        CommunityID(
            source: source, sourcePort: sourcePort, destination: destination, destinationPort: destinationPort,
            transport: transport, hasPorts: hasPorts)
    }
}
