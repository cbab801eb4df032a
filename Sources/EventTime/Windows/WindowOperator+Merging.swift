extension WindowOperator {
    /// The key's pane that holds a session of one element, merged with those that it overlaps or touches; `nil` where
    /// the merged session is closed.
    @inlinable @inline(__always)
    mutating func merged(_ key: Key, _ window: TimeWindow) -> UInt32? {
        let hash = key.shortHash
        let none = Panes.none
        var newer = none
        var older = panes.findNewest(key, hash: hash)
        // Newer sessions, beyond reach. A key's sessions neither overlap nor touch.
        while older != none, panes[older].pointee.window.start > window.end {
            newer = older
            older = panes[older].pointee.next
        }
        guard older != none, panes[older].pointee.window.end >= window.start else {
            guard !isClosed(window) else { return nil }
            let made = makePane(key, window)
            panes.chain(made, newer: newer, older: older, hash: hash)
            return made
        }
        let current = panes[older].pointee.window
        if current.start <= window.start, current.end >= window.end { return older }
        merge(window, into: older, hash: hash)
        return older
    }

    /// Widens a pane to hold `window`, which it touches, and takes in the older panes which that reaches.
    @inlinable @inline(never)
    mutating func merge(_ window: TimeWindow, into pane: UInt32, hash: UInt32) {
        let entry = panes[pane]
        var bounds = TimeWindow(
            start: min(entry.pointee.window.start, window.start), end: max(entry.pointee.window.end, window.end))
        while entry.pointee.next != Panes.none {
            let older = panes[entry.pointee.next]
            guard older.pointee.window.end >= bounds.start else { break }
            bounds.start = min(bounds.start, older.pointee.window.start)
            bounds.end = max(bounds.end, older.pointee.window.end)
            takeWaiting()
            // What came earlier in event time goes before.
            folds.merge(&entry.pointee.fold, into: &older.pointee.fold)
            swap(&older.pointee.fold, &entry.pointee.fold)
            trigger.merge(entry.pointee.trigger, into: &older.pointee.trigger)
            swap(&older.pointee.trigger, &entry.pointee.trigger)
            entry.pointee.hasContent = entry.pointee.hasContent || older.pointee.hasContent
            entry.pointee.eventAlarm = min(entry.pointee.eventAlarm, older.pointee.eventAlarm)
            entry.pointee.processingAlarm = min(entry.pointee.processingAlarm, older.pointee.processingAlarm)
            let taken = entry.pointee.next
            entry.pointee.next = older.pointee.next
            release(taken)
        }
        entry.pointee.window = bounds
        // Other bounds are another window: it has not fired yet.
        entry.pointee.firings = 0
        var context = context(of: entry)
        trigger.onMerge(state: &entry.pointee.trigger, context: &context)
        keepAlarms(context, of: entry)
    }
}
