public import EventTime

/// The live flows of one key group: finds each packet's flow, follows its direction and TCP state, ends it by close,
/// reset, timeout or eviction, and hands its traffic on slice by slice.
///
/// Packets come in the order of their clocks: event time as the stream has it when a packet's turn comes, which is its
/// own time, or later for one that came too late to be put in order. Which flow a packet belongs to depends on nothing
/// but the packets before it, not on when ``expire(before:sink:)`` is called.
public struct FlowTable<Attachment: FlowAttachment>: ~Copyable {
    @usableFromInline typealias Flow = KeyedTable<KeptKey, FlowState<Attachment>>.Entry

    public let limits: FlowLimits
    /// 128 bytes a flow. What not everyone needs lies in columns, by the same identifiers.
    @usableFromInline var flows = KeyedTable<KeptKey, FlowState<Attachment>>()
    @usableFromInline var beside = SideColumn<Attachment.Beside>()
    @usableFromInline var totals = SideColumn<FlowTotals>()
    @usableFromInline let keepsBeside: Bool
    @usableFromInline let keepsRecords: Bool
    /// Traffic is handed on slice by slice. Where nobody wants it, no flow is put on a list for that.
    @usableFromInline let handsOn: Bool
    /// A timer for each flow, at the end of its timeout or earlier.
    @usableFromInline var timers: TimerWheel
    /// Flows whose timers were taken off just now.
    @usableFromInline var due: [UInt32] = []
    /// Flows with traffic not yet handed on.
    @usableFromInline var pending: [UInt32] = []
    @usableFromInline var fragments = FragmentCache()
    /// The limits as the path of each packet compares with them.
    @usableFromInline let longestSilence: UInt64
    @usableFromInline let longestLife: UInt64

    /// `keepsRecords`: what is said of a flow that ends is true of all its traffic; else its counts are of no use.
    /// `keepsBeside`: attachments are kept in whole. `handsOn`: the sink wants each slice's traffic.
    public init(
        limits: FlowLimits, keepsRecords: Bool = true, keepsBeside: Bool = true, handsOn: Bool = true
    ) {
        self.limits = limits
        self.keepsRecords = keepsRecords
        self.keepsBeside = keepsBeside
        self.handsOn = handsOn
        timers = TimerWheel(resolution: Self.timerResolution(limits))
        longestSilence = limits.idleTimeout.magnitude
        longestLife = limits.activeTimeout.magnitude
    }

    @usableFromInline static func timerResolution(_ limits: FlowLimits) -> Nanoseconds {
        max(limits.idleTimeout / 64, 1_000_000)
    }

    /// Live flows.
    public var count: Int { flows.count }

    /// The attachment of a flow; does nothing where no flow has had this identifier since all ended.
    @inlinable public func withAttachment(of identifier: Int, _ body: (FlowKey, inout Attachment) -> Void) {
        guard identifier < flows.identifierBound else { return }
        let flow = flows[identifier]
        var attachment = attachment(flow, identifier)
        body(flow.pointee.key.key, &attachment)
        keep(attachment, flow, identifier)
    }

    /// The attachment of a flow, past or present, to be looked at.
    @inlinable @inline(__always)
    public func attachment(_ identifier: Int) -> Attachment {
        Attachment(
            kept: flows.again(identifier).pointee.value.attachment,
            beside: keepsBeside ? beside.again(identifier).pointee : nil)
    }

    /// What lies in a flow, past or present, of its attachment; and the slice of its newest packets.
    @inlinable @inline(__always)
    public func kept(_ identifier: Int) -> Attachment.Kept { flows.again(identifier).pointee.value.attachment }

    @inlinable @inline(__always)
    public func slice(of identifier: Int) -> Int64 { flows.again(identifier).pointee.value.slice }

    /// An attachment, put together.
    @inlinable @inline(__always)
    func attachment(_ flow: UnsafeMutablePointer<Flow>, _ identifier: Int) -> Attachment {
        Attachment(
            kept: flow.pointee.value.attachment, beside: keepsBeside ? beside[identifier].pointee : nil)
    }

    @inlinable @inline(__always)
    func keep(_ attachment: Attachment, _ flow: UnsafeMutablePointer<Flow>, _ identifier: Int) {
        flow.pointee.value.attachment = attachment.kept
        if keepsBeside { beside[identifier].pointee = attachment.beside }
    }

    /// Asks for the memory in which the flow of a key with this hash will be looked up; then
    /// ``prefetchFlow(hash:)``, then ``add(_:hash:guess:clock:slice:sink:)``, each for a whole batch of
    /// packets.
    @inlinable @inline(__always)
    public func prefetchSlot(hash: UInt32) { flows.prefetchSlot(hash: hash) }

    /// Asks for the part of a flow that a packet touches. Returns the flow's identifier, or that of one with the same
    /// hash; -1 where there is none.
    @inlinable @inline(__always)
    public func prefetchFlow(hash: UInt32) -> Int { flows.prefetchEntry(hash: hash, lines: 2) }

    /// Asks for the memory of the flow with an identifier, past or present.
    @inlinable @inline(__always)
    public func prefetch(_ identifier: Int) {
        flows.prefetch(identifier, lines: 2)
        if keepsBeside { beside.prefetch(identifier) }
    }

    /// Takes an IP packet whose key has this hash and whose time lies in `slice`. `clock`: event time as it has come.
    /// `guess`: what ``prefetchFlow(hash:)`` said, since flows were last expired, or -1.
    @inlinable @inline(__always)
    public mutating func add<Sink: FlowSink & ~Copyable>(
        _ packet: UnsafePointer<FlowPacket>, hash: UInt32, guess: Int, clock: Nanoseconds, slice: Int64,
        sink: inout Sink
    ) where Sink.Attachment == Attachment {
        guard packet.pointee.isWhole else { return addFragment(packet.pointee, clock, slice, sink: &sink) }
        addWhole(packet, hash, guess, clock, slice, sink: &sink)
    }

    /// Fragments share the ports that the first of them has.
    @inlinable @inline(never)
    mutating func addFragment<Sink: FlowSink & ~Copyable>(
        _ fragment: FlowPacket, _ clock: Nanoseconds, _ slice: Int64, sink: inout Sink
    ) where Sink.Attachment == Attachment {
        var packet = fragment
        fragments.visit(&packet)
        let hash = packet.key.tableHash
        addWhole(&packet, hash, -1, clock, slice, sink: &sink)
    }

    @inlinable @inline(__always)
    mutating func addWhole<Sink: FlowSink & ~Copyable>(
        _ packet: UnsafePointer<FlowPacket>, _ hash: UInt32, _ guess: Int, _ clock: Nanoseconds, _ slice: Int64,
        sink: inout Sink
    ) where Sink.Attachment == Attachment {
        var identifier = guess
        // A flow that ended meanwhile has no key any more (``remove``).
        if guess < 0 || flows.again(guess).pointee.key.key != packet.pointee.key {
            identifier = lookUp(packet, hash, clock, sink: &sink)
        }
        let entry = flows[identifier]
        if mayEnd(entry, packet, clock) { endWhereDue(identifier, packet, clock, sink: &sink) }
        if entry.pointee.value.slice != slice {
            enter(slice, identifier, isRevising: packet.pointee.isRevising, sink: &sink)
        } else if !entry.pointee.key.isListed || packet.pointee.isRevising {
            visitAgain(slice, identifier, isRevising: packet.pointee.isRevising, sink: &sink)
        }
        let time = packet.pointee.time
        if time > entry.pointee.value.last { entry.pointee.value.last = time }
        if time < entry.pointee.value.start { entry.pointee.value.start = time }
        if !entry.pointee.value.pending.add(packet) { addLarge(packet, identifier, sink: &sink) }
        if packet.pointee.tcpFlags != 0, entry.pointee.value.tcp.isChanged(by: packet) {
            noteTCP(identifier, packet)
        }
    }

    /// The identifier of a packet's flow, which begins where there is none.
    @inlinable @inline(never)
    mutating func lookUp<Sink: FlowSink & ~Copyable>(
        _ packet: UnsafePointer<FlowPacket>, _ hash: UInt32, _ clock: Nanoseconds, sink: inout Sink
    ) -> Int where Sink.Attachment == Attachment {
        let identifier = flows.find(KeptKey(packet.pointee.key), hash: hash)
        return identifier < 0 ? begin(packet, hash, clock, sink: &sink) : identifier
    }

    @inlinable @inline(never)
    mutating func endWhereDue<Sink: FlowSink & ~Copyable>(
        _ identifier: Int, _ packet: UnsafePointer<FlowPacket>, _ clock: Nanoseconds, sink: inout Sink
    ) where Sink.Attachment == Attachment {
        guard flows.again(identifier).pointee.value.slice != .min,
            let reason = Self.reasonToEnd(flows.again(identifier), packet, clock, limits)
        else { return }
        restart(identifier, packet, clock, reason: reason, sink: &sink)
    }

    /// Hands on all traffic that is pending.
    @inlinable public mutating func flush<Sink: FlowSink & ~Copyable>(into sink: inout Sink)
    where Sink.Attachment == Attachment {
        for (place, identifier) in pending.enumerated() {
            if place + 16 < pending.count { flows.prefetch(Int(pending[place + 16]), lines: 2) }
            if place + 8 < pending.count {
                sink.prefetch(flows.again(Int(pending[place + 8])).pointee.value.attachment)
            }
            if place + 4 < pending.count {
                let next = flows.again(Int(pending[place + 4]))
                sink.prefetch(next.pointee.value.attachment, in: next.pointee.value.slice)
            }
            let flow = flows[Int(identifier)]
            guard flow.pointee.key.isListed else { continue }
            handOver(flow, Int(identifier), to: &sink)
            flow.pointee.key.isListed = false
        }
        pending.removeAll(keepingCapacity: true)
    }

    // MARK: Steps

    @inlinable @inline(__always)
    static func deadline(of flow: borrowing FlowState<Attachment>, _ limits: FlowLimits) -> Nanoseconds {
        let timeout =
            flow.tcp.closed == nil ? limits.idleTimeout : min(FlowLimits.closedLinger, limits.idleTimeout)
        return flow.last.saturatingAdd(timeout)
    }

    /// Whether there may be a reason for a packet not to belong to the flow with its key: false for nearly all, by a
    /// look at three numbers. ``reasonToEnd(_:_:_:_:)`` then knows.
    @inlinable @inline(__always)
    func mayEnd(
        _ flow: UnsafeMutablePointer<Flow>, _ packet: UnsafePointer<FlowPacket>, _ clock: Nanoseconds
    ) -> Bool {
        // Unsigned differences are right where the first time is not before the second.
        let (start, last) = (flow.pointee.value.start, flow.pointee.value.last)
        let silence = UInt64(bitPattern: clock &- last)
        let age = UInt64(bitPattern: packet.pointee.time &- start)
        return clock < last || silence > longestSilence || age >= longestLife
            || packet.pointee.tcpFlags & TCPState.syn != 0 || flow.pointee.value.tcp.closed != nil
    }

    /// Why a packet does not belong to the flow with its key; `nil` where it does.
    @inlinable @inline(never)
    static func reasonToEnd(
        _ entry: UnsafeMutablePointer<Flow>, _ packet: UnsafePointer<FlowPacket>, _ clock: Nanoseconds,
        _ limits: FlowLimits
    ) -> FlowRecord.EndReason? {
        let flow = entry.pointee.value
        if clock > deadline(of: flow, limits) || flow.start.saturatingAdd(-limits.idleTimeout) > clock {
            return flow.tcp.closed ?? .idle
        }
        if packet.pointee.tcpFlags & TCPState.syn != 0,
            flow.tcp.isReopened(by: packet.pointee, initialSequence: entry.pointee.key.initialSequence)
        {
            return flow.tcp.replaced
        }
        // Times lie up to 585 years apart: too far for a signed difference.
        let time = packet.pointee.time
        if time >= flow.start, UInt64(bitPattern: time &- flow.start) >= limits.activeTimeout.magnitude,
            flow.tcp.closed == nil
        {
            return .active
        }
        return nil
    }

    @inlinable @inline(never)
    mutating func begin<Sink: FlowSink & ~Copyable>(
        _ packet: UnsafePointer<FlowPacket>, _ hash: UInt32, _ clock: Nanoseconds, sink: inout Sink
    ) -> Int where Sink.Attachment == Attachment {
        if flows.count >= limits.maximumFlows { evict(at: clock, sink: &sink) }
        sink.prefetchBeginning(packet.pointee.key)
        let next = flows.freeIdentifier(after: 4)
        if next >= 0 { prefetch(next) }
        let attachment = sink.makeAttachment()
        let identifier = flows.insert(
            Self.key(packet.pointee, initiatorIsHigh: Self.initiatorIsHigh(packet.pointee)), hash: hash,
            value: FlowState(attachment: attachment.kept, start: packet.pointee.time))
        if keepsBeside { beside.set(identifier, attachment.beside) }
        if keepsRecords { totals.set(identifier, FlowTotals()) }
        timers.set(identifier, at: packet.pointee.time.saturatingAdd(limits.idleTimeout))
        return identifier
    }

    /// Ends a flow and begins another one with the same key in its place.
    @inlinable @inline(never)
    mutating func restart<Sink: FlowSink & ~Copyable>(
        _ identifier: Int, _ packet: UnsafePointer<FlowPacket>, _ clock: Nanoseconds, reason: FlowRecord.EndReason,
        sink: inout Sink
    ) where Sink.Attachment == Attachment {
        let flow = flows.again(identifier)
        let deadline = Self.deadline(of: flow.pointee.value, limits)
        finish(identifier, reason: reason, at: min(clock, deadline), sink: &sink)
        // What the active timeout cuts goes on in the same direction.
        let initiatorIsHigh =
            reason == .active ? flow.pointee.key.initiatorIsHigh : Self.initiatorIsHigh(packet.pointee)
        let isListed = flow.pointee.key.isListed
        let attachment = sink.makeAttachment()
        flow.pointee.key = Self.key(packet.pointee, initiatorIsHigh: initiatorIsHigh)
        flow.pointee.key.isListed = isListed
        flow.pointee.value = FlowState(attachment: attachment.kept, start: packet.pointee.time)
        if keepsBeside { beside[identifier].pointee = attachment.beside }
        if keepsRecords { totals[identifier].pointee = FlowTotals() }
        timers.cancel(identifier)
        timers.set(identifier, at: packet.pointee.time.saturatingAdd(limits.idleTimeout))
    }

    @inlinable static func key(_ packet: FlowPacket, initiatorIsHigh: Bool) -> KeptKey {
        var key = KeptKey(packet.key)
        key.initiatorIsHigh = initiatorIsHigh
        key.hasPorts = packet.hasPorts
        return key
    }

    /// The initiator: the sender of the SYN, the receiver of the SYN-ACK, else the first packet's sender.
    @inlinable static func initiatorIsHigh(_ packet: FlowPacket) -> Bool {
        let handshake = packet.tcpFlags & (TCPState.syn | TCPState.ack)
        return handshake == TCPState.syn | TCPState.ack ? !packet.isFromHigh : packet.isFromHigh
    }

    /// The flow's traffic moves on to another slice.
    @inlinable @inline(never)
    mutating func enter<Sink: FlowSink & ~Copyable>(
        _ slice: Int64, _ identifier: Int, isRevising: Bool, sink: inout Sink
    ) where Sink.Attachment == Attachment {
        let flow = flows.again(identifier)
        let isFirst = flow.pointee.value.slice == .min
        if !isFirst, handsOn { handOver(flow, identifier, to: &sink) }
        flow.pointee.value.slice = slice
        if !flow.pointee.key.isListed { list(identifier) }
        if !isFirst, !isRevising, sink.goesOn(&flow.pointee.value.attachment, in: slice) { return }
        var attachment = attachment(flow, identifier)
        sink.sawFlow(
            &attachment, key: flow.pointee.key.key, identifier: identifier, start: flow.pointee.value.start,
            slice: slice, isFirst: isFirst, isRevising: isRevising)
        keep(attachment, flow, identifier)
    }

    /// A packet in the slice of the one before it that is not as others: the table was flushed in the midst of the
    /// slice, or the packet comes late.
    @inlinable @inline(never)
    mutating func visitAgain<Sink: FlowSink & ~Copyable>(
        _ slice: Int64, _ identifier: Int, isRevising: Bool, sink: inout Sink
    ) where Sink.Attachment == Attachment {
        let flow = flows.again(identifier)
        if !flow.pointee.key.isListed { list(identifier) }
        guard isRevising else { return }
        var attachment = attachment(flow, identifier)
        sink.sawFlow(
            &attachment, key: flow.pointee.key.key, identifier: identifier, start: flow.pointee.value.start,
            slice: slice, isFirst: false, isRevising: true)
        keep(attachment, flow, identifier)
    }

    /// Puts a flow on the list of those with traffic to be handed on.
    @inlinable mutating func list(_ identifier: Int) {
        guard handsOn else {
            // So that nobody tries again with each packet.
            flows.again(identifier).pointee.key.isListed = true
            return
        }
        if pending.count >= 2 * flows.count + 4096 { dropEnded() }
        flows.again(identifier).pointee.key.isListed = true
        pending.append(UInt32(identifier))
    }

    @inlinable @inline(never)
    mutating func noteTCP(_ identifier: Int, _ packet: UnsafePointer<FlowPacket>) {
        let flow = flows.again(identifier)
        let wasOpen = flow.pointee.value.tcp.closed == nil
        flow.pointee.value.tcp.note(packet.pointee, initialSequence: &flow.pointee.key.initialSequence)
        if packet.pointee.tcpFlags & (TCPState.syn | TCPState.ack) == TCPState.syn {
            flow.pointee.key.initiatorIsHigh = flow.pointee.value.tcp.synIsFromHigh
        }
        if wasOpen, flow.pointee.value.tcp.closed != nil {
            timers.cancel(identifier)
            timers.set(identifier, at: Self.deadline(of: flow.pointee.value, limits))
        }
    }

    /// Forgets the flows in `pending` that have ended, and those that stand there twice. O(1) amortised.
    @inlinable mutating func dropEnded() {
        var kept: [UInt32] = []
        for identifier in pending where flows[Int(identifier)].pointee.key.isListed {
            flows[Int(identifier)].pointee.key.isListed = false
            kept.append(identifier)
        }
        for identifier in kept { flows[Int(identifier)].pointee.key.isListed = true }
        pending = kept
    }

    /// Hands on a live flow's pending traffic. Mutating, as all that is not put in place where it is called: for a
    /// function that only looks the compiler copies the table, 500 bytes, to the stack.
    @inlinable mutating func handOver<Sink: FlowSink & ~Copyable>(
        _ flow: UnsafeMutablePointer<Flow>, _ identifier: Int, to sink: inout Sink
    ) where Sink.Attachment == Attachment {
        let pending = flow.pointee.value.pending
        guard !pending.isEmpty else { return }
        flow.pointee.value.pending = PendingTraffic()
        handOver(pending.fromLow, pending.fromHigh, flow, identifier, to: &sink)
    }

    @inlinable @inline(__always)
    mutating func handOver<Sink: FlowSink & ~Copyable>(
        _ fromLow: Traffic, _ fromHigh: Traffic, _ flow: UnsafeMutablePointer<Flow>, _ identifier: Int,
        to sink: inout Sink
    ) where Sink.Attachment == Attachment {
        sink.addTraffic(
            flow.pointee.value.attachment, key: flow.pointee.key.key, slice: flow.pointee.value.slice,
            fromLow: fromLow, fromHigh: fromHigh)
        guard keepsRecords else { return }
        totals[identifier].pointee.fromLow += fromLow
        totals[identifier].pointee.fromHigh += fromHigh
    }

    /// A packet that does not fit the pending traffic's counts: what is pending goes first, and a packet that is too
    /// large by itself behind it.
    @inlinable @inline(never)
    mutating func addLarge<Sink: FlowSink & ~Copyable>(
        _ packet: UnsafePointer<FlowPacket>, _ identifier: Int, sink: inout Sink
    ) where Sink.Attachment == Attachment {
        let flow = flows.again(identifier)
        handOver(flow, identifier, to: &sink)
        guard !flow.pointee.value.pending.add(packet) else { return }
        let traffic = Traffic(
            packets: 1, bytes: packet.pointee.bytes, wireBytes: UInt64(packet.pointee.wireBytes))
        let (fromLow, fromHigh) = packet.pointee.isFromHigh ? (Traffic(), traffic) : (traffic, Traffic())
        handOver(fromLow, fromHigh, flow, identifier, to: &sink)
    }
}
