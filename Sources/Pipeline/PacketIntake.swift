import EventTime
import Flows
import HostStatistics
import Packets
import Reports

/// The packets' way in: decodes, counts, paces, and puts them in order.
struct PacketIntake<Consumer: PacketConsumer>: ~Copyable {
    private let decoder: PacketDecoder
    private let isVerbose: Bool
    private var pacing: ReplayPacing?
    var sequencer: PacketSequencer<Consumer>
    var malformed = MalformedLog()
    /// One that has passed here, and for which packets that wait are still being copied.
    var barrier: FrozenReplay?

    var packets: UInt64 = 0
    var bytes: UInt64 = 0
    var wireBytes: UInt64 = 0
    var nonIPPackets: UInt64 = 0
    var malformedPackets: UInt64 = 0
    var untimedPackets: UInt64 = 0
    var firstTime = Nanoseconds.max
    var lastTime = Nanoseconds.min

    init(_ configuration: ReplayConfiguration, consumer: Consumer) {
        decoder = PacketDecoder(layer: configuration.layer)
        isVerbose = configuration.isVerbose
        pacing = configuration.speed.map(ReplayPacing.init)
        sequencer = PacketSequencer(configuration, consumer: consumer)
    }

    @inline(__always)
    mutating func take(_ record: PacketRecord, _ frame: RawSpan) {
        // Made where it will wait: it is not moved again before its turn.
        let place = sequencer.nextPlace()
        let isCommon = decoder.decodeCommon(
            frame, originalLength: record.originalLength, linkType: record.linkType
        ) { place.initialize(to: FlowPacket($0, time: record.timestamp)) }
        if !isCommon {
            decodeUncommon(frame, record.originalLength, record.linkType, record.timestamp, record.number, place)
        }
        packets &+= 1
        bytes &+= place.pointee.bytes
        wireBytes &+= UInt64(record.originalLength)
        guard record.isTimed else {
            untimedPackets += 1
            return
        }
        if pacing != nil { pacing?.wait(for: record.timestamp) }
        if record.timestamp < firstTime { firstTime = record.timestamp }
        if record.timestamp > lastTime { lastTime = record.timestamp }
        sequencer.addPlaced(time: record.timestamp)
    }

    @inline(never)
    private mutating func decodeUncommon(
        _ frame: RawSpan, _ originalLength: UInt32, _ linkType: LinkType, _ time: Nanoseconds, _ number: UInt64,
        _ place: UnsafeMutablePointer<FlowPacket>
    ) {
        let packet = decoder.decodeUncommon(frame, originalLength: originalLength, linkType: linkType)
        place.initialize(to: FlowPacket(packet, time: time))
        switch packet.kind {
        case .ip: break
        case .nonIP: nonIPPackets += 1
        case .malformed: malformedPackets += 1
        }
        if isVerbose, packet.problem != .none { malformed.note(packet.problem, packet: number) }
    }

    /// Hands on the packets whose turn has come; to be called now and then.
    mutating func handOn() { sequencer.drain() }

    /// All packets up to `time` have come; see ``PacketSequencer/advance(to:)``.
    mutating func advance(to time: Nanoseconds) { sequencer.advance(to: time) }

    /// Packets are missing; see ``PacketSequencer/note(_:)``.
    mutating func note(_ loss: CaptureLoss) { sequencer.note(loss) }

    /// The latest time of a packet so far; `Int64.min` before the first.
    var newestTime: Nanoseconds { lastTime }

    /// Packets so far, and the bytes of their IP layers.
    var counts: (packets: UInt64, bytes: UInt64) { (packets, bytes) }

    /// Packets so far that were too late for every window.
    var latePackets: UInt64 { sequencer.latePackets }

    /// Hands over what still waits; see ``PacketSequencer/finish()``.
    mutating func finish() -> (dirty: [Int64], notes: WindowNotes) {
        finishFreezing()
        return sequencer.finish()
    }

    /// What has been read so far.
    func summarise(into summary: inout RunSummary) {
        summary.packetsRead = packets
        summary.bytes = bytes
        summary.wireBytes = wireBytes
        summary.nonIPPackets = nonIPPackets
        summary.malformedPackets = malformedPackets
        summary.untimedPackets = untimedPackets
        summary.latePackets = sequencer.latePackets
        summary.outsidePackets = sequencer.outsidePackets
        summary.firstTime = firstTime == .max ? nil : firstTime
        summary.lastTime = lastTime == .min ? nil : lastTime
    }

    var problems: [String] { malformed.lines }
}
