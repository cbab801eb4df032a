import EventTime
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
    /// The key group whose flow table is calling.
    var group = 0
    /// Flows whose visits are to be looked at when a slice leaves (overlapping windows only).
    var checks = VisitChecks()
    var pairs: HostPairs
    private var admission: HostAdmission
    private var nextSerial: UInt32 = 1
    /// Totals of the slice that packets come in now.
    private var pendingTotal = TotalTraffic()
    private var pendingSlice = Int64.min
    let keepsFlows: Bool
    /// Flows that ended since they were last taken.
    var endedFlows: [FlowRecord] = []
    var endedFlowCount: UInt64 = 0

    init(_ configuration: HostAnalysis.Configuration) {
        hosts = SlicedWindows(configuration.windows, allowedLateness: configuration.allowedLateness)
        totals = SlicedWindows(configuration.windows, allowedLateness: configuration.allowedLateness)
        windowLength = configuration.windows.slicesPerWindow
        pairs = HostPairs(
            groupCount: configuration.groupCount,
            maximumPairs: configuration.maximumFlows / configuration.groupCount)
        admission = HostAdmission(
            maximumHosts: configuration.maximumHosts, groupCount: configuration.groupCount)
        keepsFlows = configuration.keepsFlows
    }

    // MARK: Packets

    /// Counts a packet of any kind in the totals of `slice`.
    mutating func count(_ packet: borrowing FlowPacket, slice: Int64) {
        if slice != pendingSlice {
            flushTotals()
            pendingSlice = slice
        }
        let traffic = Traffic(packets: 1, bytes: packet.bytes, wireBytes: UInt64(packet.wireBytes))
        switch packet.kind {
        case .ip: pendingTotal.ip += traffic
        case .nonIP: pendingTotal.nonIP += traffic
        case .malformed: pendingTotal.malformed += traffic
        }
        if packet.isRevising { totals.noteLate(slice: slice, key: TotalKey()) }
    }

    mutating func flushTotals() {
        guard !pendingTotal.isEmpty else { return }
        let pending = pendingTotal
        totals.update(slice: pendingSlice, key: TotalKey()) { $0.enter(pending) }
        pendingTotal = TotalTraffic()
    }

    // MARK: Flow events

    public func makeAttachment() -> FlowVisits { FlowVisits(serial: nextSerial) }

    public mutating func sawFlow(
        _ flow: inout FlowVisits, key: FlowKey, identifier: Int, slice: Int64, isFirst: Bool, isRevising: Bool
    ) {
        let (low, high) = (key.lowHost, key.highHost)
        if isFirst {
            nextSerial = nextSerial == .max ? 1 : nextSerial + 1
            flow.startSlice = slice
            countStart(slice, low, high, 1)
        } else if slice < flow.startSlice {
            // An earlier packet came late: the flow started earlier.
            if flow.startSlice >= floor { countStart(flow.startSlice, low, high, -1) }
            flow.startSlice = slice
            countStart(slice, low, high, 1)
        }
        if isRevising { noteLate(slice, low, high) }
        guard !flow.visits.isRepeat(slice) else { return }
        let change = flow.visits.visit(slice, windowLength: windowLength, floor: floor)
        countFlow(change, low, high, &flow.ends, countsAsPeer: flow.countsAsPeer)
        if windowLength > 1, flow.visits.isOpen { follow(&flow, identifier, low, high) }
        if low != high { sawPair(&flow, low, high, slice) }
    }

    public mutating func addTraffic(
        _ flow: FlowVisits, key: FlowKey, slice: Int64, fromLow: Traffic, fromHigh: Traffic
    ) {
        let (low, high) = (key.lowHost, key.highHost)
        guard low != high else {
            _ = updateAdmitted(low, slice) {
                for traffic in [fromLow, fromHigh] {
                    $0.sent += traffic
                    $0.received += traffic
                }
            }
            return
        }
        _ = updateAdmitted(low, slice) {
            $0.sent += fromLow
            $0.received += fromHigh
        }
        _ = updateAdmitted(high, slice) {
            $0.sent += fromHigh
            $0.received += fromLow
        }
    }

    public mutating func endFlow(
        _ flow: inout FlowVisits, key: FlowKey, record: @autoclosure () -> FlowRecord
    ) {
        endedFlowCount += 1
        if keepsFlows { endedFlows.append(record()) }
        if windowLength > 1, let last = flow.visits.end(), last >= hosts.frontSlice {
            countFlow(.init(ended: last), key.lowHost, key.highHost, &flow.ends, countsAsPeer: flow.countsAsPeer)
        }
        flow.serial = 0
    }

    // MARK: Counting

    /// Slices before this one are gone for all windows.
    var floor: Int64 { hosts.floor }

    /// Changes a host's row in a slice, or the row of the hosts past the limit where it gets none of its own.
    @inline(__always)
    private mutating func updateAdmitted(
        _ host: HostKey, _ slice: Int64, _ body: (inout HostTraffic) -> Void
    ) -> Bool {
        let bit: UInt64 = 1 << UInt64(group)
        let isKnown = hosts.read(slice: slice, key: host) { $0.groups & bit != 0 } ?? false
        let isOwn = isKnown || admission.admit(slice: slice, group: group)
        hosts.update(slice: slice, key: isOwn ? host : .other) {
            $0.groups |= bit
            body(&$0)
        }
        return isOwn
    }

    private mutating func countStart(_ slice: Int64, _ low: HostKey, _ high: HostKey, _ amount: Int32) {
        _ = updateAdmitted(low, slice) { $0.flowsStarted &+= amount }
        if low != high { _ = updateAdmitted(high, slice) { $0.flowsStarted &+= amount } }
    }

    private mutating func noteLate(_ slice: Int64, _ low: HostKey, _ high: HostKey) {
        for host in [low, high] {
            let isOwn = updateAdmitted(host, slice) { _ in }
            hosts.noteLate(slice: slice, key: isOwn ? host : .other)
        }
    }

    /// Applies a change in the slices where a flow was seen to its hosts and the totals.
    mutating func countFlow(
        _ change: SliceVisits.Change, _ low: HostKey, _ high: HostKey, _ ends: inout CountedEnds, countsAsPeer: Bool
    ) {
        // In windows that do not overlap each slice stands for itself: nothing leaves.
        let (ended, unended) = windowLength > 1 ? (change.ended, change.unended) : (nil, nil)
        for (slice, amount) in [(ended, 1), (unended, -1)] as [(Int64?, Int32)] {
            guard let slice else { continue }
            totals.update(slice: slice, key: TotalKey()) { $0.flowsEnded &+= Int64(amount) }
            forEachEnd(low, high, ends) { hosts, host in
                hosts.update(slice: slice, key: host) {
                    $0.flowsEnded &+= amount
                    if countsAsPeer { $0.peersEnded &+= amount }
                }
            }
        }
        if let slice = change.began {
            totals.update(slice: slice, key: TotalKey()) { $0.flowsBegan &+= 1 }
            let began: (inout HostTraffic) -> Void = {
                $0.flowsBegan &+= 1
                if countsAsPeer { $0.peersBegan &+= 1 }
            }
            ends.lowIsOther = !updateAdmitted(low, slice, began)
            if low != high { ends.highIsOther = !updateAdmitted(high, slice, began) }
        }
        if let slice = change.unbegan {
            totals.update(slice: slice, key: TotalKey()) { $0.flowsBegan &-= 1 }
            forEachEnd(low, high, ends) { hosts, host in
                hosts.update(slice: slice, key: host) {
                    $0.flowsBegan &-= 1
                    if countsAsPeer { $0.peersBegan &-= 1 }
                }
            }
        }
    }

    /// The same for the peers of a pair.
    mutating func countPair(
        _ change: SliceVisits.Change, _ low: HostKey, _ high: HostKey, _ ends: inout CountedEnds
    ) {
        let (ended, unended) = windowLength > 1 ? (change.ended, change.unended) : (nil, nil)
        for (slice, amount) in [(ended, 1), (unended, -1)] as [(Int64?, Int32)] {
            guard let slice else { continue }
            forEachEnd(low, high, ends) { hosts, host in
                hosts.update(slice: slice, key: host) { $0.peersEnded &+= amount }
            }
        }
        if let slice = change.began {
            ends.lowIsOther = !updateAdmitted(low, slice) { $0.peersBegan &+= 1 }
            ends.highIsOther = !updateAdmitted(high, slice) { $0.peersBegan &+= 1 }
        }
        if let slice = change.unbegan {
            forEachEnd(low, high, ends) { hosts, host in
                hosts.update(slice: slice, key: host) { $0.peersBegan &-= 1 }
            }
        }
    }

    /// Calls `body` with the row keys in which the two ends are counted.
    private mutating func forEachEnd(
        _ low: HostKey, _ high: HostKey, _ ends: CountedEnds,
        _ body: (inout SlicedWindows<HostKey, HostTraffic>, HostKey) -> Void
    ) {
        body(&hosts, ends.lowIsOther ? .other : low)
        if low != high { body(&hosts, ends.highIsOther ? .other : high) }
    }

    private mutating func follow(_ flow: inout FlowVisits, _ identifier: Int, _ low: HostKey, _ high: HostKey) {
        if flow.visits.last < hosts.frontSlice, let last = flow.visits.end() {
            // A late slice has left the running window already: nobody will look at it again.
            countFlow(.init(ended: last), low, high, &flow.ends, countsAsPeer: flow.countsAsPeer)
        } else if flow.check == .min {
            flow.check = flow.visits.last
            checks.add(
                .init(group: Int32(group), identifier: Int32(identifier), serial: flow.serial),
                slice: flow.check)
        }
    }

    private mutating func sawPair(_ flow: inout FlowVisits, _ low: HostKey, _ high: HostKey, _ slice: Int64) {
        guard !flow.countsAsPeer else { return }
        guard
            let change = pairs.visit(
                &flow, low, high, group: group, slice: slice, windowLength: windowLength, floor: floor)
        else {
            // No room for the pair: the flow stands for it, from here on.
            flow.countsAsPeer = true
            countPair(.init(began: slice), low, high, &flow.ends)
            return
        }
        var ends = pairs.ends(of: flow, group: group)
        countPair(change, low, high, &ends)
        if windowLength > 1, let last = pairs.endLate(flow, group: group, before: hosts.frontSlice) {
            countPair(.init(ended: last), low, high, &ends)
        }
        pairs.setEnds(ends, of: flow, group: group)
    }

    mutating func forget(before floor: Int64) { admission.forget(before: floor) }
}

extension FlowKey {
    @inlinable var lowHost: HostKey { HostKey(high: lowAddressHigh, low: lowAddressLow, family: family) }
    @inlinable var highHost: HostKey { HostKey(high: highAddressHigh, low: highAddressLow, family: family) }
}
