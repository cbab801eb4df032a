import EventTime

/// The pairs of hosts seen in the slices that still matter, by key group.
struct HostPairs: ~Copyable {
    typealias Table = KeyedTable<HostPair, PairVisits>

    let tables: UnsafeMutablePointer<Table>
    let groupCount: Int
    private let maximumPairs: Int
    var nextSerial: UInt32 = 1
    /// Each pair stands in one slice's list: it is looked at when that slice leaves the running window, and again when
    /// the slice is gone for good.
    var checks = VisitChecks()
    var removals = VisitChecks()
    /// A slice that leaves the running window is gone for good: one look is enough.
    let leavesForGood: Bool

    init(groupCount: Int, maximumPairs: Int, leavesForGood: Bool) {
        self.groupCount = groupCount
        self.maximumPairs = maximumPairs
        self.leavesForGood = leavesForGood
        tables = .allocate(capacity: groupCount)
        for group in 0..<groupCount { (tables + group).initialize(to: Table()) }
    }

    deinit {
        tables.deinitialize(count: groupCount)
        tables.deallocate()
    }

    /// Asks for the memory of a flow's pair, which may be one that is no more.
    @inline(__always)
    func prefetch(_ pair: Int32, group: Int) {
        if pair >= 0 { tables[group].prefetch(Int(pair), lines: 2) }
    }

    /// Asks for the memory in which the pair of two hosts will be looked up, then for that of the pair itself, or of the
    /// one that will be made.
    @inline(__always)
    func prefetchSlot(_ low: HostKey, _ high: HostKey, group: Int) {
        tables[group].prefetchSlot(hash: HostPair(low: low, high: high).tableHash)
    }

    @inline(__always)
    func prefetchEntry(_ low: HostKey, _ high: HostKey, group: Int) {
        if tables[group].prefetchEntry(hash: HostPair(low: low, high: high).tableHash, lines: 2) < 0 {
            let next = tables[group].freeIdentifier(after: 0)
            if next >= 0 { tables[group].prefetch(next, lines: 2) }
        }
    }

    /// Notes that a flow of the pair was seen in `slice`; `nil` where the pair is new and there is no room for it.
    mutating func visit(
        _ flow: inout FlowVisits, _ low: HostKey, _ high: HostKey, group: Int, slice: Int64, windowLength: Int64,
        floor: Int64, unordered: inout UnorderedVisits?
    ) -> SliceVisits.Change? {
        if !isCurrent(flow, group) {
            let key = HostPair(low: low, high: high)
            let hash = key.tableHash
            var identifier = tables[group].find(key, hash: hash)
            if identifier < 0 {
                guard tables[group].count < maximumPairs else { return nil }
                identifier = tables[group].insert(key, hash: hash, value: PairVisits(serial: nextSerial))
                nextSerial = nextSerial == .max ? 1 : nextSerial + 1
                if !leavesForGood { removals.add(check(group, identifier), slice: slice) }
            }
            flow.pair = Int32(identifier)
            flow.pairSerial = tables[group][identifier].pointee.value.serial
        }
        let pair = tables[group][Int(flow.pair)]
        if unordered != nil {
            return unordered?.visit(.pair(flow.pairSerial), slice: slice, windowLength: windowLength)
        }
        guard !pair.pointee.value.visits.isRepeat(slice) else { return .init() }
        return pair.pointee.value.visits.visit(slice, windowLength: windowLength, floor: floor)
    }

    /// Hears from a flow of the pair that its visits went on to `slice`, each less than a window behind the one before.
    mutating func hear(
        of flow: FlowVisits, group: Int, slice: Int64, windowLength: Int64, floor: Int64
    ) -> SliceVisits.Change {
        guard isCurrent(flow, group) else { return .init() }
        let pair = tables[group][Int(flow.pair)]
        // What lies between is part of its chain.
        guard slice > pair.pointee.value.visits.last else { return .init() }
        return pair.pointee.value.visits.visit(slice, windowLength: windowLength, floor: floor)
    }

    /// Where the pair that a flow was just counted for counts its two ends.
    func ends(of flow: FlowVisits, _ low: HostKey, _ high: HostKey, group: Int) -> ChainEnds {
        tables[group][Int(flow.pair)].pointee.value.chainEnds(low, high)
    }

    func setEnds(_ ends: CountedEnds, of flow: FlowVisits, group: Int) {
        let pair = tables[group][Int(flow.pair)]
        pair.pointee.value.ends = ends
        (pair.pointee.value.lowNumber, pair.pointee.value.highNumber) = (flow.lowRow, flow.highRow)
    }

    /// Sees to it that the pair will be looked at when its last slice leaves. Where that lies before `front`, it has
    /// left and nobody will look at it again: its chain ends, and the slice is returned.
    mutating func follow(_ flow: FlowVisits, group: Int, front: Int64) -> Int64? {
        let pair = tables[group][Int(flow.pair)]
        guard pair.pointee.value.visits.isOpen else { return nil }
        if pair.pointee.value.visits.last < front { return pair.pointee.value.visits.end() }
        if pair.pointee.value.check == .min {
            pair.pointee.value.check = pair.pointee.value.visits.last
            checks.add(check(group, Int(flow.pair)), slice: pair.pointee.value.check)
        }
        return nil
    }

    /// The pairs that go out of sight with `slice`.
    mutating func leave(_ slice: Int64) -> [ChainEnds] {
        var gone: [ChainEnds] = []
        let due = checks.take(slice)
        for (place, check) in due.enumerated() {
            prefetch(due, place)
            guard let pair = live(check) else { continue }
            let last = pair.pointee.value.visits.last
            if last > slice {
                pair.pointee.value.check = last
                checks.add(check, slice: last)
                continue
            }
            pair.pointee.value.check = .min
            if pair.pointee.value.visits.end() != nil {
                gone.append(pair.pointee.value.chainEnds(pair.pointee.key.low, pair.pointee.key.high))
            }
            if leavesForGood { remove(check) }
        }
        return gone
    }

    /// Removes the pairs last seen before `floor`.
    mutating func forget(before floor: Int64) {
        for slice in removals.slices(before: floor) {
            let due = removals.take(slice)
            for (place, check) in due.enumerated() {
                prefetch(due, place)
                guard let pair = live(check) else { continue }
                let last = pair.pointee.value.visits.last
                if last >= floor { removals.add(check, slice: last) } else { remove(check) }
            }
        }
    }

    private func remove(_ check: VisitCheck) {
        let pair = tables[Int(check.group)][Int(check.identifier)]
        pair.pointee.value.serial = 0
        tables[Int(check.group)].remove(Int(check.identifier), hash: pair.pointee.key.tableHash)
    }

    /// Asks for the pairs that come a little later, and then for their places in the index.
    @inline(__always)
    private func prefetch(_ due: [VisitCheck], _ place: Int) {
        if place + 16 < due.count {
            tables[Int(due[place + 16].group)].prefetch(Int(due[place + 16].identifier), lines: 2)
        }
        if place + 8 < due.count {
            let table = Int(due[place + 8].group)
            let key = tables[table].unsafeEntries[Int(due[place + 8].identifier)].key
            tables[table].prefetchSlot(hash: key.tableHash)
        }
    }

    /// Calls `body` with each pair, in no order.
    func visitAll(_ body: (HostPair, PairVisits) -> Void) {
        for group in 0..<groupCount {
            for (identifier, isLive) in tables[group].liveIdentifiers().enumerated() where isLive {
                let pair = tables[group][identifier]
                body(pair.pointee.key, pair.pointee.value)
            }
        }
    }

    private func check(_ group: Int, _ identifier: Int) -> VisitCheck {
        .init(
            group: Int32(group), identifier: Int32(identifier),
            serial: tables[group][identifier].pointee.value.serial)
    }

    private func isCurrent(_ flow: FlowVisits, _ group: Int) -> Bool {
        flow.pair >= 0 && tables[group][Int(flow.pair)].pointee.value.serial == flow.pairSerial
    }

    private func live(_ check: VisitCheck) -> UnsafeMutablePointer<KeyedTable<HostPair, PairVisits>.Entry>? {
        let pair = tables[Int(check.group)][Int(check.identifier)]
        return pair.pointee.value.serial == check.serial ? pair : nil
    }
}
