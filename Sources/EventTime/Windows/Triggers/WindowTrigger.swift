/// Says when a window fires. Flink's Trigger, but that a window has one alarm in each time: a trigger that wants more
/// keeps the later ones in its state and sets them one after the other.
public protocol WindowTrigger<Element>: Sendable {
    associatedtype Element
    /// What the trigger remembers of a key's window.
    associatedtype State: StateValue

    func makeState() -> State

    /// An element was added to the window.
    func onElement(
        _ element: Element, at time: Nanoseconds, state: inout State, context: inout TriggerContext
    ) -> TriggerDecision

    /// The alarm in event time, set for `time`, went off. It is no longer set.
    func onEventTime(_ time: Nanoseconds, state: inout State, context: inout TriggerContext) -> TriggerDecision

    /// The alarm in processing time, set for `time`, went off. It is no longer set.
    func onProcessingTime(_ time: Nanoseconds, state: inout State, context: inout TriggerContext) -> TriggerDecision

    /// Takes the state of a later window into that of an earlier one with which it became one.
    func merge(_ later: State, into state: inout State)

    /// The window has new bounds, by a merge: of its alarms the earliest are set, to be set anew where that is wrong.
    func onMerge(state: inout State, context: inout TriggerContext)

    /// Whether a window that was purged need not be remembered: the next element may find a new state.
    func isSpent(_ state: State) -> Bool
}

extension WindowTrigger {
    @inlinable @inline(__always)
    public func onEventTime(_ time: Nanoseconds, state: inout State, context: inout TriggerContext)
        -> TriggerDecision
    { .wait }
    @inlinable @inline(__always)
    public func onProcessingTime(_ time: Nanoseconds, state: inout State, context: inout TriggerContext)
        -> TriggerDecision
    { .wait }
    @inlinable @inline(__always)
    public func onMerge(state: inout State, context: inout TriggerContext) {}
    @inlinable @inline(__always)
    public func isSpent(_ state: State) -> Bool { false }
}

extension WindowTrigger where State == NoTriggerState {
    @inlinable @inline(__always)
    public func makeState() -> NoTriggerState { NoTriggerState() }
    @inlinable @inline(__always)
    public func merge(_ later: NoTriggerState, into state: inout NoTriggerState) {}
    @inlinable @inline(__always)
    public func isSpent(_ state: NoTriggerState) -> Bool { true }
}

/// The state of a trigger that remembers nothing.
@frozen public struct NoTriggerState: StateValue, BitwiseCopyable, Sendable {
    @inlinable public init() {}
    @inlinable public init(from state: inout StateDecoder) throws(StateError) {}
    @inlinable public func encode(into state: inout StateEncoder) {}
}

/// What a trigger sees of its window and of time, and the alarms it sets.
@frozen public struct TriggerContext: BitwiseCopyable, Sendable {
    public let window: TimeWindow
    /// The event time reached; `Int64.min` where there is no watermark yet.
    public let watermark: Nanoseconds
    /// The processing time reached; `Int64.min` where none was told.
    public let processingTime: Nanoseconds
    /// When, in event time, the trigger is called; `nil`: never. A time that has passed is that of the next advance,
    /// `Int64.max` the end of the input.
    @inlinable public var eventAlarm: Nanoseconds? {
        get { storedEventAlarm == .max ? nil : storedEventAlarm }
        set { storedEventAlarm = newValue.map { min($0, .max - 1) } ?? .max }
    }
    /// When, in processing time, the trigger is called; `nil`: never.
    @inlinable public var processingAlarm: Nanoseconds? {
        get { storedProcessingAlarm == .max ? nil : storedProcessingAlarm }
        set { storedProcessingAlarm = newValue.map { min($0, .max - 1) } ?? .max }
    }
    @usableFromInline var storedEventAlarm: Nanoseconds
    @usableFromInline var storedProcessingAlarm: Nanoseconds

    /// A context as an operator makes it: for tests of triggers.
    @inlinable public init(
        window: TimeWindow, watermark: Nanoseconds, processingTime: Nanoseconds, eventAlarm: Nanoseconds? = nil,
        processingAlarm: Nanoseconds? = nil
    ) {
        self.window = window
        self.watermark = watermark
        self.processingTime = processingTime
        storedEventAlarm = .max
        storedProcessingAlarm = .max
        self.eventAlarm = eventAlarm
        self.processingAlarm = processingAlarm
    }

    /// Whether the watermark has come to the window's last nanosecond.
    @inlinable public var isComplete: Bool { window.lastNanosecond <= watermark }
}

/// What a trigger wants done.
@frozen public struct TriggerDecision: OptionSet, BitwiseCopyable, Sendable {
    public let rawValue: UInt8

    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Nothing.
    @inlinable public static var wait: Self { Self(rawValue: 0) }
    /// Emit the window's result.
    @inlinable public static var fire: Self { Self(rawValue: 1) }
    /// Forget the window's elements; the window itself stays.
    @inlinable public static var purge: Self { Self(rawValue: 2) }
    @inlinable public static var fireAndPurge: Self { [.fire, .purge] }
}
