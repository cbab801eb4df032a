public import CPrefetch

/// A key's window and all that is known of it.
@usableFromInline
struct Pane<Key: StreamKey, Fold, TriggerState> {
    @usableFromInline var key: Key
    @usableFromInline var window: TimeWindow
    @usableFromInline var fold: Fold
    @usableFromInline var trigger: TriggerState
    /// The trigger's alarms; `Int64.max` where none is set.
    @usableFromInline var eventAlarm = Nanoseconds.max
    @usableFromInline var processingAlarm = Nanoseconds.max
    /// The earliest alarm for the pane in each queue; `Int64.max` where there is none.
    @usableFromInline var armedEvent = Nanoseconds.max
    @usableFromInline var armedProcessing = Nanoseconds.max
    /// The key's next older window (where windows merge), or the next free pane.
    @usableFromInline var next = PaneStore<Key, Fold, TriggerState>.none
    /// Counts those who had this pane: alarms of earlier ones mean nothing.
    @usableFromInline var generation: UInt32 = 0
    @usableFromInline var firings: UInt32 = 0
    /// Whether elements were added since the last purge.
    @usableFromInline var hasContent = false

    @inlinable init(key: Key, window: TimeWindow, fold: Fold, trigger: TriggerState) {
        self.key = key
        self.window = window
        self.fold = fold
        self.trigger = trigger
    }
}

/// All panes of an operator in one flat array, found by key and window, or, where windows merge, by key: then the key's
/// windows are chained, newest first.
///
/// A pane that is removed waits for the next window.
@usableFromInline
struct PaneStore<Key: StreamKey, Fold, TriggerState>: ~Copyable {
    @usableFromInline typealias Element = Pane<Key, Fold, TriggerState>
    @usableFromInline static var none: UInt32 { .max }

    @usableFromInline var index = HashIndex()
    @usableFromInline var panes: UnsafeMutablePointer<Element>
    @usableFromInline var capacity = 8
    /// Panes ever made: those below are initialised, in use or free.
    @usableFromInline var bound = 0
    @usableFromInline var firstFree = Self.none
    /// Panes in use.
    @usableFromInline var count = 0

    @inlinable init() {
        panes = TableMemory.take(byteCount: 8 * MemoryLayout<Element>.stride)
            .bindMemory(to: Element.self, capacity: 8)
    }

    @inlinable deinit {
        panes.deinitialize(count: bound)
        TableMemory.give(panes, byteCount: capacity * MemoryLayout<Element>.stride)
    }

    /// Good until the next pane is made.
    @inlinable @inline(__always)
    subscript(pane: UInt32) -> UnsafeMutablePointer<Element> { panes + Int(pane) }

    /// Asks for a pane's memory.
    @inlinable @inline(__always)
    func prefetch(_ pane: UInt32) {
        let start = UnsafeRawPointer(panes + Int(pane))
        var offset = 0
        while offset < MemoryLayout<Element>.stride {
            prefetchForWriting(start + offset)
            offset &+= 64
        }
    }

    @inlinable @inline(__always)
    static func hash(_ key: Key, _ window: TimeWindow) -> UInt32 {
        let bounds = UInt64(bitPattern: window.start) ^ UInt64(bitPattern: window.end) &* 0x9E37_79B9_7F4A_7C15
        return UInt32(truncatingIfNeeded: foldedProduct(key.stableHash ^ bounds, 0x8EBC_6AF0_9C88_C6E3))
    }

    @inlinable @inline(__always)
    func find(_ key: Key, _ window: TimeWindow, hash: UInt32) -> UInt32? {
        let panes = panes
        let found = index.find(hash) { panes[$0].window == window && panes[$0].key == key }
        return found < 0 ? nil : UInt32(truncatingIfNeeded: found)
    }

    /// The key's newest window, where windows merge.
    @inlinable @inline(__always)
    func findNewest(_ key: Key, hash: UInt32) -> UInt32 {
        let panes = panes
        let found = index.find(hash) { panes[$0].key == key }
        return found < 0 ? Self.none : UInt32(truncatingIfNeeded: found)
    }

    /// Makes a pane; it is not found before it is in the index.
    @inlinable @inline(__always)
    mutating func make(
        _ key: Key, _ window: TimeWindow, trigger: TriggerState, fold: () -> Fold
    ) -> UInt32 {
        count += 1
        guard firstFree == Self.none else {
            let pane = firstFree
            let reused = panes + Int(pane)
            firstFree = reused.pointee.next
            reused.pointee.key = key
            reused.pointee.window = window
            reused.pointee.trigger = trigger
            reused.pointee.next = Self.none
            return pane
        }
        if bound == capacity { grow() }
        let pane = bound
        (panes + pane).initialize(to: Pane(key: key, window: window, fold: fold(), trigger: trigger))
        bound += 1
        return UInt32(truncatingIfNeeded: pane)
    }

    @inlinable @inline(never)
    mutating func grow() {
        precondition(capacity < 1 << 31, "more windows than 32 bits count")
        let stride = MemoryLayout<Element>.stride
        panes = TableMemory.grow(panes, from: capacity * stride, to: capacity * 2 * stride)
            .assumingMemoryBound(to: Element.self)
        capacity *= 2
    }

    /// Frees a pane that is in the index no more. Its fold has been reset.
    @inlinable @inline(__always)
    mutating func free(_ pane: UInt32) {
        let freed = panes + Int(pane)
        freed.pointee.generation &+= 1
        freed.pointee.eventAlarm = .max
        freed.pointee.processingAlarm = .max
        freed.pointee.armedEvent = .max
        freed.pointee.armedProcessing = .max
        freed.pointee.firings = 0
        freed.pointee.hasContent = false
        freed.pointee.next = firstFree
        firstFree = pane
        count -= 1
    }

    /// Takes a pane out of the chain of its key's windows.
    @inlinable mutating func unchain(_ pane: UInt32, hash: UInt32) {
        let head = findNewest(panes[Int(pane)].key, hash: hash)
        let next = panes[Int(pane)].next
        if head == pane {
            if next == Self.none {
                index.remove(Int(pane), hash: hash)
            } else {
                index.rename(Int(pane), to: Int(next), hash: hash)
            }
            return
        }
        var newer = head
        while panes[Int(newer)].next != pane { newer = panes[Int(newer)].next }
        panes[Int(newer)].next = next
    }

    /// Puts a new pane into the chain of its key's windows, behind `newer`, before `older`.
    @inlinable @inline(__always)
    mutating func chain(_ pane: UInt32, newer: UInt32, older: UInt32, hash: UInt32) {
        panes[Int(pane)].next = older
        if newer != Self.none {
            panes[Int(newer)].next = pane
        } else if older != Self.none {
            index.rename(Int(older), to: Int(pane), hash: hash)
        } else {
            index.insert(Int(pane), hash: hash)
        }
    }

    /// The panes in use, marked among all.
    @inlinable func isUsed() -> [Bool] {
        var used = Array(repeating: true, count: bound)
        var free = firstFree
        while free != Self.none {
            used[Int(free)] = false
            free = panes[Int(free)].next
        }
        return used
    }
}
