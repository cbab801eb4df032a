/// Keyed, sliced event-time windows: the operator behind every report.
///
/// Elements are folded into the slice that holds them, once, however many windows overlap there. When event time has
/// passed a window's end the window *fires*: its rows are handed out in the order of keys. A fired window is kept for
/// the allowed lateness; late changes to it are found by ``refire(_:emit:)``.
///
/// Only slices that hold something take memory, and only windows that hold something fire, so a gap of a million
/// windows costs nothing.
public struct SlicedWindows<Key: WindowKey, Accumulator: SliceAccumulator>: ~Copyable {
    public typealias Row = WindowRow<Key, Accumulator>

    public let windows: SlidingWindows
    public let allowedLateness: Nanoseconds
    @usableFromInline var slices: SliceStore<Key, Accumulator, NothingStacked>
    /// All windows before this one have fired.
    @usableFromInline var nextWindow = Int64.min
    /// All windows before this one are closed (only with allowed lateness).
    @usableFromInline var firstOpen = Int64.min
    /// The window that fires next, as far as it is known (overlapping windows only).
    @usableFromInline var front = FrontWindow<Key, Accumulator>()
    /// The earliest window that late elements may still change (only with allowed lateness).
    @usableFromInline var anchor = RunningWindow<Key, Accumulator>()
    @usableFromInline var sorter = RowSorter<Key, Accumulator>()
    /// The place of the slice that fires now (windows that do not overlap only).
    @usableFromInline var firing = 0

    @inlinable public init(_ windows: SlidingWindows, allowedLateness: Nanoseconds = 0) {
        precondition(allowedLateness >= 0)
        self.windows = windows
        self.allowedLateness = allowedLateness
        slices = SliceStore(isIndexed: windows.slicesPerWindow == 1)
    }

    @inlinable var overlaps: Bool { windows.slicesPerWindow > 1 }
    @inlinable var keepsFired: Bool { allowedLateness > 0 }

    /// Slices that hold something.
    @inlinable public var sliceCount: Int { slices.live.count }

    /// Which these are, in ascending order.
    public var sliceNumbers: [Int64] { slices.live.map { $0.pointee.number } }

    /// The first slice of the next window to fire: slices before it have left the running window.
    @inlinable public var frontSlice: Int64 { overlaps ? front.first : nextWindow }

    /// The first slice from which a window may still be computed; what lies before is gone.
    @inlinable public var floor: Int64 {
        guard keepsFired else { return nextWindow }
        return overlaps ? anchor.first : firstOpen
    }

    /// Elements are going to come to another slice than until now: it will have room for as many keys, and an eighth. One
    /// that grows step by step is copied more than once.
    @inlinable public mutating func foreseeSlice() {
        if let slice = slices.current { slices.expectedKeyCount = slice.pointee.table.count / 8 * 9 + 8 }
    }

    /// Sees to it that a slice is there, though no key may ever have a fold in it: the windows that hold it fire.
    @inlinable public mutating func open(_ slice: Int64) { _ = slices[slice] }

    /// Changes `key`'s fold in `slice`, which some open window holds, by `body`, which adds to it.
    @inlinable @inline(__always)
    public mutating func update(slice number: Int64, key: Key, _ body: (inout Accumulator) -> Void) {
        guard !overlaps else { return updateOverlapping(slice: number, key: key, body) }
        let slice = slices[number]
        let hash = key.tableHash
        var identifier = slice.pointee.table.find(key, hash: hash)
        if identifier < 0 {
            identifier = slice.pointee.table.insert(key, hash: hash, value: Accumulator())
        }
        body(&slice.pointee.table[identifier].pointee.value)
    }

    /// Notes that a late element changed `key`'s fold in `slice`: the fired windows that hold it are to fire again.
    @inlinable public mutating func noteLate(slice number: Int64, key: Key) {
        let slice = slices[number]
        let hash = key.tableHash
        if slice.pointee.late.find(key, hash: hash) < 0 {
            _ = slice.pointee.late.insert(key, hash: hash, value: 0)
        }
    }

    /// Fires the next window that ends at or before `time` and holds something: ``rowCount`` and ``takeRows()`` speak
    /// of it until ``pass(to:)``, which follows each firing. `nil` where there is none.
    @inlinable public mutating func nextFiring(through time: Nanoseconds) -> Int64? {
        let place = slices.firstPlace(from: nextWindow)
        guard place < slices.live.count,
            let earliest = windows.firstWindow(containing: slices.live[place].pointee.number)
        else { return nil }
        let window = max(earliest, nextWindow)
        guard windows.end(ofWindow: window) <= time else { return nil }
        if overlaps {
            front.first = max(front.first, window)
            front.enter(until: window.saturatingAdd(windows.slicesPerWindow), in: slices)
        }
        firing = place
        return window
    }

    /// The number of rows of the window that fires now. O(1) where windows overlap, else O(rows).
    @inlinable public var rowCount: Int {
        if overlaps { return front.rowCount }
        let slice = slices.live[firing]
        return (0..<slice.pointee.table.count).count { !slice.pointee.table.again($0).pointee.value.isEmpty }
    }

    /// The rows of the window that fires now, in the order of their keys; empty folds have none. O(rows).
    @inlinable public mutating func takeRows() -> [Row] {
        var rows: [Row] = []
        takeRows(into: &rows) { Row(key: $0, value: $1) }
        return rows
    }

    /// Replaces `rows` by what `row` makes of the rows that ``takeRows()`` would return.
    @inlinable public mutating func takeRows<Output>(
        into rows: inout [Output], _ row: (Key, Accumulator) -> Output
    ) {
        if overlaps {
            sorter.gather(front.table, into: &rows, { $0.fold }, row)
        } else {
            sorter.gather(slices.live[firing].pointee.table, into: &rows, { $0 }, row)
        }
    }

    /// The same of at most `limit` rows: those that come first by a number, the largest first, and among equal ones by
    /// their keys; without a number by their keys alone. In the order of keys, too. O(rows) where `limit` is small.
    @inlinable public mutating func takeFirstRows<Output>(
        _ limit: Int, by rank: ((UnsafePointer<Accumulator>) -> UInt64)?, into rows: inout [Output],
        _ row: (Key, Accumulator) -> Output
    ) {
        if overlaps {
            sorter.gatherFirst(limit, front.table, into: &rows, \.value.fold, row, rank: rank)
        } else {
            sorter.gatherFirst(limit, slices.live[firing].pointee.table, into: &rows, \.value, row, rank: rank)
        }
    }

    /// The window behind `window`.
    @inlinable public func window(after window: Int64) -> Int64 { window.saturatingAdd(windows.slicesPerSlide) }

    /// The first window that does not end at or before `time`; not before the ones that have fired.
    @inlinable public func firstWindow(openAt time: Nanoseconds) -> Int64 {
        max(nextWindow, windows.firstOpenWindow(watermark: time.saturatingAdd(-1)))
    }

    /// The live slices that leave the running window when all windows before `window` have fired.
    @inlinable public func slices(leavingBefore window: Int64) -> [Int64] {
        let first = slices.firstPlace(from: front.first)
        return slices.live[first...].prefix { $0.pointee.number < window }.map { $0.pointee.number }
    }

    /// Whether a window that holds `slice` has fired.
    @inlinable public func hasFired(_ slice: Int64) -> Bool {
        windows.firstWindow(containing: slice).map { $0 < nextWindow } ?? false
    }

    /// All windows before `window` have fired: what only they held leaves the running window.
    @inlinable public mutating func pass(to window: Int64) {
        guard window > nextWindow else { return }
        if overlaps { front.leave(until: window, in: slices) }
        nextWindow = window
    }

    /// Fires windows again that late elements changed. `dirty` holds fired windows, not yet closed, in ascending
    /// order; `emit` gets the window's first slice, its rows, and whether a key's row is among the changed ones.
    @inlinable public mutating func refire(
        _ dirty: [Int64], emit: (Int64, [Row], (Key) -> Bool) -> Void
    ) {
        guard !dirty.isEmpty else { return }
        var ahead = anchor.copy()
        for window in dirty {
            var rows: [Row] = []
            if overlaps {
                // First all that lies before the window's end, then out again with what lies before its start: what
                // came into sight on the way may still be there.
                ahead.enter(until: window.saturatingAdd(windows.slicesPerWindow), in: slices)
                ahead.leave(until: window, in: slices)
                sorter.gather(ahead.table, into: &rows, { $0 }, Row.init)
            } else {
                let place = slices.firstPlace(from: window)
                if place < slices.live.count, slices.live[place].pointee.number == window {
                    sorter.gather(slices.live[place].pointee.table, into: &rows, { $0 }, Row.init)
                }
            }
            let changed = slices.live.filter {
                $0.pointee.late.count > 0 && $0.pointee.number >= window
                    && $0.pointee.number < window.saturatingAdd(windows.slicesPerWindow)
            }
            emit(window, rows) { key in
                changed.contains { $0.pointee.late.find(key, hash: key.tableHash) >= 0 }
            }
        }
        slices.forgetLate()
    }

    /// Forgets the windows that `watermark` has passed by more than the allowed lateness.
    @inlinable public mutating func close(watermark: Nanoseconds) {
        // No further than what has fired.
        let window = min(
            windows.firstOpenWindow(watermark: watermark.saturatingAdd(-allowedLateness)), nextWindow)
        if overlaps, keepsFired {
            anchor.enter(until: min(window.saturatingAdd(windows.slicesPerWindow), takenIn), in: slices)
            anchor.leave(until: window, in: slices)
        }
        firstOpen = max(firstOpen, window)
        if overlaps {
            for place in slices.places(from: .min, until: window) { front.release(slices.live[place]) }
        }
        slices.drop(before: window)
    }
}
