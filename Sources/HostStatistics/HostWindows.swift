public import EventTime
public import Flows

/// The windows of hosts and of the totals, fed with a flow table's events.
///
/// Traffic is added per flow and slice. Distinct flows and peers are counted by the chains of slices in which they
/// were seen (``SliceVisits``), so a sliding window costs no more than its slices.
public struct HostWindows: ~Copyable, FlowSink {
    public typealias Attachment = FlowVisits

    var hosts: SlicedWindows<HostKey, HostTraffic>
    var totals: SlicedWindows<TotalKey, TotalTraffic>
    let windowLength: Int64
    /// Who gets a row of their own; its group is the key group whose flow table is calling.
    var admission: KeyAdmission<HostKey>
    /// Flows whose visits are to be looked at when a slice leaves (overlapping windows only).
    var checks = VisitChecks()
    /// Flows that have ended, though the slice in which they were seen last has not left.
    var departures = FlowDepartures()
    var pairs: HostPairs
    /// The newest slice in which a packet came.
    var newestSlice = Int64.min
    /// Where slices leave for good, and no packet has come that is ahead of the window that fires next: the end of that
    /// window, in which all visits are less than a window apart. Else the least of all numbers.
    var calmEnd = Int64.min
    /// Pairs of hosts may not know the newest visits of their flows (``tellPair(_:_:_:)``).
    var pairsAreBehind = false
    /// What stands for the pairs where windows do not overlap.
    var peers: SlicePeers
    /// Pairs that have not been looked up in `peers` yet.
    var waitingPairs = WaitingPairs()
    /// Windows do not overlap, and time has an order.
    let isAlone: Bool
    /// Flows keep more than ``FlowVisits/Kept``.
    let keepsVisitsBeside: Bool
    var nextSerial: UInt32 = 1
    /// Totals of the slice that packets come in now.
    var pendingTotal = TotalTraffic()
    var pendingSlice = Int64.min
    /// Where packets come in no order; `nil` where they do.
    var unordered: UnorderedVisits?
    let keepsFlows: Bool
    /// Rows of hosts say what the hosts did; else, where windows do not overlap, only that they were there, in packets: how
    /// often that was noted.
    let describesHosts: Bool
    /// What stands for the rows of hosts where they are only counted and windows overlap.
    var counted: CountedHosts
    let countsHosts: Bool
    /// Hosts get their rows of a slice where they are first seen in it, and not with their traffic (``mayRefuseHosts``).
    var admitsAtOnce = false
    /// Flows that ended since they were last taken.
    var endedFlows: [FlowRecord] = []
    var endedFlowCount: UInt64 = 0

    init(_ configuration: HostAnalysis.Configuration) {
        let limitPerGroup = Int32(clamping: max(1, configuration.maximumHosts / configuration.groupCount))
        hosts = SlicedWindows(configuration.windows, allowedLateness: configuration.allowedLateness)
        totals = SlicedWindows(configuration.windows, allowedLateness: configuration.allowedLateness)
        windowLength = configuration.windows.slicesPerWindow
        pairs = HostPairs(
            groupCount: configuration.groupCount,
            maximumPairs: configuration.maximumFlows / configuration.groupCount,
            leavesForGood: configuration.leavesForGood)
        peers = SlicePeers(maximumPairs: configuration.maximumFlows)
        counted = CountedHosts(limit: limitPerGroup, windowLength: configuration.windows.slicesPerWindow)
        keepsVisitsBeside = configuration.keepsVisitsBeside
        isAlone = windowLength == 1 && configuration.isOrdered
        admission = KeyAdmission(
            limitPerGroup: limitPerGroup, overflow: .other)
        unordered = configuration.isOrdered ? nil : UnorderedVisits()
        keepsFlows = configuration.keepsFlows
        describesHosts = !configuration.onlyCountsHosts
        countsHosts = configuration.onlyCountsHosts && windowLength > 1
        foreseeCalm()
    }

    /// The key group whose flow table is calling.
    var group: Int {
        get { admission.group }
        set { admission.group = newValue }
    }

    // MARK: Packets

    /// Counts packets of any kind in the totals of `slice`.
    @inline(__always)
    mutating func count(_ packets: UnsafePointer<FlowPacket>, _ count: Int, slice: Int64) {
        if slice != pendingSlice {
            flushTotals()
            pendingSlice = slice
        }
        // Three numbers, each in a register.
        var (ipPackets, bytes, wireBytes) = (0 as UInt64, 0 as UInt64, 0 as UInt64)
        var index = 0
        while index < count {
            let packet = packets + index
            if packet.pointee.isIP, !packet.pointee.isRevising {
                ipPackets &+= 1
                bytes &+= packet.pointee.bytes
                wireBytes &+= UInt64(packet.pointee.wireBytes)
            } else {
                countUnusual(packet.pointee, slice)
            }
            index &+= 1
        }
        pendingTotal.ip += Traffic(packets: ipPackets, bytes: bytes, wireBytes: wireBytes)
    }

    @inline(never)
    private mutating func countUnusual(_ packet: FlowPacket, _ slice: Int64) {
        let traffic = Traffic(packets: 1, bytes: packet.bytes, wireBytes: UInt64(packet.wireBytes))
        switch packet.kind {
        case .ip: pendingTotal.ip += traffic
        case .nonIP: pendingTotal.nonIP += traffic
        case .malformed: pendingTotal.malformed += traffic
        }
        if packet.isRevising { totals.noteLate(slice: slice, key: TotalKey()) }
    }

    mutating func flushTotals() {
        guard !pendingTotal.isZero else { return }
        let pending = pendingTotal
        totals.update(slice: pendingSlice, key: TotalKey()) { $0.enter(pending) }
        pendingTotal = TotalTraffic()
    }

    // MARK: Flow events

    public func makeAttachment() -> FlowVisits { FlowVisits(serial: nextSerial) }

    /// A further visit that joins the chain of those before it, as most do: another look at the flow, when a slice leaves,
    /// will tell the rest.
    @inline(__always)
    public mutating func goesOn(_ flow: inout FlowVisits.Kept, in slice: Int64) -> Bool {
        let distance = slice &- flow.last
        guard flow.isFollowed, slice < calmEnd, distance > 0, distance < min(windowLength, 64),
            flow.recent >> UInt64(64 &- distance) == 0, flow.lowRow | flow.highRow >= 0
        else { return false }
        guard hostsGoOn(flow, to: slice) else { return false }
        flow.advance(to: slice)
        pairsAreBehind = describesHosts
        return true
    }

    public mutating func sawFlow(
        _ flow: inout FlowVisits, key: FlowKey, identifier: Int, start: Nanoseconds, slice: Int64, isFirst: Bool,
        isRevising: Bool
    ) {
        let (low, high) = (key.lowHost, key.highHost)
        if isFirst {
            nextSerial = nextSerial == .max ? 1 : nextSerial + 1
        } else if slice < flow.kept.last {
            moveStart(from: start, to: slice, low, high)
        }
        if isRevising { noteLate(slice, low, high) }
        guard !isAlone else { return countAlone(&flow, low, high, slice: slice, isFirst: isFirst) }
        // Where time has no order no flow says which slice was its newest.
        if unordered != nil, !isFirst { moveStart(from: start, to: slice, low, high) }
        guard !flow.visits.isRepeat(slice) else { return }
        let flowChange =
            unordered?.visit(.flow(flow.serial), slice: slice, windowLength: windowLength)
            ?? flow.visits.visit(slice, windowLength: windowLength, floor: floor)
        guard describesHosts else { return followCounting(&flow, flowChange, identifier, low, high, slice) }
        guard flowChange != .init() || !flow.kept.isFollowed || slice >= calmEnd else {
            pairsAreBehind = true
            return comeInto(slice, &flow, low, high)
        }
        let pairChange =
            low == high ? .init() : visitPair(&flow, low, high, slice, beginsFlow: flowChange.began != nil)
        if windowLength > 1 { correct(flow: flowChange, pair: pairChange, &flow, low, high) }
        // What comes into sight in this slice, in one look at each host's row.
        let beginsFlow = flowChange.began != nil
        let beginsPair = pairChange.began != nil
        if beginsFlow || beginsPair {
            let flows: Int32 = beginsFlow ? 1 : 0
            let started: Int32 = isFirst ? 1 : 0
            let peers: Int32 = beginsPair ? 1 : 0
            let ends = countBeginning(&flow, low, high, slice) {
                $0.flowsBegan &+= flows
                $0.flowsStarted &+= started
                $0.peersBegan &+= peers
            }
            if beginsFlow {
                flow.ends = ends
                countFlowBegan(slice)
            }
            if beginsPair, !flow.countsAsPeer { pairs.setEnds(ends, of: flow, group: group) }
        } else if windowLength > 1 {
            comeInto(slice, &flow, low, high)
        }
        if windowLength > 1 { follow(&flow, identifier, low, high) }
    }

    /// One more distinct flow in all of a slice.
    @inline(__always)
    mutating func countFlowBegan(_ slice: Int64) {
        if slice == pendingSlice {
            pendingTotal.flowsBegan &+= 1
        } else {
            totals.update(slice: slice, key: TotalKey()) { $0.flowsBegan &+= 1 }
        }
    }

    /// Counts what begins with a flow's visit in the rows of its hosts; returns which rows these were, and the flow
    /// keeps the hosts' numbers.
    @inline(__always)
    mutating func countBeginning(
        _ flow: inout FlowVisits, _ low: HostKey, _ high: HostKey, _ slice: Int64,
        _ count: (inout HostTraffic) -> Void
    ) -> CountedEnds {
        var ends = CountedEnds()
        guard windowLength > 1 else {
            ends.lowIsOther = !hosts.update(slice: slice, key: low, admission: admission, count)
            if low != high {
                ends.highIsOther = !hosts.update(slice: slice, key: high, admission: admission, count)
            }
            return ends
        }
        if !hosts.hasTakenIn(slice) {
            count(&hosts.row(ahead: slice, key: low, number: &flow.lowRow, admission: admission).pointee.value)
            ends.lowIsOther = flow.lowRow < 0
            guard low != high else {
                flow.highRow = flow.lowRow
                return ends
            }
            count(&hosts.row(ahead: slice, key: high, number: &flow.highRow, admission: admission).pointee.value)
            ends.highIsOther = flow.highRow < 0
            return ends
        }
        flow.lowRow = hosts.updateOverlapping(
            slice: slice, key: low, number: flow.lowRow, admission: admission, count)
        ends.lowIsOther = flow.lowRow < 0
        guard low != high else {
            flow.highRow = flow.lowRow
            return ends
        }
        flow.highRow = hosts.updateOverlapping(
            slice: slice, key: high, number: flow.highRow, admission: admission, count)
        ends.highIsOther = flow.highRow < 0
        return ends
    }

    public mutating func endFlow(
        _ flow: inout FlowVisits, key: FlowKey, record: @autoclosure () -> FlowRecord
    ) {
        endedFlowCount += 1
        if keepsFlows { endedFlows.append(record()) }
        if windowLength > 1, let last = flow.visits.end(), last >= hosts.frontSlice {
            let (low, high) = (key.lowHost, key.highHost)
            tellPair(flow, low, high)
            if !noteDeparture(flow, low, high, last) { countFlow(.init(ended: last), flow, low, high) }
        }
        flow.serial = 0
    }

    // MARK: Counting

    /// Slices before this one are gone for all windows.
    var floor: Int64 { hosts.floor }

    /// An earlier packet of a flow came late: the flow started earlier than was thought. What has been reported of its
    /// start stays.
    private mutating func moveStart(from time: Nanoseconds, to slice: Int64, _ low: HostKey, _ high: HostKey) {
        let before = hosts.windows.slice(containing: time)
        guard describesHosts, slice < before, !hosts.hasFired(before) else { return }
        for (slice, amount) in [(before, -1), (slice, 1)] as [(Int64, Int32)] {
            _ = hosts.update(slice: slice, key: low, admission: admission) { $0.flowsStarted &+= amount }
            if low != high {
                _ = hosts.update(slice: slice, key: high, admission: admission) { $0.flowsStarted &+= amount }
            }
        }
    }

    private mutating func noteLate(_ slice: Int64, _ low: HostKey, _ high: HostKey) {
        for host in [low, high] {
            let isOwn = hosts.update(slice: slice, key: host, admission: admission) { _ in }
            hosts.noteLate(slice: slice, key: isOwn ? host : .other)
        }
    }

    /// Notes the pair's visit. Where there is no room for the pair, the flow stands for it from here on.
    mutating func visitPair(
        _ flow: inout FlowVisits, _ low: HostKey, _ high: HostKey, _ slice: Int64, beginsFlow: Bool
    ) -> SliceVisits.Change {
        if !flow.countsAsPeer {
            if let change = pairs.visit(
                &flow, low, high, group: group, slice: slice, windowLength: windowLength, floor: floor,
                unordered: &unordered)
            {
                return change
            }
            flow.countsAsPeer = true
        }
        return beginsFlow ? .init(began: slice) : .init()
    }
}

extension FlowKey {
    @inlinable var lowHost: HostKey { HostKey(high: lowAddressHigh, low: lowAddressLow, family: family) }
    @inlinable var highHost: HostKey { HostKey(high: highAddressHigh, low: highAddressLow, family: family) }
}
