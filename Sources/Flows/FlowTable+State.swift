public import EventTime

/// A ``FlowTable`` as it was at one instant, for another thread to encode while the table goes on.
public final class FrozenFlows<Attachment: BitwiseCopyable & Sendable>: @unchecked Sendable {
    @usableFromInline let flows = FrozenTable<FlowKey, FlowState<Attachment>>()
    @usableFromInline var timers: FrozenTimers?
    @usableFromInline var pending: [UInt32] = []
    @usableFromInline var fragments = FragmentCache.Image()

    public init() {}

    /// Live flows.
    public var count: Int { flows.count }
    /// Bytes of memory kept for copies.
    public var byteCount: Int { flows.byteCount }
}

extension FrozenFlows {
    /// Whether the flows that are encoded can be read only after those of the image before.
    public var needsEarlier: Bool { flows.needsEarlier }

    /// Writes what is beside the flows: timers, traffic not yet handed on, fragments.
    @inlinable public func encodeRest(into state: inout StateEncoder) {
        timers?.encode(into: &state)
        pending.encode(into: &state)
        fragments.encode(into: &state)
    }
}

extension FrozenFlows where Attachment: StateRecord {
    /// Writes flows, or those that changed.
    @inlinable public func encodeFlows(into state: inout StateEncoder) { flows.encode(into: &state) }
}

extension FlowTable {
    /// Notes the table as it is now in `image`. O(1); ``continueFreezing(budget:)`` copies the flows. `asChanges` as for
    /// a ``KeyedTable``.
    @inlinable public mutating func freeze(into image: FrozenFlows<Attachment>, asChanges: Bool) {
        flows.freeze(into: image.flows, asChanges: asChanges)
        image.timers = timers.freeze()
        image.pending = pending
        image.fragments = fragments.freeze()
    }

    /// Copies for `budget` bytes, which shrinks by what was used up; returns whether all is copied.
    @inlinable public mutating func continueFreezing(budget: inout Int) -> Bool {
        flows.continueFreezing(budget: &budget)
    }
}

/// The flows of a ``FlowTable`` that is being read.
public typealias RestoredFlows<Attachment: BitwiseCopyable & Sendable & StateRecord> =
    RestoredTable<FlowKey, FlowState<Attachment>>

extension FlowTable where Attachment: StateRecord {
    /// Takes over flows that were read, and reads what ``FrozenFlows/encodeRest(into:)`` wrote of a table with these
    /// limits. Throws ``StateError``.
    @inlinable public init(
        limits: FlowLimits, _ restored: RestoredFlows<Attachment>, rest state: inout StateDecoder
    ) throws(StateError) {
        self.init(limits: limits)
        flows = try restored.finish(state)
        let isLive = flows.liveIdentifiers()
        timers = try TimerWheel(resolution: Self.timerResolution(limits), identifiers: isLive, from: &state)
        pending = try [UInt32](from: &state)
        try checkPending(isLive, state)
        fragments = try FragmentCache(from: &state)
    }

    /// Each flow with traffic to be handed on stands in the list, and the list names flows only.
    @inlinable func checkPending(_ isLive: [Bool], _ state: borrowing StateDecoder) throws(StateError) {
        var isListed = [Bool](repeating: false, count: isLive.count)
        for identifier in pending {
            guard Int(identifier) < isLive.count else { throw state.invalid("flow \(identifier) is none") }
            isListed[Int(identifier)] = true
        }
        for identifier in isLive.indices where isLive[identifier] {
            guard !flows[identifier].pointee.value.isListed || isListed[identifier] else {
                throw state.invalid("the traffic of flow \(identifier) is forgotten")
            }
        }
    }

    /// Calls `body` with each live flow's attachment: for checks of what was restored.
    @inlinable public func forEachAttachment(_ body: (FlowKey, Attachment) -> Void) {
        for (identifier, isLive) in flows.liveIdentifiers().enumerated() where isLive {
            body(flows[identifier].pointee.key, flows[identifier].pointee.value.attachment)
        }
    }

    /// Identifiers in use, or free after use, are below this bound.
    @inlinable public var identifierBound: Int { flows.identifierBound }
}
