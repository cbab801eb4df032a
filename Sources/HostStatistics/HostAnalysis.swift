public import EventTime
public import Flows
import Packets

/// One worker's share of the analysis: the flow tables of its key groups and the windows they feed.
///
/// Packets of one pair of hosts always come to the same key group, and key groups are a fixed number whatever the
/// number of workers, so the merged results of any number of workers are the same.
public struct HostAnalysis: ~Copyable {
    public struct Configuration: Hashable, Sendable {
        public var windows: SlidingWindows
        public var allowedLateness: Nanoseconds
        public var idleTimeout: Nanoseconds
        public var activeTimeout: Nanoseconds
        public var maximumFlows: Int
        public var maximumHosts: Int
        /// Whether ended flows are reported.
        public var keepsFlows: Bool
        /// Whether the rows of hosts are reported; without, window reports have none.
        public var reportsHosts: Bool
        /// Whether somebody may want to know what the hosts did, though no rows are reported now. Where not, hosts are only
        /// counted as far as that can be.
        public var describesHosts = true
        /// Which rows of hosts are reported where a window fires on time; `nil`: all of them. With more key groups than
        /// one it means nothing, since the rows are then shares.
        public var hostChoice: HostChoice?
        /// Whether packets come in the order of their clocks; without, windows fire at the end of the input only.
        public var isOrdered: Bool

        public init(
            windows: SlidingWindows, allowedLateness: Nanoseconds = 0, idleTimeout: Nanoseconds = 60 * .second,
            activeTimeout: Nanoseconds = 300 * .second, maximumFlows: Int = 1 << 20, maximumHosts: Int = 1 << 20,
            keepsFlows: Bool = false, reportsHosts: Bool = true, isOrdered: Bool = true
        ) {
            self.windows = windows
            self.allowedLateness = allowedLateness
            self.idleTimeout = idleTimeout
            self.activeTimeout = activeTimeout
            self.maximumFlows = maximumFlows
            self.maximumHosts = maximumHosts
            self.keepsFlows = keepsFlows
            self.reportsHosts = reportsHosts
            self.isOrdered = isOrdered
        }

        /// Whether flows need more than ``FlowVisits/Kept``.
        var keepsVisitsBeside: Bool { windows.slicesPerWindow > 1 || allowedLateness > 0 }

        /// Whether windows overlap, and nobody will look again at a slice that has left the one that fires next: packets
        /// come in order, and no lateness is allowed.
        var leavesForGood: Bool { windows.slicesPerWindow > 1 && allowedLateness == 0 && isOrdered }

        /// Hosts are only counted: nobody has their rows, and visits say enough of them (``CountedHosts``).
        var onlyCountsHosts: Bool {
            !reportsHosts && !describesHosts && allowedLateness == 0 && isOrdered && groupCount == 1
                && windows.slicesPerWindow <= 64
        }

        /// Key groups, a power of two up to 64: what workers can share. Each has its own share of the limits, so that
        /// results do not depend on the number of workers; with one, the limits hold exactly.
        public var groupCount = 1

        /// The key group of a packet.
        @inlinable @inline(__always)
        public static func group(of packet: UnsafePointer<FlowPacket>, groupCount: Int) -> Int {
            groupCount == 1 ? 0 : Int(packet.pointee.key.pairHash >> 16) & (groupCount - 1)
        }
    }

    public let configuration: Configuration
    let groupCount: Int
    /// Flow tables by key group; those of other workers stay empty.
    let tables: UnsafeMutablePointer<FlowTable<FlowVisits>>
    var windows: HostWindows
    private let makesRows: Bool
    private let isOrdered: Bool
    /// The slice of the last packet, and its bounds.
    private var slice: Int64 = 0
    private var sliceStart: Nanoseconds = 0
    private var sliceEnd: Nanoseconds = 0
    var flushedThrough = Int64.min
    /// Packets whose memory is asked for at once: a multiple of these is best for ``add(_:)``.
    public static var lookAhead: Int { 32 }
    private let guesses = UnsafeMutablePointer<Int>.allocate(capacity: HostAnalysis.lookAhead)
    /// Of packets whose hashes the caller does not know.
    private let hashes = UnsafeMutablePointer<UInt32>.allocate(capacity: HostAnalysis.lookAhead)
    /// Where packets stand among those looked at of whose flow nothing is known.
    private let beginning = UnsafeMutablePointer<UInt8>.allocate(capacity: HostAnalysis.lookAhead)
    /// Windows overlap.
    private let overlaps: Bool
    /// They do, and hosts are only counted.
    private let countsHosts: Bool
    /// The rows made last, up to ``keptRows``: once nobody else holds them, their memory serves again. To return and ask
    /// anew for that much memory with each window costs more than to sort it.
    private var lastRows: [HostRow] = []
    private static let keptRows = 1 << 17

    /// `isAlone`: no other worker has a share in the same windows.
    public init(_ configuration: Configuration, isAlone: Bool = false) {
        self.configuration = configuration
        // Others' rows may be of the same hosts: only merged can they be counted.
        makesRows = configuration.reportsHosts || !isAlone && configuration.groupCount > 1
        isOrdered = configuration.isOrdered
        overlaps = configuration.windows.slicesPerWindow > 1
        countsHosts = overlaps && configuration.onlyCountsHosts
        groupCount = configuration.groupCount
        tables = .allocate(capacity: groupCount)
        for group in 0..<groupCount {
            (tables + group).initialize(
                to: FlowTable(
                    limits: FlowLimits(
                        idleTimeout: configuration.idleTimeout, activeTimeout: configuration.activeTimeout,
                        maximumFlows: max(1, configuration.maximumFlows / groupCount)),
                    keepsRecords: configuration.keepsFlows, keepsBeside: configuration.keepsVisitsBeside,
                    handsOn: !configuration.onlyCountsHosts))
        }
        windows = HostWindows(configuration)
    }

    deinit {
        tables.deinitialize(count: groupCount)
        tables.deallocate()
        guesses.deallocate()
        hashes.deallocate()
        beginning.deallocate()
    }

    /// Takes packets that are not too late for every window, in the order of their times if time has an order: event
    /// time has come to each packet's own.
    public mutating func add(_ packets: UnsafeBufferPointer<FlowPacket>) {
        guard var first = packets.baseAddress else { return }
        let end = first + packets.count
        while first < end {
            let count = min(Self.lookAhead, end - first)
            for index in 0..<count { hashes[index] = first[index].key.tableHash }
            add(first, hashes, count)
            first += count
        }
    }

    /// The same where the caller knows the packets' hashes (``FlowKey/tableHash``).
    public mutating func add(_ packets: UnsafeBufferPointer<FlowPacket>, hashes: UnsafePointer<UInt32>) {
        guard let first = packets.baseAddress else { return }
        var index = 0
        while index < packets.count {
            let count = min(Self.lookAhead, packets.count - index)
            // They may still lie in another processor's cache.
            let end = min(packets.count, index + count + Self.lookAhead)
            var ahead = index + count
            while ahead < end {
                FlowPacket.prefetch(first + ahead)
                ahead &+= 1
            }
            add(first + index, hashes + index, count)
            index += count
        }
    }

    /// At most ``lookAhead`` packets.
    @inline(__always)
    private mutating func add(
        _ packets: UnsafePointer<FlowPacket>, _ hashes: UnsafePointer<UInt32>, _ count: Int
    ) {
        if overlaps, !windows.admitsAtOnce, windows.mayRefuseHosts(after: 2 * count) { admitAtOnce() }
        let isInSlice = isOrdered && isInSlice(packets.pointee.time) && isInSlice(packets[count - 1].time)
        if isInSlice, groupCount == 1 {
            // In its own loops nothing is asked about groups.
            prefetch(packets, hashes, count, isOneGroup: true)
            addWithinSlice(packets, hashes, count, isOneGroup: true)
            return
        }
        prefetch(packets, hashes, count, isOneGroup: false)
        if isInSlice {
            addWithinSlice(packets, hashes, count, isOneGroup: false)
        } else {
            for index in 0..<count { add(packets + index, hashes[index], guesses[index], packets[index].time) }
        }
    }

    /// Takes a packet that came too late to be put in order; event time has come to `clock`.
    public mutating func add(_ packet: FlowPacket, clock: Nanoseconds) {
        if overlaps, !windows.admitsAtOnce, windows.mayRefuseHosts(after: 2) { admitAtOnce() }
        withUnsafePointer(to: packet) { add($0, $0.pointee.key.tableHash, -1, clock) }
    }

    /// From now on hosts are admitted to slices as they come; those that came before are so now.
    @inline(never)
    private mutating func admitAtOnce() {
        for group in 0..<groupCount {
            windows.group = group
            tables[group].flush(into: &windows)
        }
        windows.admitsAtOnce = true
    }

    /// Asks for the memory that a stretch of packets will touch, one kind of it after the other, so that the processor
    /// waits for many packets at once.
    @inline(__always)
    private mutating func prefetch(
        _ packets: UnsafePointer<FlowPacket>, _ hashes: UnsafePointer<UInt32>, _ count: Int, isOneGroup: Bool
    ) {
        var index = 0
        while index < count {
            tables[isOneGroup ? 0 : group(of: packets + index)].prefetchSlot(hash: hashes[index])
            index &+= 1
        }
        var beginningCount = 0
        index = 0
        while index < count {
            let guess = tables[isOneGroup ? 0 : group(of: packets + index)].prefetchFlow(hash: hashes[index])
            guesses[index] = guess
            // Who will be among them cannot be foreseen: without a branch.
            beginning[beginningCount] = UInt8(truncatingIfNeeded: index)
            beginningCount &+= guess < 0 ? 1 : 0
            index &+= 1
        }
        if beginningCount > 0 { prefetchBeginning(packets, beginningCount) }
        if countsHosts { prefetchHosts(count) }
    }

    /// The same of the hosts of flows that come into the slice, where they are noted there and then.
    @inline(never)
    private mutating func prefetchHosts(_ count: Int) {
        var index = 0
        while index < count {
            let guess = guesses[index]
            if guess >= 0, tables[0].slice(of: guess) != slice { windows.counted.prefetch(tables[0].kept(guess)) }
            index &+= 1
        }
    }

    /// The same of what flows that begin will touch.
    @inline(never)
    private mutating func prefetchBeginning(_ packets: UnsafePointer<FlowPacket>, _ count: Int) {
        for place in 0..<count {
            let packet = packets + Int(beginning[place])
            windows.prefetchSlots(packet.pointee.key, slice: slice, group: group(of: packet))
        }
        guard !countsHosts else {
            for place in 0..<count { windows.prefetchBeginning(packets[Int(beginning[place])].key) }
            return
        }
        guard !overlaps else { return }
        for place in 0..<count { windows.prefetchRows(packets[Int(beginning[place])].key, slice: slice) }
    }

    @inline(__always)
    private func group(of packet: UnsafePointer<FlowPacket>) -> Int {
        Configuration.group(of: packet, groupCount: groupCount)
    }

    @inline(__always)
    private func isInSlice(_ time: Nanoseconds) -> Bool { time >= sliceStart && time < sliceEnd }

    /// Packets in order, of which the first and the last lie in the slice: so all do.
    @inline(__always)
    private mutating func addWithinSlice(
        _ packets: UnsafePointer<FlowPacket>, _ hashes: UnsafePointer<UInt32>, _ count: Int, isOneGroup: Bool
    ) {
        let slice = slice
        if isOneGroup { windows.group = 0 }
        windows.count(packets, count, slice: slice)
        var index = 0
        while index < count {
            let packet = packets + index
            if packet.pointee.isIP {
                let group = isOneGroup ? 0 : group(of: packet)
                if !isOneGroup { windows.group = group }
                tables[group].add(
                    packet, hash: hashes[index], guess: guesses[index], clock: packet.pointee.time, slice: slice,
                    sink: &windows)
            }
            index &+= 1
        }
    }

    @inline(never)
    private mutating func add(
        _ packet: UnsafePointer<FlowPacket>, _ hash: UInt32, _ guess: Int, _ clock: Nanoseconds
    ) {
        if !isInSlice(packet.pointee.time) { moveSlice(to: packet.pointee.time) }
        windows.count(packet, 1, slice: slice)
        guard packet.pointee.isIP else { return }
        let group = group(of: packet)
        windows.group = group
        tables[group].add(packet, hash: hash, guess: guess, clock: clock, slice: slice, sink: &windows)
    }

    private mutating func moveSlice(to time: Nanoseconds) {
        slice = configuration.windows.slice(containing: time)
        sliceStart = configuration.windows.start(ofSlice: slice)
        sliceEnd = configuration.windows.start(ofSlice: slice.saturatingAdd(1))
        if slice > windows.newestSlice {
            windows.newestSlice = slice
            windows.hosts.foreseeSlice()
            if slice >= windows.calmEnd { endCalm() }
        }
    }

    /// Packets come that are ahead of the window that fires next: pairs of hosts must know all visits of their flows.
    /// O(flows), once before event time has caught up.
    private mutating func endCalm() {
        windows.foreseeCalm()
        guard windows.pairsAreBehind else { return }
        for group in 0..<groupCount {
            windows.group = group
            tables[group].forEachAttachment { key, flow in windows.tellPair(flow, key.lowHost, key.highHost) }
        }
        windows.pairsAreBehind = false
    }

    /// Event time has come to `time`: no packet before it is still to come, but late ones. Ends flows, and fires the
    /// windows that end there; `dirty` are fired windows that late packets changed since, in ascending order.
    public mutating func advance(to time: Nanoseconds, dirty: [Int64]) -> PartialResult {
        for group in 0..<groupCount {
            windows.group = group
            tables[group].expire(before: time, sink: &windows)
        }
        let slice = configuration.windows.slice(containing: time)
        guard slice > flushedThrough || !dirty.isEmpty else { return takeResult(windows: []) }
        flushedThrough = slice
        return fire(through: time, dirty: dirty)
    }

    /// The input has ended: ends every flow and fires every window.
    public mutating func finish(dirty: [Int64]) -> PartialResult {
        for group in 0..<groupCount {
            windows.group = group
            tables[group].endAll(sink: &windows)
        }
        return fire(through: .max, dirty: dirty)
    }

    // MARK: Firing

    private mutating func fire(through time: Nanoseconds, dirty: [Int64]) -> PartialResult {
        for group in 0..<groupCount {
            windows.group = group
            tables[group].flush(into: &windows)
        }
        windows.flushTotals()
        windows.countWaitingPairs()
        var results = windows.refire(dirty)
        while let window = windows.hosts.nextFiring(through: time) {
            results.append(takeWindow(window))
            let next = windows.hosts.window(after: window)
            pass(to: next)
            // At the very end of time there is none behind it.
            if next == window { break }
        }
        pass(to: windows.hosts.firstWindow(openAt: time))
        windows.fireTotals(through: time, into: &results)
        windows.close(watermark: time == .max ? .max : time.saturatingAdd(-1))
        return takeResult(windows: results)
    }

    /// What the window that fires now says of hosts.
    private mutating func takeWindow(_ window: Int64) -> PartialWindow {
        guard makesRows else { return PartialWindow(window: window, hosts: [], hostCount: windows.hosts.rowCount) }
        defer { if lastRows.count > Self.keptRows { lastRows = [] } }
        guard let choice = configuration.hostChoice, groupCount == 1 else {
            windows.hosts.takeRows(into: &lastRows) { $1.row($0) }
            return PartialWindow(window: window, hosts: lastRows, hostCount: lastRows.count)
        }
        if let measure = choice.measure {
            windows.hosts.takeFirstRows(
                choice.limit, by: { measure.number(of: $0) }, into: &lastRows, { $1.row($0) })
        } else {
            windows.hosts.takeFirstRows(choice.limit, by: nil, into: &lastRows, { $1.row($0) })
        }
        return PartialWindow(window: window, hosts: lastRows, hostCount: windows.hosts.rowCount)
    }

    /// All windows before `window` have fired: what they alone held goes out of sight.
    private mutating func pass(to window: Int64) {
        if overlaps {
            for slice in windows.hosts.slices(leavingBefore: window) {
                leaveFlows(slice)
                windows.leaveDeparted(slice)
                windows.leavePairs(slice)
                if windows.countsHosts { windows.leaveHosts(slice) }
            }
        }
        windows.pass(to: window)
    }

    private mutating func leaveFlows(_ slice: Int64) {
        let checks = windows.checks.take(slice)
        for (place, check) in checks.enumerated() {
            if place + 8 < checks.count {
                let next = checks[place + 8]
                tables[Int(next.group)].prefetch(Int(next.identifier))
            }
            if place + 4 < checks.count {
                let next = checks[place + 4]
                windows.group = Int(next.group)
                windows.prefetchEnd(tables[Int(next.group)].attachment(Int(next.identifier)))
            }
            windows.group = Int(check.group)
            tables[Int(check.group)].withAttachment(of: Int(check.identifier)) { key, flow in
                guard flow.serial == check.serial else { return }
                windows.leaveFlow(&flow, key, slice, check)
            }
        }
    }

    private mutating func takeResult(windows results: [PartialWindow]) -> PartialResult {
        defer {
            windows.endedFlows = []
            windows.endedFlowCount = 0
        }
        return PartialResult(
            windows: results, flows: windows.endedFlows, endedFlows: windows.endedFlowCount)
    }
}
