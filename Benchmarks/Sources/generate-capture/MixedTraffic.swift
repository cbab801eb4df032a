import EventTime

/// Everyday traffic: TCP, DNS, QUIC and ICMP conversations that overlap in time.
struct MixedTraffic {
    /// Below this many packets a flow, conversations do not fit.
    static let packetsPerFlow = 10

    let settings: TrafficSettings

    func write(to capture: inout CaptureWriter) throws(CaptureWriteError) -> TrafficSummary {
        var random = RandomSource(seed: settings.seed)
        let payloads = Payloads(&random)
        let hosts = HostPools(clients: settings.clients, servers: settings.servers)
        let plans = FlowPlan.plan(
            flows: settings.flows, packets: settings.packets, length: settings.length, &random)
        var stamps = Stamps(outOfOrder: settings.outOfOrder, &random)
        var frame = Frame()
        var conversations: [Conversation] = []
        var vacant: [Int] = []
        var queue = EventQueue()
        var seen: Set<Host> = []
        var begun = 0

        while capture.packets < settings.packets {
            // The next packet is the first of a new flow, or that of a flow in progress.
            if begun < plans.count, plans[begun].start < queue.first?.time ?? .max {
                let conversation = Conversation(
                    plans[begun], between: hosts, random: RandomSource(seed: random.next()))
                begun += 1
                seen.insert(conversation.client)
                seen.insert(conversation.server)
                let slot: Int
                if let free = vacant.popLast() {
                    slot = free
                    conversations[slot] = conversation
                } else {
                    slot = conversations.count
                    conversations.append(conversation)
                }
                queue.insert(EventQueue.Event(time: conversation.plan.start, slot: slot))
            }
            guard let event = queue.first else { break }
            let time = stamps.stamp(event.time)
            conversations[event.slot].writeNext(to: &frame, at: time, payloads: payloads)
            try capture.write(frame, at: time)
            if let next = conversations[event.slot].nextTime {
                queue.postponeFirst(to: next)
            } else {
                queue.removeFirst()
                vacant.append(event.slot)
            }
        }
        return TrafficSummary(flows: begun, hosts: seen.count, outOfOrder: stamps.outOfOrder)
    }
}
