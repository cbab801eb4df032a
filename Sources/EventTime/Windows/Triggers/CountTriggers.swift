/// Fires with every `count`-th element of a window, and at no other time: what is left over never fires.
@frozen public struct CountTrigger<Element>: WindowTrigger {
    public let count: Int64

    /// `count` is positive.
    @inlinable public init(_ count: Int) {
        precondition(count > 0)
        self.count = Int64(count)
    }

    @inlinable @inline(__always)
    public func makeState() -> Int64 { 0 }

    @inlinable @inline(__always)
    public func onElement(
        _ element: Element, at time: Nanoseconds, state: inout Int64, context: inout TriggerContext
    ) -> TriggerDecision {
        state += 1
        guard state >= count else { return .wait }
        state = 0
        return .fire
    }

    @inlinable public func merge(_ later: Int64, into state: inout Int64) {
        // Hostile state may hold any number.
        state = state.saturatingAdd(later)
        if state == .max { state = count }
    }

    @inlinable public func isSpent(_ state: Int64) -> Bool { state == 0 }
}

/// Forgets a window's elements each time the trigger within fires: each firing speaks of what came since the last.
@frozen public struct PurgingTrigger<Inner: WindowTrigger>: WindowTrigger {
    public typealias Element = Inner.Element
    public let inner: Inner

    @inlinable public init(_ inner: Inner) { self.inner = inner }

    @inlinable @inline(__always)
    public func makeState() -> Inner.State { inner.makeState() }

    @inlinable @inline(__always)
    func purging(_ decision: TriggerDecision) -> TriggerDecision {
        decision.contains(.fire) ? .fireAndPurge : decision
    }

    @inlinable @inline(__always)
    public func onElement(
        _ element: Element, at time: Nanoseconds, state: inout Inner.State, context: inout TriggerContext
    ) -> TriggerDecision {
        purging(inner.onElement(element, at: time, state: &state, context: &context))
    }

    @inlinable @inline(__always)
    public func onEventTime(
        _ time: Nanoseconds, state: inout Inner.State, context: inout TriggerContext
    ) -> TriggerDecision {
        purging(inner.onEventTime(time, state: &state, context: &context))
    }

    @inlinable @inline(__always)
    public func onProcessingTime(
        _ time: Nanoseconds, state: inout Inner.State, context: inout TriggerContext
    ) -> TriggerDecision {
        purging(inner.onProcessingTime(time, state: &state, context: &context))
    }

    @inlinable public func merge(_ later: Inner.State, into state: inout Inner.State) {
        inner.merge(later, into: &state)
    }

    @inlinable public func onMerge(state: inout Inner.State, context: inout TriggerContext) {
        inner.onMerge(state: &state, context: &context)
    }

    @inlinable public func isSpent(_ state: Inner.State) -> Bool { inner.isSpent(state) }
}

/// Fires early, before the window is complete, then on time, then again for each late element.
///
/// In a ``PurgingTrigger`` each firing speaks of what came since the last one.
@frozen public struct EarlyTrigger<Element>: WindowTrigger {
    /// When a window fires early.
    @frozen public enum Pace: Hashable, Sendable {
        /// With every so many elements; a positive number.
        case elements(Int)
        /// So long, in ns of processing time, after the first element since the last early firing.
        case processingTime(Nanoseconds)
    }

    public let pace: Pace

    @inlinable public init(_ pace: Pace) {
        switch pace {
        case .elements(let count): precondition(count > 0)
        case .processingTime(let interval): precondition(interval > 0)
        }
        self.pace = pace
    }

    @inlinable public func makeState() -> Int64 { 0 }

    @inlinable @inline(__always)
    public func onElement(
        _ element: Element, at time: Nanoseconds, state: inout Int64, context: inout TriggerContext
    ) -> TriggerDecision {
        guard !context.isComplete else { return .fire }
        context.eventAlarm = context.window.lastNanosecond
        switch pace {
        case .elements(let count):
            state += 1
            guard state >= Int64(count) else { return .wait }
            state = 0
            return .fire
        case .processingTime(let interval):
            if context.processingAlarm == nil {
                context.processingAlarm = context.processingTime.saturatingAdd(interval)
            }
            return .wait
        }
    }

    @inlinable public func onEventTime(
        _ time: Nanoseconds, state: inout Int64, context: inout TriggerContext
    ) -> TriggerDecision {
        context.processingAlarm = nil
        state = 0
        return .fire
    }

    @inlinable public func onProcessingTime(
        _ time: Nanoseconds, state: inout Int64, context: inout TriggerContext
    ) -> TriggerDecision { .fire }

    @inlinable public func merge(_ later: Int64, into state: inout Int64) {
        state = state.saturatingAdd(later)
        if state == .max { state = 0 }
    }

    @inlinable public func onMerge(state: inout Int64, context: inout TriggerContext) {
        let last = context.window.lastNanosecond
        context.eventAlarm = last > context.watermark ? last : nil
    }

    @inlinable public func isSpent(_ state: Int64) -> Bool { state == 0 }
}
