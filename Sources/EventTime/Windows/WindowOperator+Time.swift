extension WindowOperator {
    @inlinable @inline(__always)
    public mutating func advance(to time: Nanoseconds, emit: (Output) -> Void) {
        guard time > watermark else { return }
        eventTime = time
        guard let earliest = eventAlarms.earliest, earliest <= time else { return }
        goOff(through: time, emit: emit)
    }

    @inlinable @inline(never)
    mutating func goOff(through time: Nanoseconds, emit: (Output) -> Void) {
        var due: [AlarmQueue.Alarm] = []
        swap(&due, &self.due)
        while eventAlarms.takeEarliest(through: time, into: &due) {
            // What has moved since is put back, and what is due is put in order.
            sorter.places.removeAll(keepingCapacity: true)
            for number in due.indices {
                if number + 8 < due.count { panes.prefetch(due[number + 8].identifier) }
                let alarm = due[number]
                let entry = panes[alarm.identifier]
                guard entry.pointee.generation == alarm.generation, entry.pointee.armedEvent == alarm.time else {
                    continue
                }
                entry.pointee.armedEvent = .max
                guard nextEvent(entry) <= alarm.time else {
                    arm(alarm.identifier)
                    continue
                }
                sorter.places.append(.init(prefix: entry.pointee.key.sortPrefix, identifier: alarm.identifier))
            }
            order()
            for place in 0..<sorter.places.count { goOff(sorter.places[place].identifier, emit: emit) }
        }
        swap(&due, &self.due)
    }

    /// Puts the panes in the order of their keys and windows.
    @inlinable mutating func order() {
        let panes = panes.panes
        sorter.sortByPrefix()
        sorter.sortTies {
            let (a, b) = (panes + Int($0.identifier), panes + Int($1.identifier))
            if a.pointee.key != b.pointee.key { return a.pointee.key < b.pointee.key }
            let (left, right) = (a.pointee.window, b.pointee.window)
            return (left.start, left.end) < (right.start, right.end)
        }
    }

    /// The pane's alarm goes off, or its window closes, or both.
    @inlinable mutating func goOff(_ pane: UInt32, emit: (Output) -> Void) {
        let entry = panes[pane]
        let time = nextEvent(entry)
        if entry.pointee.eventAlarm == time {
            entry.pointee.eventAlarm = .max
            var context = context(of: entry)
            // An alarm at the end of all time is kept a nanosecond before it.
            let time = Assigner.isGlobal && time == .max - 1 ? .max : time
            let decision = trigger.onEventTime(time, state: &entry.pointee.trigger, context: &context)
            keepAlarms(context, of: entry)
            carryOut(decision, pane, at: time, onAlarm: true, emit: emit)
        }
        if isClosed(entry.pointee.window), time == entry.pointee.window.closing(allowedLateness: allowedLateness) {
            remove(pane)
        } else {
            arm(pane)
        }
    }

    @inlinable @inline(__always)
    public mutating func advanceProcessingTime(to now: Nanoseconds, emit: (Output) -> Void) {
        guard now > processingTime else { return }
        clock = now
        guard let earliest = processingAlarms.earliest, earliest <= now else { return }
        goOffInProcessingTime(through: now, emit: emit)
    }

    @inlinable @inline(never)
    mutating func goOffInProcessingTime(through now: Nanoseconds, emit: (Output) -> Void) {
        var due: [AlarmQueue.Alarm] = []
        swap(&due, &self.due)
        while processingAlarms.takeEarliest(through: now, into: &due) {
            sorter.places.removeAll(keepingCapacity: true)
            for alarm in due {
                let entry = panes[alarm.identifier]
                guard entry.pointee.generation == alarm.generation, entry.pointee.armedProcessing == alarm.time
                else { continue }
                entry.pointee.armedProcessing = .max
                guard entry.pointee.processingAlarm <= alarm.time else {
                    arm(alarm.identifier)
                    continue
                }
                sorter.places.append(.init(prefix: entry.pointee.key.sortPrefix, identifier: alarm.identifier))
            }
            order()
            for place in 0..<sorter.places.count {
                let pane = sorter.places[place].identifier
                let entry = panes[pane]
                let time = entry.pointee.processingAlarm
                entry.pointee.processingAlarm = .max
                var context = context(of: entry)
                let decision = trigger.onProcessingTime(time, state: &entry.pointee.trigger, context: &context)
                keepAlarms(context, of: entry)
                carryOut(decision, pane, at: time, onAlarm: true, emit: emit)
                arm(pane)
            }
        }
        swap(&due, &self.due)
    }
}
