public import EventTime

/// A ``FlowTable`` as it was at one instant, for another thread to encode while the table goes on.
public final class FrozenFlows<Attachment: FlowAttachment>: @unchecked Sendable {
    @usableFromInline let flows = FrozenTable<KeptKey, FlowState<Attachment>>()
    /// The columns beside them, where they are kept.
    @usableFromInline let beside = SideColumn<Attachment.Beside>.Image()
    @usableFromInline let totals = SideColumn<FlowTotals>.Image()
    @usableFromInline var keepsBeside = false
    @usableFromInline var keepsRecords = false
    @usableFromInline var timers = FrozenTimers()
    @usableFromInline var pending: [UInt32] = []
    @usableFromInline var fragments = FragmentCache.Image()

    public init() {}

    /// Live flows.
    public var count: Int { flows.count }
    /// Bytes of memory kept for copies.
    public var byteCount: Int { flows.byteCount + beside.byteCount + totals.byteCount }
}

extension FrozenFlows {
    /// Copies what the table's thread has not copied yet and does not copy meanwhile, as ``FrozenTable/copyBeside()``
    /// does.
    public func copyBeside() {
        flows.copyBeside()
        if keepsBeside { beside.copyBeside() }
        if keepsRecords { totals.copyBeside() }
    }

    /// Takes memory in advance for the next image: for whoever has time between one and the next.
    public func prepare() {
        flows.prepare()
        if keepsBeside { beside.prepare() }
        if keepsRecords { totals.prepare() }
    }

    /// Whether the flows that are encoded can be read only after those of the image before.
    public var needsEarlier: Bool {
        flows.needsEarlier || keepsBeside && beside.needsEarlier || keepsRecords && totals.needsEarlier
    }

    /// Writes what is beside the flows: timers, traffic not yet handed on, fragments.
    @inlinable public func encodeRest(into state: inout StateEncoder) {
        timers.encode(into: &state)
        pending.encode(into: &state)
        fragments.encode(into: &state)
    }
}

extension FrozenFlows where Attachment.Kept: StateRecord, Attachment.Beside: StateRecord {
    /// Writes flows, or those that changed: what ``RestoredFlows/read(from:)`` reads.
    @inlinable public func encodeFlows(into state: inout StateEncoder) {
        flows.encode(into: &state)
        keepsBeside.encode(into: &state)
        if keepsBeside { beside.encode(into: &state) }
        keepsRecords.encode(into: &state)
        if keepsRecords { totals.encode(into: &state) }
    }
}

extension FlowTable {
    /// Notes the table as it is now in `image`; ``continueFreezing(budget:)`` copies the flows. O(flows), for the lists of
    /// timers: four bytes each. `asChanges` as for a ``KeyedTable``.
    @inlinable public mutating func freeze(into image: FrozenFlows<Attachment>, asChanges: Bool) {
        flows.freeze(into: image.flows, asChanges: asChanges)
        image.keepsBeside = keepsBeside
        image.keepsRecords = keepsRecords
        if keepsBeside {
            beside.freeze(into: image.beside, free: image.flows.freeIdentifiers, asChanges: asChanges)
        }
        if keepsRecords {
            totals.freeze(into: image.totals, free: image.flows.freeIdentifiers, asChanges: asChanges)
        }
        timers.freeze(into: &image.timers, below: flows.identifierBound)
        image.pending = pending
        image.fragments = fragments.freeze()
    }

    /// Copies for `budget` bytes, which shrinks by what was used up; returns whether all is copied.
    @inlinable public mutating func continueFreezing(budget: inout Int) -> Bool {
        flows.continueFreezing(budget: &budget) && beside.continueFreezing(budget: &budget)
            && totals.continueFreezing(budget: &budget)
    }
}

extension FlowTable
where Attachment: EarlierFlowAttachment, Attachment.Kept: StateRecord, Attachment.Beside: StateRecord {
    /// Takes over flows that were read, and reads what ``FrozenFlows/encodeRest(into:)`` wrote of a table with these
    /// limits that keeps the same. Throws ``StateError``.
    @inlinable public init(
        limits: FlowLimits, keepsRecords: Bool, keepsBeside: Bool, handsOn: Bool,
        _ restored: RestoredFlows<Attachment>, rest state: inout StateDecoder
    ) throws(StateError) {
        self.init(limits: limits, keepsRecords: keepsRecords, keepsBeside: keepsBeside, handsOn: handsOn)
        let (bound, free) = (restored.flows.bound, restored.flows.free)
        flows = try restored.flows.finish(state)
        if keepsBeside { beside = try restored.beside.finishColumn(of: bound, free: free, state) }
        if keepsRecords { totals = try restored.totals.finishColumn(of: bound, free: free, state) }
        let isLive = flows.liveIdentifiers()
        timers = try TimerWheel(resolution: Self.timerResolution(limits), identifiers: isLive, from: &state)
        pending = try [UInt32](from: &state)
        try checkPending(isLive, state)
        // An earlier version may have listed flows all the same.
        if !handsOn { pending = [] }
        fragments = try FragmentCache(from: &state)
    }

    /// Each flow with traffic to be handed on stands in the list, and the list names flows only.
    @inlinable func checkPending(_ isLive: [Bool], _ state: borrowing StateDecoder) throws(StateError) {
        var isListed = [Bool](repeating: false, count: isLive.count)
        for identifier in pending {
            guard Int(identifier) < isLive.count else { throw state.invalid("flow \(identifier) is none") }
            isListed[Int(identifier)] = true
        }
        guard handsOn else { return }
        for identifier in isLive.indices where isLive[identifier] {
            guard !flows[identifier].pointee.key.isListed || isListed[identifier] else {
                throw state.invalid("the traffic of flow \(identifier) is forgotten")
            }
        }
    }

    /// Calls `body` with each live flow's key and the slice of its newest packets.
    @inlinable public func forEachSlice(_ body: (FlowKey, Int64) -> Void) {
        for (identifier, isLive) in flows.liveIdentifiers().enumerated() where isLive {
            body(flows.again(identifier).pointee.key.key, slice(of: identifier))
        }
    }

    /// Calls `body` with each live flow's attachment: for checks of what was restored.
    @inlinable public func forEachAttachment(_ body: (FlowKey, Attachment) -> Void) {
        for (identifier, isLive) in flows.liveIdentifiers().enumerated() where isLive {
            let flow = flows[identifier]
            body(flow.pointee.key.key, attachment(flow, identifier))
        }
    }
}

extension FlowTable {
    /// Identifiers in use, or free after use, are below this bound.
    @inlinable public var identifierBound: Int { flows.identifierBound }
}
