import EventTime

/// The worst case for whoever keeps flows and hosts: every packet a TCP SYN, without options, that begins
/// a new flow from a host never seen before to one of four servers.
struct FloodTraffic {
    private static let servers = 4
    private static let synchronize: UInt8 = 0x02

    let settings: TrafficSettings

    func write(to capture: inout CaptureWriter) throws(CaptureWriteError) -> TrafficSummary {
        var random = RandomSource(seed: settings.seed)
        var stamps = Stamps(outOfOrder: settings.outOfOrder, &random)
        var frame = Frame()
        let pace = Double(settings.length) / Double(settings.packets)
        for index in 0..<settings.packets {
            let client = Host(role: .client, family: .ipv4, number: UInt32(index))
            let server = Host(role: .server, family: .ipv4, number: UInt32(random.below(Self.servers)))
            frame.begin(
                from: client, to: server, vlan: 0, transport: Transport.tcp, payloadLength: 20,
                identification: UInt16(truncatingIfNeeded: index))
            frame.append(UInt16(1_024 + random.below(64_512)))
            frame.append(80 as UInt16)
            frame.append(UInt32(truncatingIfNeeded: random.next()))
            frame.append(0 as UInt32)
            frame.append(0x50 as UInt8)
            frame.append(Self.synchronize)
            frame.append(1_024 as UInt16)
            frame.append(0 as UInt32)
            frame.seal(checksumAt: 16, pseudoHeader: Transport.tcp)
            try capture.write(frame, at: stamps.stamp(Nanoseconds(Double(index) * pace)))
        }
        return TrafficSummary(
            flows: settings.packets, hosts: settings.packets + min(Self.servers, settings.packets),
            outOfOrder: stamps.outOfOrder)
    }
}
