extension SlicedWindowOperator {
    @inlinable @inline(__always)
    public mutating func advance(to time: Nanoseconds, emit: (Output) -> Void) {
        guard time > eventTime else { return }
        eventTime = time
        guard time >= nextEvent else { return }
        fire(emit: emit)
    }

    @inlinable public mutating func advanceProcessingTime(to now: Nanoseconds, emit: (Output) -> Void) {}

    /// Fires the windows that are complete, closes those that nothing comes to any more, and finds out what is next.
    @inlinable @inline(never)
    mutating func fire(emit: (Output) -> Void) {
        takeWaiting()
        while let window = nextFiring() {
            if layout.sharesSlices {
                running.move(
                    to: layout.firstSlice(ofWindow: window), layout.endSlice(ofWindow: window),
                    boundary: layout.stackBoundary(ofWindow: window), in: slices)
                emitRunning(window, emit: emit)
            } else {
                emitSlice(window, emit: emit)
            }
            nextWindow = window.saturatingAdd(layout.windowStep)
            // Numbers end where time does, with slices of a nanosecond.
            if nextWindow == window { break }
        }
        nextWindow = max(nextWindow, layout.firstOpenWindow(watermark: eventTime))
        if layout.sharesSlices { running.leave(before: layout.firstSlice(ofWindow: nextWindow), in: slices) }
        close()
        // Where the current slice still is in no complete window, it may be added to as before.
        if slices.current == nil || currentEnd.saturatingAdd(-1) <= eventTime {
            (currentStart, currentEnd) = (.max, .min)
        }
    }

    /// The next window that is complete and holds something.
    @inlinable func nextFiring() -> Int64? {
        guard let window = nextFilled(), layout.bounds(ofWindow: window).lastNanosecond <= eventTime else {
            return nil
        }
        return window
    }

    /// The next window, from `nextWindow` on, that holds something.
    @inlinable func nextFilled() -> Int64? {
        let place = slices.firstPlace(from: layout.firstSlice(ofWindow: nextWindow))
        guard place < slices.live.count,
            let earliest = layout.firstWindow(containing: slices.live[place].pointee.number)
        else { return nil }
        return max(earliest, nextWindow)
    }

    /// Forgets what no open window holds.
    @inlinable mutating func close() {
        let threshold = eventTime.saturatingSubtract(allowedLateness)
        // An end that the lateness puts past all time never comes.
        let open =
            eventTime == .max && allowedLateness > 0 ? Int64.min : layout.firstOpenWindow(watermark: threshold)
        let window = min(open, nextWindow)
        if window > .min {
            slices.drop(before: layout.firstSlice(ofWindow: window))
            firings.drop(before: window)
        }
        let nextFiring = nextFilled().map { layout.bounds(ofWindow: $0).lastNanosecond } ?? .max
        nextEvent = min(nextFiring, nextClosing())
    }

    /// From when on something is to be forgotten that is held by lateness alone: the oldest slice, or how often the first
    /// window has fired. `Int64.max` where there is nothing.
    @inlinable func nextClosing() -> Nanoseconds {
        let oldest = slices.live.first.flatMap { layout.lastWindow(containing: $0.pointee.number) }
        return min(closing(of: oldest), closing(of: firings.live.first?.pointee.number))
    }

    @inlinable func closing(of window: Int64?) -> Nanoseconds {
        window.flatMap { layout.bounds(ofWindow: $0).closing(allowedLateness: allowedLateness) } ?? .max
    }

    @inlinable mutating func emitRunning(_ window: Int64, emit: (Output) -> Void) {
        running.putInOrder()
        let bounds = layout.bounds(ofWindow: window)
        let firing = onTime(bounds)
        let count = running.order.count
        for place in 0..<count {
            running.prefetchResult(place, count)
            let number = Int(running.order[place].identifier)
            emit(
                WindowResult(
                    key: running.table[number].pointee.key, window: bounds, result: running.result(of: number),
                    firing: firing))
        }
    }

    @inlinable mutating func emitSlice(_ window: Int64, emit: (Output) -> Void) {
        let slice = slices.live[slices.firstPlace(from: layout.firstSlice(ofWindow: window))]
        let count = slice.pointee.table.count
        let entries = slice.pointee.table.unsafeEntries
        sorter.places.removeAll(keepingCapacity: true)
        sorter.places.reserveCapacity(count)
        for identifier in 0..<count {
            sorter.places.append(
                .init(
                    prefix: entries[identifier].key.sortPrefix, identifier: UInt32(truncatingIfNeeded: identifier)))
        }
        sorter.sortByPrefix()
        sorter.sortTies { entries[Int($0.identifier)].key < entries[Int($1.identifier)].key }
        let bounds = layout.bounds(ofWindow: window)
        let firing = onTime(bounds)
        slice.pointee.columns.fill(running.columns, rowCount: count)
        for place in 0..<count {
            let row = Int(sorter.places[place].identifier)
            emit(
                WindowResult(
                    key: entries[row].key, window: bounds,
                    result: function.result(of: &entries[row].value, number: row, in: running.columns),
                    firing: firing))
        }
    }

    @inlinable func onTime(_ bounds: TimeWindow) -> WindowFiring {
        WindowFiring(revision: 0, cause: .onTime, watermark: eventTime, time: bounds.lastNanosecond)
    }
}
