/// Windows of any kind over a keyed stream: any assigner, any trigger, any aggregate; one fold for each key and window.
/// Flink's WindowOperator, to the order of calls.
///
/// Where windows overlap, an element costs a look-up for each of its windows: ``SlicedWindowOperator`` costs one, for
/// windows in event time that fire by their own trigger.
public struct WindowOperator<
    Assigner: WindowAssigner, Trigger: WindowTrigger, Function: Aggregate
>: ~Copyable, WindowOperation
where
    Assigner.Key: StreamKey, Assigner.Element == Function.Input, Trigger.Element == Function.Input
{
    public typealias Key = Assigner.Key
    public typealias Element = Function.Input
    public typealias Result = Function.Result
    public typealias Output = WindowResult<Key, Result>
    @usableFromInline typealias Folds = FoldStore<Function>
    @usableFromInline typealias Panes = PaneStore<Key, Folds.Fold, Trigger.State>

    public let assigner: Assigner
    public let trigger: Trigger
    public let function: Function
    public let allowedLateness: Nanoseconds
    @usableFromInline var eventTime = Nanoseconds.min
    @usableFromInline var clock = Nanoseconds.min
    @usableFromInline let folds: Folds
    @usableFromInline let waiting = WaitingInputs<Element>()
    @usableFromInline var panes = Panes()
    @usableFromInline var eventAlarms = AlarmQueue()
    @usableFromInline var processingAlarms = AlarmQueue()
    @usableFromInline var due: [AlarmQueue.Alarm] = []
    @usableFromInline var sorter = PrefixSorter()

    /// `allowedLateness`, in nanoseconds, is not negative.
    @inlinable public init(
        _ assigner: Assigner, trigger: Trigger, aggregate function: Function, allowedLateness: Nanoseconds = 0
    ) {
        precondition(allowedLateness >= 0)
        self.assigner = assigner
        self.trigger = trigger
        self.function = function
        self.allowedLateness = allowedLateness
        folds = Folds(function)
    }

    @inlinable deinit {
        if Folds.isOwing {
            takeWaiting()
            for pane in 0..<panes.bound { folds.reset(&panes.panes[pane].fold) }
        }
        folds.release()
    }

    @inlinable public var watermark: Nanoseconds { eventTime }
    /// The processing time reached; `Int64.min` before any was told.
    @inlinable public var processingTime: Nanoseconds { clock }

    /// Windows of keys that are held.
    @inlinable public var windowCount: Int { panes.count }

    // MARK: Elements

    @inlinable @inline(__always)
    public func prefetch(_ key: Key, _ step: PrefetchStep) {
        // Others are found by their bounds as well.
        guard Assigner.merges else { return }
        switch step {
        case .place: panes.index.prefetch(key.shortHash)
        case .state:
            let pane = panes.index.guess(key.shortHash)
            if pane >= 0 { panes.prefetch(UInt32(truncatingIfNeeded: pane)) }
        }
    }

    @inlinable @inline(__always)
    public mutating func process(
        key: Key, element: Element, at time: Nanoseconds, emit: (Output) -> Void
    ) -> ElementFate {
        var taken = false
        let assigner = assigner
        assigner.assign(element, key: key, at: time) { window in
            let found: UInt32? = Assigner.merges ? merged(key, window) : pane(key, window)
            guard let pane = found else { return }
            taken = true
            add(element, at: time, to: pane, emit: emit)
        }
        if taken { return .taken }
        return time.saturatingAdd(allowedLateness) <= watermark ? .late : .betweenWindows
    }

    @inlinable @inline(__always)
    func isClosed(_ window: TimeWindow) -> Bool {
        !Assigner.isGlobal && window.isClosed(watermark: watermark, allowedLateness: allowedLateness)
    }

    /// The key's pane for a window, made where it is not there; `nil` where it is closed.
    @inlinable @inline(__always)
    mutating func pane(_ key: Key, _ window: TimeWindow) -> UInt32? {
        let hash = Panes.hash(key, window)
        // A pane that is there is not closed: those are removed when they close.
        if let found = panes.find(key, window, hash: hash) { return found }
        guard !isClosed(window) else { return nil }
        let made = makePane(key, window)
        panes.index.insert(Int(made), hash: hash)
        return made
    }

    @inlinable @inline(__always)
    mutating func makePane(_ key: Key, _ window: TimeWindow) -> UInt32 {
        panes.make(key, window, trigger: trigger.makeState()) { folds.make() }
    }

    @inlinable @inline(__always)
    mutating func add(_ element: Element, at time: Nanoseconds, to pane: UInt32, emit: (Output) -> Void) {
        let entry = panes[pane]
        folds.addToRow(element, of: &entry.pointee.fold)
        if Folds.hasRest { wait(element, pane) }
        entry.pointee.hasContent = true
        var context = context(of: entry)
        let decision = trigger.onElement(element, at: time, state: &entry.pointee.trigger, context: &context)
        keepAlarms(context, of: entry)
        if decision != .wait { carryOut(decision, pane, at: time, onAlarm: false, emit: emit) }
        arm(pane)
    }

    /// An element waits to be put beside its pane's row.
    @inlinable @inline(__always)
    func wait(_ element: Element, _ pane: UInt32) {
        if let longest = waiting.exchange(.init(element, to: Int(pane))) { take(longest) }
    }

    @inlinable @inline(__always)
    func take(_ waited: WaitingInput<Element>) {
        folds.addToRest(waited.input, of: &panes.panes[waited.fold].fold)
    }

    /// Puts all that wait where they belong: before folds are looked at, or panes merge or go.
    @inlinable @inline(__always)
    func takeWaiting() {
        while let longest = waiting.takeFirst() { take(longest) }
    }

    // MARK: Triggers

    @inlinable @inline(__always)
    func context(of pane: UnsafeMutablePointer<Panes.Element>) -> TriggerContext {
        var context = TriggerContext(
            window: pane.pointee.window, watermark: watermark, processingTime: processingTime)
        context.storedEventAlarm = pane.pointee.eventAlarm
        context.storedProcessingAlarm = pane.pointee.processingAlarm
        return context
    }

    @inlinable @inline(__always)
    func keepAlarms(_ context: TriggerContext, of pane: UnsafeMutablePointer<Panes.Element>) {
        pane.pointee.eventAlarm = context.storedEventAlarm
        pane.pointee.processingAlarm = context.storedProcessingAlarm
    }

    @inlinable @inline(__always)
    mutating func carryOut(
        _ decision: TriggerDecision, _ pane: UInt32, at time: Nanoseconds, onAlarm: Bool, emit: (Output) -> Void
    ) {
        takeWaiting()
        let entry = panes[pane]
        if decision.contains(.fire), entry.pointee.hasContent {
            let window = entry.pointee.window
            let isComplete = window.lastNanosecond <= watermark
            let firing = WindowFiring(
                revision: entry.pointee.firings, cause: !isComplete ? .early : onAlarm ? .onTime : .late,
                watermark: watermark, time: time)
            entry.pointee.firings &+= 1
            emit(
                WindowResult(
                    key: entry.pointee.key, window: Assigner.isGlobal ? nil : window,
                    result: folds.result(of: &entry.pointee.fold), firing: firing))
        }
        if decision.contains(.purge) {
            folds.reset(&entry.pointee.fold)
            entry.pointee.hasContent = false
        }
    }

    /// When, in event time, something is to be done about a pane: its alarm, or its end; `Int64.max`: never.
    @inlinable @inline(__always)
    func nextEvent(_ pane: UnsafeMutablePointer<Panes.Element>) -> Nanoseconds {
        if Assigner.isGlobal { return pane.pointee.eventAlarm }
        let closing = pane.pointee.window.closing(allowedLateness: allowedLateness) ?? .max
        return min(closing, pane.pointee.eventAlarm)
    }

    /// Sees to it that the pane is looked at when something is to be done about it, or forgets it where there is
    /// nothing left to remember.
    @inlinable @inline(__always)
    mutating func arm(_ pane: UInt32) {
        let entry = panes[pane]
        let next = nextEvent(entry)
        if next < entry.pointee.armedEvent {
            entry.pointee.armedEvent = next
            setAlarm(next, pane, entry.pointee.generation)
        }
        if entry.pointee.processingAlarm < entry.pointee.armedProcessing {
            entry.pointee.armedProcessing = entry.pointee.processingAlarm
            processingAlarms.set(
                .init(
                    time: entry.pointee.processingAlarm, identifier: pane, generation: entry.pointee.generation))
        }
        if !entry.pointee.hasContent, next == .max, entry.pointee.processingAlarm == .max,
            trigger.isSpent(entry.pointee.trigger)
        {
            remove(pane)
        }
    }

    @inlinable @inline(never)
    mutating func setAlarm(_ time: Nanoseconds, _ pane: UInt32, _ generation: UInt32) {
        eventAlarms.set(.init(time: time, identifier: pane, generation: generation))
        // Alarms of panes that merged are dropped before they outnumber the others.
        guard Assigner.merges, eventAlarms.count > 2 * panes.count + 1024 else { return }
        let panes = panes.panes
        eventAlarms.removeAll { alarm in
            let entry = panes + Int(alarm.identifier)
            return entry.pointee.generation != alarm.generation || entry.pointee.armedEvent != alarm.time
        }
    }

    /// Forgets a pane.
    @inlinable mutating func remove(_ pane: UInt32) {
        let entry = panes[pane]
        if Assigner.merges {
            panes.unchain(pane, hash: entry.pointee.key.shortHash)
        } else {
            panes.index.remove(Int(pane), hash: Panes.hash(entry.pointee.key, entry.pointee.window))
        }
        release(pane)
    }

    @inlinable mutating func release(_ pane: UInt32) {
        takeWaiting()
        folds.reset(&panes[pane].pointee.fold)
        panes.free(pane)
    }
}
