/// Fires when the watermark comes to the window's last nanosecond, and again for each element that comes later: the
/// own trigger of windows in event time.
@frozen public struct EventTimeTrigger<Element>: WindowTrigger {
    @inlinable public init() {}

    @inlinable @inline(__always)
    public func onElement(
        _ element: Element, at time: Nanoseconds, state: inout NoTriggerState, context: inout TriggerContext
    ) -> TriggerDecision {
        let last = context.window.lastNanosecond
        guard last > context.watermark else { return .fire }
        context.eventAlarm = last
        return .wait
    }

    @inlinable @inline(__always)
    public func onEventTime(
        _ time: Nanoseconds, state: inout NoTriggerState, context: inout TriggerContext
    ) -> TriggerDecision { .fire }

    @inlinable @inline(__always)
    public func onMerge(state: inout NoTriggerState, context: inout TriggerContext) {
        let last = context.window.lastNanosecond
        context.eventAlarm = last > context.watermark ? last : nil
    }
}

/// Fires at each multiple of an interval in event time that the watermark passes while the window is open, then when
/// the window is complete, and again for each late element. A watermark that passes several multiples at once makes it
/// fire as many times. Flink's ContinuousEventTimeTrigger.
@frozen public struct ContinuousEventTimeTrigger<Element>: WindowTrigger {
    public let interval: Nanoseconds

    /// `interval` is positive, in nanoseconds.
    @inlinable public init(interval: Nanoseconds) {
        precondition(interval > 0)
        self.interval = interval
    }

    /// The next time to fire at, `Int64.max` before the first element. It stays when the window is complete, and so
    /// makes a session fire that grows after that: as in Flink.
    @inlinable public func makeState() -> Int64 { .max }

    @inlinable @inline(__always)
    public func onElement(
        _ element: Element, at time: Nanoseconds, state: inout Int64, context: inout TriggerContext
    ) -> TriggerDecision {
        guard !context.isComplete else { return .fire }
        if state == .max {
            // The remainder that Flink takes, negative before the epoch: there the first multiple is passed over.
            setAlarm(after: time.saturatingSubtract(time % interval), &state, &context)
        }
        return .wait
    }

    @inlinable func setAlarm(after time: Nanoseconds, _ state: inout Int64, _ context: inout TriggerContext) {
        state = min(time.saturatingAdd(interval), context.window.lastNanosecond)
        context.eventAlarm = state
    }

    @inlinable public func onEventTime(
        _ time: Nanoseconds, state: inout Int64, context: inout TriggerContext
    ) -> TriggerDecision {
        // The multiples between here and the end of the input have no end where the window has none.
        if context.window == .always, context.watermark == .max {
            state = .max
            context.eventAlarm = time == .max ? nil : .max
        } else if time != context.window.lastNanosecond {
            setAlarm(after: time, &state, &context)
        }
        return .fire
    }

    @inlinable public func merge(_ later: Int64, into state: inout Int64) { state = min(state, later) }

    @inlinable public func onMerge(state: inout Int64, context: inout TriggerContext) {
        context.eventAlarm = state == .max ? nil : state
    }
}
