import EventTime
import Glibc

/// What a flow carries.
enum Service: UInt8 {
    /// Handshake, a request, data with an ACK for each two segments, and an orderly close.
    case tcp
    /// A query and its answer.
    case dns
    /// Short-header packets over UDP, mostly from the server.
    case quic
    /// ICMP or ICMPv6 echo requests, each with its reply.
    case echo
}

/// When and how long a flow talks; what it says is left to ``Conversation``.
struct FlowPlan {
    let service: Service
    /// When its first packet is sent.
    var start: Nanoseconds = 0
    var packets: Int
    /// Packets sent back to back before the flow pauses.
    var burst = 1
    /// From the start of one burst to that of the next.
    var pace: Nanoseconds = 0

    private static let gapWithinBurst: Nanoseconds = 40_000

    /// When packet `index`, from 0, is sent; later than the ones before it.
    func time(ofPacket index: Int) -> Nanoseconds {
        let gap = min(Self.gapWithinBurst, pace / Nanoseconds(burst))
        return start + Nanoseconds(index / burst) * pace + Nanoseconds(index % burst) * gap
    }
}

extension FlowPlan {
    /// Plans `flows` flows with `packets` packets together, sorted by start, within `length` from 0.
    ///
    /// How much a TCP or QUIC flow has to say is heavy-tailed; it is then scaled such that the sum comes
    /// out. It comes out a little over where a few packets leave no room for whole conversations.
    static func plan(
        flows: Int, packets: Int, length: Nanoseconds, _ random: inout RandomSource
    ) -> [FlowPlan] {
        let sizes = BoundedPareto(exponent: 1.1, maximum: 30_000)
        var plans: [FlowPlan] = []
        plans.reserveCapacity(flows)
        var scalable: [Double] = []
        scalable.reserveCapacity(flows)
        for index in 0..<flows {
            // The first is one that can be scaled, so that there always is one.
            let percentile = index == 0 ? 0 : random.below(100)
            let service: Service =
                percentile < 53 ? .tcp : percentile < 91 ? .dns : percentile < 96 ? .quic : .echo
            switch service {
            case .tcp: plans.append(FlowPlan(service: service, packets: Conversation.tcpOverhead))
            case .quic: plans.append(FlowPlan(service: service, packets: 2))
            case .dns: plans.append(FlowPlan(service: service, packets: 2))
            case .echo: plans.append(FlowPlan(service: service, packets: 2 + 2 * random.below(10)))
            }
            scalable.append(service == .tcp || service == .quic ? sizes.draw(&random) : 0)
        }
        scale(&plans, by: scalable, to: packets)
        for index in plans.indices { plans[index].setPace(length: length, &random) }
        plans.sort { $0.start < $1.start }
        return plans
    }

    /// Shares out, in proportion to `shares`, the packets that the plans lack of `total`; each rounding's
    /// error goes into the next.
    private static func scale(_ plans: inout [FlowPlan], by shares: [Double], to total: Int) {
        var lacking = total - plans.reduce(0) { $0 + $1.packets }
        guard lacking > 0 else { return }
        let factor = Double(lacking) / shares.reduce(0, +)
        var carried = 0.0
        for index in plans.indices {
            carried += shares[index] * factor
            let whole = min(Int(carried), lacking)
            plans[index].packets += whole
            carried -= Double(whole)
            lacking -= whole
        }
        plans[0].packets += lacking
    }

    /// Draws pace and start such that the last packet, too, is within `length`.
    private mutating func setPace(length: Nanoseconds, _ random: inout RandomSource) {
        burst = min(64, 1 + packets / 24)
        let bursts = (packets + burst - 1) / burst
        let longest = length / 10 * 9 / Nanoseconds(bursts)
        // Eight doublings, each as likely as the next: from 4 ms to 1 s for DNS, to 4 s for the others.
        let shortest = service == .dns ? 0.004 : 0.016
        let drawn = shortest * exp2(8 * random.unit()) * Double(Nanoseconds.second)
        pace = max(1, min(Nanoseconds(drawn), longest))
        let duration = Nanoseconds(bursts) * pace
        start = Nanoseconds(random.unit() * Double(max(1, length - duration)))
    }
}
