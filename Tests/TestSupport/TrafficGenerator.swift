/// A packet made by ``TrafficGenerator``, and what an analyser is to make of it.
public struct GeneratedPacket: Sendable {
    /// What the packet counts as.
    public enum Meaning: Hashable, Sendable {
        /// `bytes`: of the IP layer.
        case ip(source: String, destination: String, bytes: Int)
        case nonIP
        case malformed
    }

    /// Nanoseconds since the epoch; no two packets of a stream have one time.
    public var time: Int64
    public var bytes: [UInt8]
    /// Bytes of the whole frame on the wire: more than ``bytes`` where the snapshot length cut it.
    public var wireBytes: Int
    public var meaning: Meaning
}

/// Mixed traffic from a seed: TCP conversations with beginning and end, UDP, echoes, IPv6, VLANs, ARP, fragments and
/// frames that cannot be decoded, in bursts with silences between them, long ones now and then.
///
/// Times ascend; ``shuffled(_:within:seed:)`` brings disorder with a bound.
public struct TrafficGenerator {
    private var random: SeededRandom
    private var time: Int64
    private var conversations: [Conversation] = []
    private var identification: UInt16 = 0

    /// Packets shorter than the bytes of a frame on the wire are cut to this length.
    public static let snapshotLength = 160

    public init(seed: UInt64, start: Int64 = 1_700_000_000_123_456_789) {
        random = SeededRandom(seed: seed)
        time = start
    }

    /// A whole stream.
    public static func packets(_ count: Int, seed: UInt64) -> [GeneratedPacket] {
        var generator = TrafficGenerator(seed: seed)
        return (0..<count).map { _ in generator.next() }
    }

    /// The next packet, later than all before it.
    public mutating func next() -> GeneratedPacket {
        advance()
        let (frame, meaning) = frame()
        let bytes = Array(frame.prefix(Self.snapshotLength))
        return GeneratedPacket(time: time, bytes: bytes, wireBytes: frame.count, meaning: meaning)
    }

    /// Mostly milliseconds, now and then seconds, and seldom longer than a flow lives.
    private mutating func advance() {
        switch Int.random(in: 0..<500, using: &random) {
        case 0: time += Int64.random(in: 20_000_000_000...150_000_000_000, using: &random)
        case 1..<6: time += Int64.random(in: 1_000_000_000...12_000_000_000, using: &random)
        default: time += Int64.random(in: 1...20_000_000, using: &random)
        }
    }

    private mutating func frame() -> ([UInt8], GeneratedPacket.Meaning) {
        switch Int.random(in: 0..<40, using: &random) {
        case 0: return (FrameBuilder.arp, .nonIP)
        case 1: return malformed()
        case 2: return laterFragment()
        default: return conversationPacket()
        }
    }

    // MARK: Conversations

    private struct Conversation {
        enum Kind: CaseIterable { case tcp, udp, echo, tcp6, udp6, echo6 }
        var kind: Kind
        var client: Int
        var server: Int
        var clientPort: UInt16
        var serverPort: UInt16
        /// Packets so far and in all.
        var sent = 0
        var length: Int
        var vlan: UInt16?
    }

    private mutating func conversationPacket() -> ([UInt8], GeneratedPacket.Meaning) {
        if conversations.count < 25 || random.oneIn(30) { conversations.append(newConversation()) }
        let index = Int.random(in: 0..<conversations.count, using: &random)
        var conversation = conversations[index]
        let isFirst = conversation.sent == 0
        conversation.sent += 1
        let isLast = conversation.sent >= conversation.length
        if isLast { conversations.remove(at: index) } else { conversations[index] = conversation }
        // Some conversations end without a FIN, some begin without a SYN.
        let isFromClient = isFirst || !random.oneIn(3)
        return packet(of: conversation, isFromClient: isFromClient, isFirst: isFirst, isLast: isLast)
    }

    private mutating func newConversation() -> Conversation {
        // Few servers with many clients, and some hosts that talk to themselves.
        Conversation(
            kind: Conversation.Kind.allCases.randomElement(using: &random) ?? .tcp,
            client: Int.random(in: 0..<40, using: &random), server: Int.random(in: 0..<6, using: &random),
            clientPort: UInt16.random(in: 40_000..<40_200, using: &random),
            serverPort: [53, 80, 443, 8080].randomElement(using: &random) ?? 80,
            length: Int.random(in: 1..<120, using: &random),
            vlan: random.oneIn(8) ? UInt16.random(in: 1..<4, using: &random) : nil)
    }

    private mutating func packet(
        of conversation: Conversation, isFromClient: Bool, isFirst: Bool, isLast: Bool
    ) -> ([UInt8], GeneratedPacket.Meaning) {
        let payload = [UInt8](repeating: 0x61, count: Int.random(in: 0..<400, using: &random))
        let (source, destination) =
            isFromClient
            ? (conversation.client, conversation.server) : (conversation.server, conversation.client)
        let (sourcePort, destinationPort) =
            isFromClient
            ? (conversation.clientPort, conversation.serverPort)
            : (conversation.serverPort, conversation.clientPort)
        let transport: [UInt8]
        switch conversation.kind {
        case .tcp, .tcp6:
            let flags = tcpFlags(isFirst: isFirst, isLast: isLast)
            transport = FrameBuilder.tcp(
                sourcePort, destinationPort, sequence: UInt32(1000 * conversation.sent), flags: flags, payload)
        case .udp, .udp6: transport = FrameBuilder.udp(sourcePort, destinationPort, payload)
        case .echo:
            transport = FrameBuilder.echo(
                type: isFromClient ? 8 : 0, identifier: conversation.clientPort, payload)
        case .echo6:
            transport = FrameBuilder.echo(
                type: isFromClient ? 128 : 129, identifier: conversation.clientPort, payload)
        }
        let (packet, type, meaning) = network(conversation.kind, source, destination, transport)
        guard let vlan = conversation.vlan else { return (FrameBuilder.ethernet(type: type, packet), meaning) }
        return (FrameBuilder.tagged(vlan: vlan, type: type, packet), meaning)
    }

    private mutating func tcpFlags(isFirst: Bool, isLast: Bool) -> UInt8 {
        let (fin, syn, reset, acknowledgement): (UInt8, UInt8, UInt8, UInt8) = (1, 2, 4, 16)
        if isFirst { return random.oneIn(6) ? acknowledgement : syn }
        if isLast { return random.oneIn(3) ? reset : fin | acknowledgement }
        if random.oneIn(60) { return fin | acknowledgement }
        return random.oneIn(80) ? syn | acknowledgement : acknowledgement
    }

    private mutating func network(
        _ kind: Conversation.Kind, _ source: Int, _ destination: Int, _ transport: [UInt8]
    ) -> ([UInt8], type: UInt16, GeneratedPacket.Meaning) {
        switch kind {
        case .tcp, .udp, .echo:
            let numbers: [Conversation.Kind: UInt8] = [.tcp: 6, .udp: 17, .echo: 1]
            identification &+= 1
            // A first fragment shows its ports and belongs to the conversation like a whole packet.
            let packet = FrameBuilder.ipv4(
                Self.ipv4(source), Self.ipv4(destination), protocol: numbers[kind] ?? 17,
                identification: identification, moreFragments: random.oneIn(20), transport)
            return (packet, 0x0800, Self.meaning(Self.name4(source), Self.name4(destination), packet))
        case .tcp6, .udp6, .echo6:
            let numbers: [Conversation.Kind: UInt8] = [.tcp6: 6, .udp6: 17, .echo6: 58]
            let packet = FrameBuilder.ipv6(
                Self.ipv6(source), Self.ipv6(destination), next: numbers[kind] ?? 17, transport)
            return (packet, 0x86DD, Self.meaning(Self.name6(source), Self.name6(destination), packet))
        }
    }

    private static func meaning(
        _ source: String, _ destination: String, _ packet: [UInt8]
    ) -> GeneratedPacket.Meaning { .ip(source: source, destination: destination, bytes: packet.count) }

    private static func ipv4(_ host: Int) -> [UInt8] { [10, 1, UInt8(host / 256), UInt8(host % 256)] }
    private static func name4(_ host: Int) -> String { "10.1.\(host / 256).\(host % 256)" }
    private static func ipv6(_ host: Int) -> [UInt8] {
        [0xFD, 1] + [UInt8](repeating: 0, count: 12) + [1, UInt8(host % 256)]
    }
    private static func name6(_ host: Int) -> String { "fd01::1" + hexadecimal(host) }
    private static func hexadecimal(_ host: Int) -> String {
        let digits = String(host % 256, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }

    // MARK: Oddities

    /// A fragment behind the first: of a datagram that was seen, or of one that was not.
    private mutating func laterFragment() -> ([UInt8], GeneratedPacket.Meaning) {
        let (source, destination) = (Int.random(in: 0..<40, using: &random), Int.random(in: 0..<6, using: &random))
        let packet = FrameBuilder.ipv4(
            Self.ipv4(source), Self.ipv4(destination), protocol: 17,
            identification: identification &- UInt16.random(in: 0..<4, using: &random), fragmentOffset: 185,
            [UInt8](repeating: 0x62, count: Int.random(in: 8..<200, using: &random)))
        return (
            FrameBuilder.ethernet(type: 0x0800, packet),
            Self.meaning(Self.name4(source), Self.name4(destination), packet)
        )
    }

    private mutating func malformed() -> ([UInt8], GeneratedPacket.Meaning) {
        let packet = FrameBuilder.ipv4(Self.ipv4(1), Self.ipv4(2), protocol: 17, FrameBuilder.udp(1, 2, []))
        var broken = packet
        switch Int.random(in: 0..<4, using: &random) {
        case 0: broken = Array(packet.prefix(Int.random(in: 0..<20, using: &random)))  // header cut off
        case 1: broken[0] = 0x44  // header length of 16
        case 2: broken[0] = 0x75  // version 7
        default: broken.replaceSubrange(2..<4, with: [0, 19])  // total length below the header's
        }
        return (FrameBuilder.ethernet(type: 0x0800, broken), .malformed)
    }
}

extension TrafficGenerator {
    /// The packets in another order, in which none comes after one that is more than `bound` ns later in time.
    public static func shuffled(_ packets: [GeneratedPacket], within bound: Int64, seed: UInt64)
        -> [GeneratedPacket]
    {
        var random = SeededRandom(seed: seed)
        return packets.map { (due: $0.time + Int64.random(in: 0...bound, using: &random), packet: $0) }
            .sorted { ($0.due, $0.packet.time) < ($1.due, $1.packet.time) }
            .map(\.packet)
    }

    /// A classic pcap file with nanoseconds.
    public static func pcap(_ packets: some Sequence<GeneratedPacket>) -> [UInt8] {
        var builder = PcapBuilder(.nanoseconds, snapshotLength: UInt32(snapshotLength))
        for packet in packets {
            builder.packet(
                seconds: UInt32(packet.time / 1_000_000_000), fraction: UInt32(packet.time % 1_000_000_000),
                packet.bytes, original: UInt32(packet.wireBytes))
        }
        return builder.bytes
    }
}
