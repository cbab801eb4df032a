import EventTime
import Flows
import Packets
import TestSupport

/// Notes all that a flow table hands over.
struct RecordingSink: FlowSink {
    struct Tag: FlowAttachment {
        var flow: Int

        init(flow: Int) { self.flow = flow }
        init(kept: Int, beside: Int?) {
            precondition(beside == nil || beside == -kept, "what belongs together stays together")
            flow = kept
        }
        var kept: Int { flow }
        var beside: Int { -flow }
    }
    struct Visit: Equatable {
        var flow: Int
        var slice: Int64
        var isFirst: Bool
        var isRevising = false
    }
    struct Place: Hashable {
        var low: String
        var high: String
        var separation: UInt32
        var slice: Int64
    }

    var visits: [Visit] = []
    var traffic: [Place: (low: Traffic, high: Traffic)] = [:]
    var records: [FlowRecord] = []
    private var flows = 0

    func makeAttachment() -> Tag { Tag(flow: flows) }

    mutating func sawFlow(
        _ tag: inout Tag, key: FlowKey, identifier: Int, start: Nanoseconds, slice: Int64, isFirst: Bool,
        isRevising: Bool
    ) {
        if isFirst { flows += 1 }
        visits.append(Visit(flow: tag.flow, slice: slice, isFirst: isFirst, isRevising: isRevising))
    }

    mutating func addTraffic(_ tag: Int, key: FlowKey, slice: Int64, fromLow: Traffic, fromHigh: Traffic) {
        add(key, slice, fromLow, fromHigh)
    }

    mutating func endFlow(_ tag: inout Tag, key: FlowKey, record: @autoclosure () -> FlowRecord) {
        records.append(record())
    }

    mutating func add(_ key: FlowKey, _ slice: Int64, _ fromLow: Traffic, _ fromHigh: Traffic) {
        let place = Place(
            low: "\(key.lowAddress):\(key.lowPort)/\(key.transport)", high: "\(key.highAddress):\(key.highPort)",
            separation: key.separation, slice: slice)
        traffic[place, default: (Traffic(), Traffic())].low += fromLow
        traffic[place, default: (Traffic(), Traffic())].high += fromHigh
    }
}

/// A flow table and what it says.
struct FlowTableDriver: ~Copyable {
    var table: FlowTable<RecordingSink.Tag>
    var sink = RecordingSink()

    init(_ limits: FlowLimits = FlowLimits()) { table = FlowTable(limits: limits) }

    /// Adds a packet; `clock` is the stream's time where it is later than the packet's own.
    mutating func add(
        _ packet: DecodedPacket, at time: Nanoseconds, slice: Int64 = 0, clock: Nanoseconds? = nil,
        isRevising: Bool = false
    ) {
        var flowPacket = FlowPacket(packet, time: time)
        flowPacket.isRevising = isRevising
        let hash = flowPacket.key.tableHash
        // As a batch does it: what was guessed before may be wrong.
        let guess = table.prefetchFlow(hash: hash)
        table.add(&flowPacket, hash: hash, guess: guess, clock: clock ?? time, slice: slice, sink: &sink)
    }

    mutating func expire(before time: Nanoseconds) { table.expire(before: time, sink: &sink) }
    mutating func flush() { table.flush(into: &sink) }

    /// Ends every flow; the records of all flows, in the order of their starts.
    mutating func finish() -> [FlowRecord] {
        table.endAll(sink: &sink)
        return sink.records.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    }
}

extension FlowRecord {
    /// Initiator, responder, packets of each, and why it ended: `10.0.0.1:1000 > 10.0.0.2:80 2/1 fin`.
    var summary: String {
        "\(source):\(sourcePort) > \(destination):\(destinationPort) \(sourcePackets)/\(destinationPackets) "
            + endReason.name
    }
}

/// The flows that a sequence of packets makes, as summaries.
func flows(_ packets: [(Nanoseconds, DecodedPacket)], _ limits: FlowLimits = FlowLimits()) -> [String] {
    var driver = FlowTableDriver(limits)
    for (time, packet) in packets { driver.add(packet, at: time) }
    return driver.finish().map(\.summary)
}

/// TCP flags as the header's bits.
enum Flags {
    static let fin: UInt8 = 1
    static let syn: UInt8 = 2
    static let rst: UInt8 = 4
    static let ack: UInt8 = 16
}

/// A TCP segment between 10.0.0.1:1000, the `client`, and 10.0.0.2:80.
func client(_ flags: UInt8, sequence: UInt32 = 1) -> DecodedPacket {
    .ip(.host(1), 1000, .host(2), 80, transport: .tcp, flags: flags, sequence: sequence)
}

/// The same the other way.
func server(_ flags: UInt8, sequence: UInt32 = 1) -> DecodedPacket {
    .ip(.host(2), 80, .host(1), 1000, transport: .tcp, flags: flags, sequence: sequence)
}
