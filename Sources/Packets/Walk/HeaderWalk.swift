/// The state of decoding one packet: where the next header starts, where the enclosing header says its
/// content ends, and what was found so far. Each header adds a reader in its own file, which takes the bytes,
/// moves the walk past the header and returns what comes next; nothing here keeps the bytes.
struct HeaderWalk {
    var packet: DecodedPacket
    /// Where the next header starts.
    var offset = 0
    /// Where the readable content ends: the captured bytes, or fewer if an enclosing header says so.
    var end: Int
    /// Where the content ends on the wire, captured or not.
    var wireEnd: Int
    /// The digest of the VLAN and network identifiers so far; see ``DecodedPacket/separation``.
    var separation: UInt32 = 0
    /// False where the outermost IP header is wanted.
    let followsTunnels: Bool

    /// Headers beyond which a packet is taken for an attack on decoders, not for traffic. (A test capture of
    /// libpcap's has more than a hundred extension headers.)
    static let mostHeaders = 512

    init(layer: IPLayer, capturedLength: Int, originalLength: UInt32) {
        packet = DecodedPacket(wireBytes: originalLength)
        end = capturedLength
        // A capture may claim that it kept more of a frame than there was.
        wireEnd = max(capturedLength, Int(originalLength))
        followsTunnels = layer == .inner
    }

    /// Whether `count` bytes are there to be read.
    @inline(__always)
    func has(_ count: Int) -> Bool { end &- offset >= count }

    /// Narrows the content to what a header claims: it ends at `newEnd`, if it did not end earlier.
    @inline(__always)
    mutating func limit(to newEnd: Int) {
        end = min(end, newEnd)
        wireEnd = min(wireEnd, newEnd)
    }

    /// Ends the walk with a problem; what was decoded stays.
    private mutating func stop(_ problem: DecodeProblem) {
        packet.problem = problem
        if packet.kind != .ip { packet.kind = .malformed }
    }

    /// What to return where a header that both links and tunnels have is cut off.
    @inline(__always)
    var truncated: NextHeader {
        .problem(packet.kind == .ip ? .truncatedTunnelHeader : .truncatedLinkHeader)
    }

    /// Takes an identifier of a network (a VLAN, a VXLAN) that the headers to come belong to.
    mutating func separate(by identifier: UInt32) {
        separation = Self.separation(separation, and: identifier)
    }

    /// The digest of what `digest` stands for and of one identifier more; never 0.
    @inline(__always)
    static func separation(_ digest: UInt32, and identifier: UInt32) -> UInt32 {
        let mixed = (digest ^ identifier) &* 0x9e37_79b1
        let folded = mixed ^ mixed >> 15
        return folded == 0 ? 1 : folded
    }

    /// Takes an IP header that proved valid for the packet's own; a header found before it becomes a
    /// tunnel's.
    @inline(__always)
    mutating func accept(source: IPAddress, destination: IPAddress, bytes: UInt64, transport: UInt8) {
        packet.source = source
        packet.destination = destination
        packet.bytes = bytes
        packet.transport = transport
        packet.separation = separation
        packet.kind = .ip
        packet.fragment = .whole
        packet.fragmentIdentification = 0
        packet.sourcePort = 0
        packet.destinationPort = 0
        packet.tcpFlags = 0
        packet.tcpSequence = 0
        packet.hasPorts = false
    }

    /// Reads headers until one has no successor.
    mutating func follow(_ first: NextHeader, _ bytes: RawSpan) {
        var next = first
        for _ in 0..<Self.mostHeaders {
            switch next {
            case .none: return
            case .problem(let problem): return stop(problem)
            case .link(let type): next = link(type, bytes)
            case .ethernet: next = ethernet(bytes)
            case .etherType(let type): next = etherType(type, bytes)
            case .logicalLinkControl: next = logicalLinkControl(bytes)
            case .ppp: next = ppp(bytes)
            case .wlan(let frame): next = wlan(frame, bytes)
            case .ciscoHDLC: next = ciscoHDLC(bytes)
            case .frameRelay: next = frameRelay(bytes)
            case .mpls: next = mpls(bytes)
            case .serviceFunctionHeader: next = serviceFunctionHeader(bytes)
            case .ip: next = ip(bytes)
            case .ipv4: next = ipv4(bytes)
            case .ipv4WithOptions: next = ipv4WithOptions(bytes)
            case .ipv6: next = ipv6(bytes)
            case .ipv6WithoutLength: next = ipv6WithoutLength(bytes)
            case .ipExtension(let number): next = ipExtension(number, bytes)
            case .transport(let number): next = transport(number, bytes)
            case .gre: next = gre(bytes)
            case .udp(let tunnel): next = udpTunnel(tunnel, bytes)
            }
        }
        stop(.tooManyHeaders)
    }
}
