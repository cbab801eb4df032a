extension WindowOperator {
    @inlinable public func snapshot(into state: inout StateEncoder, where includes: (Key) -> Bool) {
        takeWaiting()
        let used = panes.isUsed()
        var live: [Int] = []
        live.reserveCapacity(panes.count)
        for pane in 0..<panes.bound where used[pane] && includes(panes.panes[pane].key) { live.append(pane) }
        let entries = panes.panes
        live.sort {
            let (a, b) = (entries + $0, entries + $1)
            if a.pointee.key != b.pointee.key { return a.pointee.key < b.pointee.key }
            let (left, right) = (a.pointee.window, b.pointee.window)
            return (left.start, left.end) < (right.start, right.end)
        }
        state.encode(watermark)
        state.encode(processingTime)
        state.encode(UInt64(live.count))
        for pane in live {
            let entry = entries + pane
            entry.pointee.key.encode(into: &state)
            state.encode(entry.pointee.window.start)
            state.encode(entry.pointee.window.end)
            state.encode(entry.pointee.eventAlarm)
            state.encode(entry.pointee.processingAlarm)
            state.encode(entry.pointee.firings)
            entry.pointee.hasContent.encode(into: &state)
            entry.pointee.trigger.encode(into: &state)
            folds.whole(entry.pointee.fold).encode(into: &state)
        }
    }

    @inlinable public mutating func restore(from state: inout StateDecoder) throws(StateError) {
        takeWaiting()
        eventTime = max(eventTime, try state.decode())
        clock = max(clock, try state.decode())
        // Behind its key: bounds, alarms, firings and a truth value.
        let count = try state.decodeCount(elementSize: 4 * 8 + 4 + 1)
        for _ in 0..<count { try restorePane(from: &state) }
    }

    @inlinable mutating func restorePane(from state: inout StateDecoder) throws(StateError) {
        let key = try Key(from: &state)
        let window = TimeWindow(start: try state.decode(), end: try state.decode())
        // Where the end lies behind all time, the last nanosecond's window seems empty.
        guard window.start < window.end || window.start == .max && window.end == .max,
            !Assigner.isGlobal || window == .always
        else {
            throw state.invalid("not a window")
        }
        let (eventAlarm, processingAlarm): (Nanoseconds, Nanoseconds) = (try state.decode(), try state.decode())
        let firings: UInt32 = try state.decode()
        let hasContent = try Bool(from: &state)
        let trigger = try Trigger.State(from: &state)
        let accumulator = try Function.Accumulator(from: &state)
        let pane: UInt32
        if Assigner.merges {
            // In the order of their starts, so a key's newest window so far is its last.
            let newest = panes.findNewest(key, hash: key.shortHash)
            guard newest == Panes.none || panes[newest].pointee.window.end < window.start else {
                throw state.invalid("windows that should have merged")
            }
            pane = makePane(key, window)
            panes.chain(pane, newer: Panes.none, older: newest, hash: key.shortHash)
        } else {
            let hash = Panes.hash(key, window)
            guard panes.find(key, window, hash: hash) == nil else {
                throw state.invalid("a window stands there twice")
            }
            pane = makePane(key, window)
            panes.index.insert(Int(pane), hash: hash)
        }
        let entry = panes[pane]
        entry.pointee.eventAlarm = eventAlarm
        entry.pointee.processingAlarm = processingAlarm
        entry.pointee.firings = firings
        entry.pointee.hasContent = hasContent
        entry.pointee.trigger = trigger
        folds.set(&entry.pointee.fold, to: accumulator)
        arm(pane)
    }
}
