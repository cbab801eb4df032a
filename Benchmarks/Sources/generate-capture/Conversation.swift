import EventTime

/// A flow that is talking: whom it joins, and how far it has come.
struct Conversation {
    let plan: FlowPlan
    let client: Host
    let server: Host
    /// ICMP's identifier where there are no ports.
    let clientPort: UInt16
    let serverPort: UInt16
    /// The 802.1Q identifier, 0 for none.
    let vlan: UInt16
    /// Packets sent so far.
    private(set) var sent = 0

    var random: RandomSource
    var clientSequence: UInt32
    var serverSequence: UInt32
    /// Segments from the server that the client has not acknowledged.
    var unacknowledged = 0
    /// IPv4's identification of the next packet, sent by whichever end.
    private var identification: UInt16

    /// - Parameter random: The flow's own numbers, whatever other flows draw meanwhile.
    init(_ plan: FlowPlan, between hosts: borrowing HostPools, random: RandomSource) {
        self.plan = plan
        var random = random
        let family: Host.Family = random.happens(percent: 10) ? .ipv6 : .ipv4
        client = hosts.client(family, &random)
        server = plan.service == .dns ? hosts.resolver(family, &random) : hosts.server(family, &random)
        vlan = random.happens(percent: 6) ? UInt16(100 + random.below(8)) : 0
        // From the dynamic ports (RFC 6335, section 6), which no dissector claims.
        clientPort = UInt16(49_152 + random.below(16_384))
        switch plan.service {
        case .dns: serverPort = 53
        case .quic: serverPort = 443
        case .echo: serverPort = 0
        case .tcp:
            let percentile = random.below(100)
            serverPort = percentile < 75 ? 443 : percentile < 90 ? 80 : UInt16(49_152 + random.below(16_384))
        }
        clientSequence = UInt32(truncatingIfNeeded: random.next())
        serverSequence = UInt32(truncatingIfNeeded: random.next())
        identification = UInt16(truncatingIfNeeded: random.next())
        self.random = random
    }

    /// When the next packet is sent, `nil` after the last.
    var nextTime: Nanoseconds? {
        sent < plan.packets ? plan.time(ofPacket: sent) : nil
    }

    /// Makes `frame` the flow's next packet, which is sent at `time`.
    mutating func writeNext(to frame: inout Frame, at time: Nanoseconds, payloads: borrowing Payloads) {
        switch plan.service {
        case .tcp: writeTCP(to: &frame, at: time, payloads: payloads)
        case .dns: writeDNS(to: &frame)
        case .quic: writeQUIC(to: &frame, payloads: payloads)
        case .echo: writeEcho(to: &frame, payloads: payloads)
        }
        sent += 1
    }

    /// Begins the frame of a packet in one direction.
    mutating func begin(
        _ frame: inout Frame, fromClient: Bool, transport: UInt8, payloadLength: Int
    ) {
        frame.begin(
            from: fromClient ? client : server, to: fromClient ? server : client, vlan: vlan,
            transport: transport, payloadLength: payloadLength, identification: identification)
        identification &+= 1
    }

    func appendPorts(to frame: inout Frame, fromClient: Bool) {
        frame.append(fromClient ? clientPort : serverPort)
        frame.append(fromClient ? serverPort : clientPort)
    }
}
