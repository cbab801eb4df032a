/// Windows in event time that fire by their own trigger, made of slices: an element is folded into one slice, once,
/// however many windows hold it, and a window is made of its slices when it fires (see `RunningFold`). What it says
/// is what ``WindowOperator`` says with the same windows and an ``EventTimeTrigger``, where merging is associative; but
/// for the last two nanoseconds of all time, behind which slices and windows cannot be told apart.
public struct SlicedWindowOperator<Key: StreamKey, Layout: SliceLayout, Function: Aggregate>: ~Copyable,
    WindowOperation
{
    public typealias Element = Function.Input
    public typealias Result = Function.Result
    public typealias Output = WindowResult<Key, Result>
    @usableFromInline typealias Slices = SliceStore<Key, Function.Rows.Accumulator, FoldParts<Function>>

    /// A fold of a key from one slice to another, and how far it goes.
    @usableFromInline struct Reach {
        @usableFromInline let slice: Int64
        @usableFromInline let fold: Function.Accumulator

        @inlinable init(slice: Int64, fold: Function.Accumulator) {
            self.slice = slice
            self.fold = fold
        }
    }

    public let layout: Layout
    public let function: Function
    @usableFromInline let rows: Function.Rows
    public let allowedLateness: Nanoseconds
    @usableFromInline var eventTime = Nanoseconds.min
    @usableFromInline var slices = Slices()
    /// All windows before this one are complete and have fired.
    @usableFromInline var nextWindow = Int64.min
    @usableFromInline var running: RunningFold<Key, Function>
    /// The slice of the last element, where no window that holds it is complete: the times it holds. Empty where
    /// there is none such.
    @usableFromInline var currentStart = Nanoseconds.max
    @usableFromInline var currentEnd = Nanoseconds.min
    /// From when on, by the watermark, something may be to be done; `Int64.max` where there is nothing.
    @usableFromInline var nextEvent = Nanoseconds.max
    /// How often windows have fired that late elements made fire, by the number of the window.
    @usableFromInline var firings = SliceStore<Key, UInt32, NothingStacked>()
    @usableFromInline var sorter = PrefixSorter()
    @usableFromInline let waiting = WaitingElements<Key, Element>()
    /// A late element's key in the slices around it.
    @usableFromInline var before: [Reach] = []
    @usableFromInline var after: [Reach] = []

    /// `allowedLateness`, in nanoseconds, is not negative.
    @inlinable public init(_ layout: Layout, aggregate function: Function, allowedLateness: Nanoseconds = 0) {
        precondition(allowedLateness >= 0)
        self.layout = layout
        self.function = function
        rows = function.rows
        self.allowedLateness = allowedLateness
        running = RunningFold(function)
    }

    @inlinable public var watermark: Nanoseconds { eventTime }
    /// Slices that hold something.
    @inlinable public var sliceCount: Int { slices.live.count }
    /// Keys of all slices, each as often as it has an element in another slice.
    @inlinable public var foldCount: Int {
        takeWaiting()
        return slices.live.reduce(0) { $0 + $1.pointee.rowCount }
    }

    // MARK: Elements

    @inlinable @inline(__always)
    public mutating func process(
        key: Key, element: Element, at time: Nanoseconds, emit: (Output) -> Void
    ) -> ElementFate {
        if time >= currentStart, time < currentEnd, let slice = slices.current {
            wait(element, key, in: slice)
            return .taken
        }
        return processElsewhere(key: key, element: element, at: time, emit: emit)
    }

    /// The number of a key's row, which is made where it is not there.
    @inlinable @inline(__always)
    func row(_ key: Key, hash: UInt32, in slice: UnsafeMutablePointer<Slices.Slice>) -> Int {
        let row = slice.pointee.table.find(key, hash: hash)
        if row >= 0 { return row }
        return slice.pointee.table.insert(key, hash: hash) {
            rows.makeAccumulator()
        } renew: {
            rows.reset(&$0)
        }
    }

    @inlinable @inline(__always)
    func add(_ element: Element, toRow row: Int, of slice: UnsafeMutablePointer<Slices.Slice>) {
        rows.add(element, to: &slice.pointee.table[row].pointee.value)
        function.add(element, to: slice.pointee.columns, row: row)
    }

    /// Takes an element into another slice than the one before.
    @inlinable @inline(never)
    mutating func processElsewhere(
        key: Key, element: Element, at time: Nanoseconds, emit: (Output) -> Void
    ) -> ElementFate {
        takeWaiting()
        let number = layout.slice(containing: time)
        guard let first = layout.firstWindow(containing: number), let last = layout.lastWindow(containing: number),
            !isClosed(last)
        else { return time.saturatingAdd(allowedLateness) <= eventTime ? .late : .betweenWindows }
        let isLate = layout.bounds(ofWindow: first).lastNanosecond <= eventTime
        let slice = slice(number, isLate: isLate)
        let wasThere = isLate && slice.pointee.table.find(key, hash: key.shortHash) >= 0
        let row = row(key, hash: key.shortHash, in: slice)
        if isLate, layout.sharesSlices, number >= running.first, number < running.end {
            rows.add(element, to: &slice.pointee.table[row].pointee.value)
            let held = running.renew(key, in: slices)
            function.addLate(element, to: slice.pointee.columns, row: row, number: held, in: running.columns)
        } else {
            add(element, toRow: row, of: slice)
        }
        guard isLate else {
            currentStart = layout.start(ofSlice: number)
            currentEnd = layout.start(ofSlice: number.saturatingAdd(1))
            nextEvent = min(nextEvent, layout.bounds(ofWindow: first).lastNanosecond)
            return .taken
        }
        (currentStart, currentEnd) = (.max, .min)
        // The watermark may have passed windows that held nothing then.
        nextWindow = max(nextWindow, layout.firstOpenWindow(watermark: eventTime))
        if !isComplete(last) { nextEvent = min(nextEvent, layout.bounds(ofWindow: nextWindow).lastNanosecond) }
        refire(key, number, first, last, wasThere: wasThere, at: time, emit: emit)
        nextEvent = min(nextEvent, nextClosing())
        return .taken
    }

    /// The slice with this number, made where it is not there, with rows that can be found.
    @inlinable mutating func slice(_ number: Int64, isLate: Bool) -> UnsafeMutablePointer<Slices.Slice> {
        // As many keys as in the slice before, and an eighth: one that grows step by step takes twice the memory.
        if let slice = slices.current {
            slices.expectedKeyCount = running.spares.isEmpty ? slice.pointee.rowCount / 8 * 9 + 8 : 8
        }
        let slice = slices[number]
        slice.pointee.unpack()
        if !isLate {
            slice.pointee.columns.open(with: running.columns)
            if slice.pointee.table.count == 0 { running.lend(to: &slice.pointee.table) }
        }
        return slice
    }

    @inlinable func isComplete(_ window: Int64) -> Bool {
        layout.bounds(ofWindow: window).lastNanosecond <= eventTime
    }

    @inlinable func isClosed(_ window: Int64) -> Bool {
        layout.bounds(ofWindow: window).isClosed(watermark: eventTime, allowedLateness: allowedLateness)
    }

    /// A late element came to a slice: complete windows that hold it, and are not closed, fire, newest first.
    @inlinable mutating func refire(
        _ key: Key, _ number: Int64, _ first: Int64, _ last: Int64, wasThere: Bool, at time: Nanoseconds,
        emit: (Output) -> Void
    ) {
        // The earliest window that is open, the latest one that is complete.
        var (earliest, latest) = (first, last)
        while earliest < latest, isClosed(earliest) { earliest = earliest.saturatingAdd(layout.windowStep) }
        while latest > earliest, !isComplete(latest) { latest = latest.saturatingSubtract(layout.windowStep) }
        guard latest >= earliest, isComplete(latest) else { return }
        gather(key, number, from: layout.firstSlice(ofWindow: earliest), to: layout.endSlice(ofWindow: latest))
        // As many of the parts before and after the slice as the window holds.
        var (held, heldAfter) = (0, after.count)
        var window = latest
        while true {
            let (low, high) = (layout.firstSlice(ofWindow: window), layout.endSlice(ofWindow: window))
            while held < before.count, before[held].slice >= low { held += 1 }
            while heldAfter > 0, after[heldAfter - 1].slice >= high { heldAfter -= 1 }
            let slice = slices[number]
            let own = fold(slice.pointee.table.find(key, hash: key.shortHash), of: slice)
            var fold = function.makeAccumulator()
            if held > 0 { function.merge(before[held - 1].fold, into: &fold) }
            function.merge(own, into: &fold)
            if heldAfter > 0 { function.merge(after[heldAfter - 1].fold, into: &fold) }
            let revision = countFiring(window, key, hadElements: wasThere || held > 0 || heldAfter > 0)
            let firing = WindowFiring(revision: revision, cause: .late, watermark: eventTime, time: time)
            emit(
                WindowResult(
                    key: key, window: layout.bounds(ofWindow: window), result: function.result(of: fold),
                    firing: firing))
            guard window > earliest else { return }
            window = window.saturatingSubtract(layout.windowStep)
            if window < earliest { return }
        }
    }

    /// All that a slice has of a row. O(what that is), and once O(what the slice has).
    @inlinable func fold(_ row: Int, of slice: UnsafeMutablePointer<Slices.Slice>) -> Function.Accumulator {
        function.fold(of: slice.pointee.table[row].pointee.value, number: row, in: slice.pointee.columns)
    }

    /// Folds of a key's entries around a slice: in `before` those from a slice up to it, nearest first, in `after`
    /// those from behind it through a slice. O(slices that hold something).
    @inlinable mutating func gather(_ key: Key, _ number: Int64, from low: Int64, to high: Int64) {
        let hash = key.shortHash
        before.removeAll(keepingCapacity: true)
        after.removeAll(keepingCapacity: true)
        let own = slices.firstPlace(from: number)
        var place = own
        while place > 0, slices.live[place - 1].pointee.number >= low {
            place -= 1
            let slice = slices.live[place]
            slice.pointee.unpack()
            let found = slice.pointee.table.find(key, hash: hash)
            guard found >= 0 else { continue }
            var fold = fold(found, of: slice)
            if let nearer = before.last { function.merge(nearer.fold, into: &fold) }
            before.append(Reach(slice: slice.pointee.number, fold: fold))
        }
        place = own + 1
        while place < slices.live.count, slices.live[place].pointee.number < high {
            let slice = slices.live[place]
            place += 1
            slice.pointee.unpack()
            let found = slice.pointee.table.find(key, hash: hash)
            guard found >= 0 else { continue }
            var fold = after.last?.fold ?? function.makeAccumulator()
            function.merge(self.fold(found, of: slice), into: &fold)
            after.append(Reach(slice: slice.pointee.number, fold: fold))
        }
    }

    /// How often the window had fired for the key; counts one firing more. One that had elements, and was not counted
    /// yet, has fired once, on time.
    @inlinable mutating func countFiring(_ window: Int64, _ key: Key, hadElements: Bool) -> UInt32 {
        let counts = firings[window]
        let hash = key.shortHash
        let found = counts.pointee.table.find(key, hash: hash)
        guard found < 0 else {
            let entry = counts.pointee.table[found]
            entry.pointee.value &+= 1
            return entry.pointee.value &- 1
        }
        let revision: UInt32 = hadElements ? 1 : 0
        _ = counts.pointee.table.insert(key, hash: hash, value: revision + 1)
        return revision
    }
}
