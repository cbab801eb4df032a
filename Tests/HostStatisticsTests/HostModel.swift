import EventTime
import Flows
import HostStatistics
import Packets

/// A window report as values that can be compared.
struct ReportLines: Equatable, CustomStringConvertible {
    var window: TimeWindow
    var revision: Int
    var isComplete: Bool
    var totals: WindowTotals
    var hosts: [HostRow]

    var description: String {
        let rows = hosts.map {
            "\n    \($0.host) \($0.packetsSent)/\($0.packetsReceived) packets, \($0.flows) flows, "
                + "\($0.flowsStarted) started, \($0.peers) peers"
        }
        return "\n  [\(window.start), \(window.end)) revision \(revision) \(isComplete) "
            + "packets \(totals.packets) late \(totals.latePackets) flows \(totals.flows)" + rows.joined()
    }
}

extension ReportLines {
    init(_ report: WindowReport) {
        self.init(
            window: report.window, revision: report.revision, isComplete: report.isComplete, totals: report.totals,
            hosts: report.hosts)
    }
}

/// The host statistics by brute force: every packet is kept, and every report is made anew from all of them.
struct HostModel {
    private struct Seen {
        var packet: FlowPacket
        var slice: Int64
        var flow: Int
    }

    private struct Flow {
        var number: Int
        var start: Nanoseconds
        var last: Nanoseconds
    }

    private struct Tuple: Hashable {
        var low: IPAddress
        var high: IPAddress
        var lowPort: UInt16
        var highPort: UInt16
    }

    let configuration: HostAnalysis.Configuration
    /// Event time has come to this: windows that end here or before have fired.
    private(set) var now = Nanoseconds.min
    private var seen: [Seen] = []
    private var flows: [Tuple: Flow] = [:]
    /// The earliest packet of each flow, as far as it came before its window fired.
    private(set) var flowStarts: [Nanoseconds] = []
    private var dirty: [Int64: Set<IPAddress>] = [:]
    private var late: [Int64: UInt64] = [:]
    private var emitted: [Int64: (times: Int, isComplete: Bool)] = [:]

    init(_ configuration: HostAnalysis.Configuration) { self.configuration = configuration }

    private var windows: SlidingWindows { configuration.windows }
    private var watermark: Nanoseconds { now.saturatingAdd(-1) }

    private func windows(holding slice: Int64) -> [Int64] {
        ((slice - windows.slicesPerWindow + 1)...slice).filter { $0 % windows.slicesPerSlide == 0 }
    }

    private func end(_ window: Int64) -> Nanoseconds {
        (window + windows.slicesPerWindow) * windows.sliceLength + windows.offset
    }

    private func isClosed(_ window: Int64) -> Bool {
        end(window) - 1 + configuration.allowedLateness <= watermark
    }

    // MARK: Packets

    /// What becomes of a packet: `nil` where it lies between windows or is late, in which case `late` says where that
    /// is counted; else the packet as it is to be handed on.
    mutating func add(_ packet: FlowPacket, clock: Nanoseconds, late: (Int64) -> Void) -> FlowPacket? {
        var packet = packet
        let slice = windows.slice(containing: packet.time)
        let holding = windows(holding: slice)
        guard !holding.isEmpty else { return nil }
        if holding.allSatisfy(isClosed) {
            // The earliest window that has not fired.
            var window = slice.roundedDown(toMultipleOf: windows.slicesPerSlide)
            while end(window) <= now { window += windows.slicesPerSlide }
            self.late[window, default: 0] += 1
            late(window)
            return nil
        }
        for window in holding where end(window) <= now && !isClosed(window) {
            packet.isRevising = true
            dirty[window, default: []].formUnion(packet.kind == .ip ? packet.hosts : [])
        }
        seen.append(Seen(packet: packet, slice: slice, flow: packet.kind == .ip ? flow(of: packet, clock) : -1))
        return packet
    }

    /// The flow of a UDP packet: another one after the idle or the active timeout.
    private mutating func flow(of packet: FlowPacket, _ clock: Nanoseconds) -> Int {
        let key = packet.key
        let tuple = Tuple(
            low: key.lowAddress, high: key.highAddress, lowPort: key.lowPort, highPort: key.highPort)
        if var flow = flows[tuple], clock <= flow.last.saturatingAdd(configuration.idleTimeout),
            flow.start.saturatingAdd(-configuration.idleTimeout) <= clock,
            packet.time - flow.start < configuration.activeTimeout
        {
            flow.start = min(flow.start, packet.time)
            flow.last = max(flow.last, packet.time)
            flows[tuple] = flow
            // What a window has said of the flow's start stays.
            let saidIn = windows.slice(containing: flowStarts[flow.number])
            if !windows(holding: saidIn).contains(where: { end($0) <= now }) {
                flowStarts[flow.number] = min(flowStarts[flow.number], packet.time)
            }
            return flow.number
        }
        flows[tuple] = Flow(number: flowStarts.count, start: packet.time, last: packet.time)
        flowStarts.append(packet.time)
        return flowStarts.count - 1
    }

    // MARK: Reports

    var dirtyWindows: [Int64] { dirty.keys.sorted() }

    mutating func advance(to time: Nanoseconds) -> [ReportLines] {
        let revised = dirty.sorted { $0.key < $1.key }
        dirty = [:]
        let before = now
        var due = Set(seen.flatMap { windows(holding: $0.slice) })
        due.formUnion(late.keys)
        var reports = revised.compactMap { report($0.key, changed: $0.value) }
        reports += due.filter { end($0) > before && end($0) <= time }.sorted().compactMap {
            report($0, changed: nil)
        }
        now = time
        return reports
    }

    private mutating func report(_ window: Int64, changed: Set<IPAddress>?) -> ReportLines? {
        let slices = window..<(window + windows.slicesPerWindow)
        let packets = seen.filter { slices.contains($0.slice) }
        var totals = WindowTotals()
        totals.latePackets = late[window] ?? 0
        guard !packets.isEmpty || totals.latePackets > 0 else { return nil }
        totals.packets = UInt64(packets.count)
        totals.ipPackets = UInt64(packets.count { $0.packet.kind == .ip })
        totals.nonIPPackets = UInt64(packets.count { $0.packet.kind == .nonIP })
        totals.malformedPackets = UInt64(packets.count { $0.packet.kind == .malformed })
        totals.bytes = packets.reduce(0) { $0 + $1.packet.bytes }
        totals.wireBytes = packets.reduce(0) { $0 + UInt64($1.packet.wireBytes) }
        let ip = packets.filter { $0.packet.kind == .ip }
        totals.flows = UInt64(Set(ip.map(\.flow)).count)
        var rows = Set(ip.flatMap { $0.packet.hosts }).sorted().map { row($0, ip, slices) }
        totals.hosts = UInt64(rows.count)
        let isComplete = totals.malformedPackets == 0 && totals.latePackets == 0
        let said = emitted[window]
        emitted[window] = ((said?.times ?? 0) + 1, isComplete)
        if let said, said.isComplete == isComplete, let changed {
            rows.removeAll { row in !changed.contains { row.host == .address($0) } }
        }
        return ReportLines(
            window: windows.window(window), revision: said?.times ?? 0, isComplete: isComplete, totals: totals,
            hosts: rows)
    }

    private func row(_ host: IPAddress, _ packets: [Seen], _ slices: Range<Int64>) -> HostRow {
        let mine = packets.filter { $0.packet.hosts.contains(host) }
        let sent = mine.filter { $0.packet.sender == host }.map(\.packet)
        let received = mine.filter { $0.packet.receiver == host }.map(\.packet)
        let flows = Set(mine.map(\.flow))
        return HostRow(
            host: .address(host), packetsSent: UInt64(sent.count), packetsReceived: UInt64(received.count),
            bytesSent: sent.reduce(0) { $0 + $1.bytes }, bytesReceived: received.reduce(0) { $0 + $1.bytes },
            wireBytesSent: sent.reduce(0) { $0 + UInt64($1.wireBytes) },
            wireBytesReceived: received.reduce(0) { $0 + UInt64($1.wireBytes) }, flows: UInt64(flows.count),
            flowsStarted: UInt64(flows.count { slices.contains(windows.slice(containing: flowStarts[$0])) }),
            peers: UInt64(Set(mine.flatMap { $0.packet.hosts }).subtracting([host]).count))
    }
}

extension FlowPacket {
    var sender: IPAddress { isFromHigh ? key.highAddress : key.lowAddress }
    var receiver: IPAddress { isFromHigh ? key.lowAddress : key.highAddress }
    var hosts: Set<IPAddress> { [sender, receiver] }
}
