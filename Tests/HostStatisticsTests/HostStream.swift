import EventTime
import Flows
import HostStatistics
import Packets
import TestSupport

/// What the analysis is told, in order.
enum HostEvent {
    /// A packet, and event time as it has come for it where that is not the packet's own.
    case packet(FlowPacket, clock: Nanoseconds? = nil)
    case advance(time: Nanoseconds, dirty: [Int64], late: [Int64: UInt64])
}

/// A stream, and what the brute-force model says at each advance of event time and at the end.
struct HostStream {
    var events: [HostEvent] = []
    var expected: [[ReportLines]] = []
    var flowCount = 0

    /// Random packets between a few hosts. Some come late, some much too late; event time advances now and then, but
    /// not where the configuration has no order: there packets step back by any distance.
    init(seed: UInt64, _ configuration: HostAnalysis.Configuration, packets: Int = 150) {
        var random = SeededRandom(seed: seed)
        var model = HostModel(configuration)
        var late: [Int64: UInt64] = [:]
        let windows = configuration.windows
        let reach = windows.size + configuration.allowedLateness
        var now: Nanoseconds = random.pick(-300...300)
        for _ in 0..<packets {
            now += random.oneIn(25) ? random.pick(0...30 * windows.sliceLength) : random.pick(0...4)
            var packet = FlowPacket(Self.packet(&random), time: now)
            var clock = now
            if configuration.isOrdered {
                let time = now - random.pick(0...3)
                if random.oneIn(4), time > model.now {
                    events.append(.advance(time: time, dirty: model.dirtyWindows, late: late))
                    expected.append(model.advance(to: time))
                    late = [:]
                }
                if random.oneIn(4) { packet.time -= random.pick(0...reach + reach / 4) }
            } else {
                // Two or three eras in turn, far apart, each with some disorder.
                packet.time += random.pick([0, 0, -1, 1]) * 1000 * windows.sliceLength - random.pick(0...reach)
                clock = packet.time
            }
            let accepted = model.add(packet, clock: clock) { late[$0, default: 0] += 1 }
            if let accepted { events.append(.packet(accepted, clock: clock)) }
        }
        events.append(.advance(time: .max, dirty: model.dirtyWindows, late: late))
        expected.append(model.advance(to: .max))
        flowCount = model.flowStarts.count
    }

    private static func packet(_ random: inout SeededRandom) -> DecodedPacket {
        if random.oneIn(20) {
            var packet = DecodedPacket(wireBytes: random.pick(60...100))
            packet.kind = random.oneIn(4) ? .malformed : .nonIP
            return packet
        }
        let (from, to) = (random.pick(1...6), random.pick(1...6))
        let ports: [UInt16] = [53, random.pick(1...3)]
        let bytes: UInt64 = random.pick(20...1500)
        return random.oneIn(6)
            ? .ip(.host6(from), ports[0], .host6(to), ports[1], bytes: bytes)
            : .ip(.host(from), ports[from & 1], .host(to), ports[to & 1], bytes: bytes)
    }
}

/// Several workers, each with the key groups that fall to it, and what they say merged: on one thread.
struct HostCluster {
    private final class Worker {
        var analysis: HostAnalysis
        init(_ configuration: HostAnalysis.Configuration) { analysis = HostAnalysis(configuration) }
    }

    private let configuration: HostAnalysis.Configuration
    private let workers: [Worker]
    private var merger: WindowMerger
    /// The reports of each advance, and all flows in the order of their reports.
    private(set) var reports: [[ReportLines]] = []
    private(set) var flows: [FlowRecord] = []

    init(_ configuration: HostAnalysis.Configuration, workerCount: Int) {
        self.configuration = configuration
        workers = (0..<workerCount).map { _ in Worker(configuration) }
        merger = WindowMerger(configuration)
    }

    /// All reports of a stream.
    mutating func run(_ events: [HostEvent]) {
        // Packets in the order of time go together, as many as there are; others alone.
        var batches = workers.map { _ in [FlowPacket]() }
        func send(_ index: Int) {
            batches[index].withUnsafeBufferPointer { workers[index].analysis.add($0) }
            batches[index] = []
        }
        for event in events {
            switch event {
            case .packet(var packet, let clock):
                let group = HostAnalysis.Configuration.group(of: &packet, groupCount: configuration.groupCount)
                let index = packet.kind == .ip ? group % workers.count : 0
                if let clock, clock != packet.time {
                    send(index)
                    workers[index].analysis.add(packet, clock: clock)
                } else {
                    if let last = batches[index].last, last.time > packet.time { send(index) }
                    batches[index].append(packet)
                }
            case .advance(let time, let dirty, let late):
                for index in batches.indices { send(index) }
                let results = workers.map {
                    time == .max ? $0.analysis.finish(dirty: dirty) : $0.analysis.advance(to: time, dirty: dirty)
                }
                take(results, late: late, time: time)
            }
        }
    }

    private mutating func take(_ results: [PartialResult], late: [Int64: UInt64], time: Nanoseconds) {
        var notes = WindowNotes()
        notes.late = late
        reports.append(merger.merge(results, notes: notes, time: time).map(ReportLines.init))
        flows += merger.mergeFlows(results)
        merger.forget(
            closedBy: time == .max ? .max : time.saturatingAdd(-1), allowedLateness: configuration.allowedLateness)
    }
}
