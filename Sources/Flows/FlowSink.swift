public import EventTime

/// Who takes a flow table's events: a flow was seen in a slice, a slice's worth of its traffic, it ended.
///
/// A protocol only so that `Flows` knows nothing of what is counted: the table is generic over it, so its calls are
/// direct.
public protocol FlowSink: ~Copyable {
    /// What the sink keeps with each flow.
    associatedtype Attachment: FlowAttachment

    /// The attachment of a flow that begins.
    func makeAttachment() -> Attachment
    /// A packet of the flow lies in `slice`, and the one before it in another. Whether to note it took no more than what
    /// is kept in the flow; where not, nothing was noted of the flow, and ``sawFlow(_:key:identifier:start:slice:isFirst:isRevising:)``
    /// follows.
    mutating func goesOn(_ kept: inout Attachment.Kept, in slice: Int64) -> Bool
    /// A packet of the flow lies in `slice`, and the one before it in another (or there was none: `isFirst`).
    /// `start`: the time of the earliest packet before it. `isRevising`: it belongs to windows that have fired; of such
    /// packets the sink hears one by one.
    mutating func sawFlow(
        _ attachment: inout Attachment, key: FlowKey, identifier: Int, start: Nanoseconds, slice: Int64,
        isFirst: Bool, isRevising: Bool)
    /// Asks for what will be looked at first where a flow's traffic is added; then, from ``prefetch(_:in:)``, for the
    /// memory to which it leads.
    func prefetch(_ attachment: Attachment.Kept)
    func prefetch(_ attachment: Attachment.Kept, in slice: Int64)
    /// Asks for the memory that the beginning of a flow will touch.
    func prefetchBeginning(_ key: FlowKey)
    /// Asks for the memory that the end of a flow will touch.
    func prefetchEnd(_ attachment: Attachment)
    /// Traffic of the flow in `slice`; more may follow for the same slice. Of no meaning where the table does not hand on.
    mutating func addTraffic(
        _ kept: Attachment.Kept, key: FlowKey, slice: Int64, fromLow: Traffic, fromHigh: Traffic)
    /// The flow ended; all its traffic has been handed over.
    mutating func endFlow(_ attachment: inout Attachment, key: FlowKey, record: @autoclosure () -> FlowRecord)
}

extension FlowSink where Self: ~Copyable {
    @inlinable public func goesOn(_ kept: inout Attachment.Kept, in slice: Int64) -> Bool { false }
    @inlinable public func prefetch(_ attachment: Attachment.Kept) {}
    @inlinable public func prefetch(_ attachment: Attachment.Kept, in slice: Int64) {}
    @inlinable public func prefetchBeginning(_ key: FlowKey) {}
    @inlinable public func prefetchEnd(_ attachment: Attachment) {}
}

/// When flows end.
public struct FlowLimits: Hashable, Sendable {
    /// Without a packet for longer than this, ns.
    public var idleTimeout: Nanoseconds
    /// A flow that has lasted this long is cut at its next packet, ns.
    public var activeTimeout: Nanoseconds
    /// Live flows in one table; past it the flow that would end first is evicted.
    public var maximumFlows: Int

    /// A closed TCP flow waits this long for stragglers, or for the idle timeout where that is shorter.
    public static let closedLinger: Nanoseconds = 5 * .second

    public init(
        idleTimeout: Nanoseconds = 60 * .second, activeTimeout: Nanoseconds = 300 * .second,
        maximumFlows: Int = 1 << 20
    ) {
        self.idleTimeout = idleTimeout
        self.activeTimeout = activeTimeout
        self.maximumFlows = maximumFlows
    }
}
