/// Which IP header is the packet's where packets are tunnelled.
public enum IPLayer: String, Sendable, CaseIterable {
    /// The innermost header reached through nothing but tunnels.
    case inner
    /// The outermost header.
    case outer
}

/// What the analysis needs of a packet: plain values, no reference to its bytes.
@frozen public struct DecodedPacket: Hashable, Sendable, BitwiseCopyable {
    public enum Kind: UInt8, Sendable, BitwiseCopyable {
        /// An IP header was decoded; all other fields hold.
        case ip
        /// A frame of another network protocol (ARP, LLDP, …): no address, no IP bytes.
        case nonIP
        /// A frame whose link or IP header is cut off or contradicts itself; ``DecodedPacket/problem`` says how.
        case malformed
    }

    public enum Fragment: UInt8, Sendable, BitwiseCopyable {
        case whole
        /// The first fragment of a datagram: it has the transport header.
        case first
        /// A later fragment: no transport header, so no ports.
        case later
    }

    public var source: IPAddress
    public var destination: IPAddress
    /// Bytes of the chosen IP layer as its header claims them (see the contract, section 4); 0 unless ``Kind/ip``.
    public var bytes: UInt64
    /// The frame's original length on the wire.
    public var wireBytes: UInt32
    /// Identifies the datagram among the fragments between two hosts (IPv4: 16 bits); 0 unless a fragment.
    public var fragmentIdentification: UInt32
    /// What separates flows that share a five-tuple: a digest of the VLAN identifiers and VXLAN/GENEVE network
    /// identifiers around the chosen IP header; 0 where there are none.
    public var separation: UInt32
    /// TCP's sequence number, 0 for other protocols.
    public var tcpSequence: UInt32
    /// Ports of TCP, UDP, UDP-Lite, SCTP and DCCP; for ICMP and ICMPv6 the type (source) and code (destination);
    /// 0 for other protocols, later fragments and headers cut off.
    public var sourcePort: UInt16
    public var destinationPort: UInt16
    /// The protocol number behind the IP header and its extension headers.
    public var transport: UInt8
    /// TCP's flag byte (FIN 1, SYN 2, RST 4, PSH 8, ACK 16, …); 0 for other protocols.
    public var tcpFlags: UInt8
    public var kind: Kind
    public var fragment: Fragment
    /// Whether the ports, or ICMP's type and code, could be read.
    public var hasPorts: Bool
    /// Why decoding stopped early; `.none` for a packet decoded as far as its transport header.
    public var problem: DecodeProblem

    /// A packet of no known protocol, the state before decoding.
    @inlinable public init(wireBytes: UInt32) {
        source = IPAddress(v4: 0)
        destination = IPAddress(v4: 0)
        bytes = 0
        self.wireBytes = wireBytes
        fragmentIdentification = 0
        separation = 0
        tcpSequence = 0
        sourcePort = 0
        destinationPort = 0
        transport = 0
        tcpFlags = 0
        kind = .nonIP
        fragment = .whole
        hasPorts = false
        problem = .none
    }
}
