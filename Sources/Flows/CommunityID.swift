public import Packets

/// A flow's Community ID, version 1, seed 0: the same in every tool that computes it
/// (https://github.com/corelight/community-id-spec).
public struct CommunityID: Hashable, Sendable, CustomStringConvertible {
    /// SHA-1 of the flow tuple, as big-endian words.
    let digest: [UInt32]

    /// Transports whose ports are part of the tuple: ICMP, TCP, UDP, ICMPv6, SCTP.
    private static let withPorts: Set<UInt8> = [1, 6, 17, 58, 132]

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
        var message: [UInt8] = [0, 0]
        Self.append(first, to: &message)
        Self.append(second, to: &message)
        message += [transport, 0]
        if hasPorts, Self.withPorts.contains(transport) {
            for port in [firstPort, secondPort] {
                message += [UInt8(port >> 8), UInt8(truncatingIfNeeded: port)]
            }
        }
        digest = sha1(message)
    }

    /// `1:` and the digest in base64.
    public var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    public func append(to buffer: inout [UInt8]) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        buffer += "1:".utf8
        var bytes = digest.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
        bytes.append(0)  // 20 bytes make six groups of three and one of two
        for group in stride(from: 0, to: 21, by: 3) {
            let bits = Int(bytes[group]) << 16 | Int(bytes[group + 1]) << 8 | Int(bytes[group + 2])
            for shift in [18, 12, 6, 0] { buffer.append(alphabet[bits >> shift & 63]) }
        }
        buffer[buffer.count - 1] = UInt8(ascii: "=")
    }

    private static func append(_ address: IPAddress, to message: inout [UInt8]) {
        if address.family == .v6 {
            for shift in stride(from: 56, through: 0, by: -8) {
                message.append(UInt8(truncatingIfNeeded: address.high >> UInt64(shift)))
            }
        }
        for shift in stride(from: address.family == .v6 ? 56 : 24, through: 0, by: -8) {
            message.append(UInt8(truncatingIfNeeded: address.low >> UInt64(shift)))
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

/// SHA-1 of a short message (RFC 3174), as five words. For identifiers, not for security.
func sha1(_ message: [UInt8]) -> [UInt32] {
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    let bitCount = UInt64(message.count) * 8
    for shift in stride(from: 56, through: 0, by: -8) {
        padded.append(UInt8(truncatingIfNeeded: bitCount >> UInt64(shift)))
    }
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    for block in stride(from: 0, to: padded.count, by: 64) {
        var w = [UInt32](repeating: 0, count: 80)
        for i in 0..<16 {
            w[i] = (0..<4).reduce(0) { $0 << 8 | UInt32(padded[block + 4 * i + $1]) }
        }
        for i in 16..<80 { w[i] = rotateLeft(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], by: 1) }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for i in 0..<80 {
            let (f, k): (UInt32, UInt32) =
                switch i {
                case 0..<20: (b & c | ~b & d, 0x5A82_7999)
                case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case 40..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            (a, b, c, d, e) = (rotateLeft(a, by: 5) &+ f &+ e &+ k &+ w[i], a, rotateLeft(b, by: 30), c, d)
        }
        for (i, word) in [a, b, c, d, e].enumerated() { state[i] &+= word }
    }
    return state
}

private func rotateLeft(_ word: UInt32, by count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
