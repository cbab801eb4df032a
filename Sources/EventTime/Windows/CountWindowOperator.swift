/// Windows of so many elements of a key: a window fires with every `slide`-th element, and holds the last `size` of
/// them at most. Event time plays no part: nothing is late, and what is left over never fires. Flink's countWindow.
///
/// A key's elements are folded into slices of gcd(size, slide) elements. What can be taken apart is subtracted when a
/// slice leaves; of the rest there are two stacks (Two-Stacks; Tangwongsan, Hirzel and Schneider, VLDB J. 30, 2021): a
/// slice behind the boundary is in the key's total, and when the last one in front of it has left, all behind are
/// turned over. O(1) amortised an element and a firing. All slices of all keys lie in one array; a key whose windows
/// do not overlap is forgotten when its window fires.
public struct CountWindowOperator<Key: StreamKey, Function: Aggregate>: ~Copyable, WindowOperation {
    public typealias Element = Function.Input
    public typealias Result = Function.Result
    public typealias Output = WindowResult<Key, Result>

    @usableFromInline typealias Folds = FoldStore<Function>

    /// What is known of a key.
    @usableFromInline struct Counted {
        /// Elements of the slice under way.
        @usableFromInline var elements: Int64 = 0
        /// Of the slice under way.
        @usableFromInline var current: Folds.Fold
        /// Of all full slices in the window what can be taken apart; of the rest those behind the boundary.
        @usableFromInline var total: Folds.Fold
        /// Full slices since the last firing.
        @usableFromInline var sinceFiring: Int64 = 0
        /// Full slices in the window.
        @usableFromInline var slices: Int64 = 0
        /// The oldest slice in front of the boundary, and the newest behind it; -1 where there is none.
        @usableFromInline var front: Int32 = -1
        @usableFromInline var back: Int32 = -1

        @inlinable init(current: Folds.Fold, total: Folds.Fold) {
            self.current = current
            self.total = total
        }
    }

    @usableFromInline typealias Entry = UnsafeMutablePointer<KeyedTable<Key, Counted>.Entry>

    public let size: Int
    public let slide: Int
    public let function: Function
    @usableFromInline let elementsPerSlice: Int64
    @usableFromInline let slicesPerWindow: Int64
    @usableFromInline let slicesPerSlide: Int64
    @usableFromInline var eventTime = Nanoseconds.min
    @usableFromInline var table = KeyedTable<Key, Counted>()
    @usableFromInline let folds: Folds
    @usableFromInline let waiting = WaitingInputs<Element>()
    @usableFromInline var nodes = CountedSlices<Function>()

    /// `size` and `slide` are positive; without a slide, windows do not overlap.
    @inlinable public init(size: Int, slide: Int? = nil, aggregate function: Function) {
        let slide = slide ?? size
        precondition(size > 0 && slide > 0)
        self.size = size
        self.slide = slide
        self.function = function
        folds = Folds(function)
        var (a, b) = (size, slide)
        while b != 0 { (a, b) = (b, a % b) }
        elementsPerSlice = Int64(a)
        slicesPerWindow = Int64(size / a)
        slicesPerSlide = Int64(slide / a)
    }

    @inlinable deinit {
        if Folds.isOwing { resetFolds() }
        folds.release()
    }

    @inlinable func resetFolds() {
        takeWaiting()
        let entries = table.unsafeEntries
        for identifier in 0..<table.bound {
            folds.reset(&entries[identifier].value.current)
            folds.reset(&entries[identifier].value.total)
        }
        for node in 0..<nodes.bound { folds.reset(&nodes[node].pointee.fold) }
    }

    @inlinable public var watermark: Nanoseconds { eventTime }
    /// Keys that are held.
    @inlinable public var keyCount: Int { table.count }
    @inlinable var isTumbling: Bool { slicesPerWindow == 1 && slicesPerSlide == 1 }

    @inlinable public mutating func advance(to watermark: Nanoseconds, emit: (Output) -> Void) {
        eventTime = max(eventTime, watermark)
    }

    @inlinable public mutating func advanceProcessingTime(to now: Nanoseconds, emit: (Output) -> Void) {}

    @inlinable @inline(__always)
    public func prefetch(_ key: Key, _ step: PrefetchStep) {
        switch step {
        case .place: table.prefetchSlot(hash: key.shortHash)
        // What is behind the slice under way is asked for when it closes.
        case .state: _ = table.prefetchEntry(hash: key.shortHash, lines: Self.linesOfSlice)
        }
    }

    /// Cache lines of a key's entry in which the slice under way may lie.
    @inlinable static var linesOfSlice: Int { (MemoryLayout<Folds.Fold>.size + 16 + 63) / 64 + 1 }

    @inlinable @inline(__always)
    public mutating func process(
        key: Key, element: Element, at time: Nanoseconds, emit: (Output) -> Void
    ) -> ElementFate {
        let hash = key.shortHash
        var identifier = table.find(key, hash: hash)
        if identifier < 0 { identifier = insert(key, hash) }
        let entry = table[identifier]
        folds.addToRow(element, of: &entry.pointee.value.current)
        if Folds.hasRest { wait(element, identifier) }
        entry.pointee.value.elements += 1
        guard entry.pointee.value.elements >= elementsPerSlice else { return .taken }
        takeWaiting()
        if isTumbling {
            fire(key, folds.result(of: &entry.pointee.value.current), at: time, emit: emit)
            folds.reset(&entry.pointee.value.current)
            table.removeDensely(identifier, hash: hash) { $0.shortHash }
        } else {
            closeSlice(identifier, at: time, emit: emit)
        }
        return .taken
    }

    /// An element waits to be put beside its key's row.
    @inlinable @inline(__always)
    func wait(_ element: Element, _ identifier: Int) {
        if let longest = waiting.exchange(.init(element, to: identifier)) { take(longest) }
    }

    @inlinable @inline(__always)
    func take(_ waited: WaitingInput<Element>) {
        folds.addToRest(waited.input, of: &table.again(waited.fold).pointee.value.current)
    }

    /// Puts all that wait where they belong: before folds are looked at, or keys get other numbers.
    @inlinable @inline(__always)
    func takeWaiting() {
        while let longest = waiting.takeFirst() { take(longest) }
    }

    @inlinable @inline(__always)
    mutating func insert(_ key: Key, _ hash: UInt32) -> Int {
        table.insert(key, hash: hash) {
            Counted(current: folds.make(), total: folds.make())
        } renew: {
            // The folds are those of nothing already: only keys without full slices are removed.
            $0.elements = 0
        }
    }

    @inlinable @inline(__always)
    func fire(_ key: Key, _ result: Result, at time: Nanoseconds, emit: (Output) -> Void) {
        let firing = WindowFiring(revision: 0, cause: .early, watermark: eventTime, time: time)
        emit(WindowResult(key: key, window: nil, result: result, firing: firing))
    }

    /// The slice under way is full: it enters the window, the oldest one may leave, and the window may fire.
    @inlinable @inline(never)
    mutating func closeSlice(_ identifier: Int, at time: Nanoseconds, emit: (Output) -> Void) {
        let entry = table[identifier]
        prefetch(entry)
        push(entry)
        if entry.pointee.value.slices > slicesPerWindow { pop(entry) }
        entry.pointee.value.sinceFiring += 1
        guard entry.pointee.value.sinceFiring == slicesPerSlide else { return }
        entry.pointee.value.sinceFiring = 0
        fire(entry.pointee.key, result(of: entry), at: time, emit: emit)
    }

    /// Asks for what is needed of a key: the total, the slice that leaves, and the one behind it.
    @inlinable @inline(__always)
    func prefetch(_ entry: Entry) {
        let front = entry.pointee.value.front
        if front >= 0 { nodes.prefetch(front) }
        folds.memory.prefetch(entry.pointee.value.total.rest)
        guard front >= 0 else { return }
        let oldest = nodes[Int(front)]
        folds.memory.prefetch(oldest.pointee.fold.rest)
        if Function.Rows.needsStacks, oldest.pointee.next >= 0 { nodes.prefetch(oldest.pointee.next) }
    }

    @inlinable mutating func result(of entry: Entry) -> Result {
        guard Function.Rows.needsStacks, entry.pointee.value.front >= 0 else {
            return folds.result(of: &entry.pointee.value.total)
        }
        return folds.result(
            of: &entry.pointee.value.total, behind: &nodes[Int(entry.pointee.value.front)].pointee.suffix)
    }

    /// Moves the slice under way behind the boundary.
    @inlinable mutating func push(_ entry: Entry) {
        let number = nodes.take(folds)
        let node = nodes[Int(number)]
        folds.merge(&entry.pointee.value.current, into: &entry.pointee.value.total)
        folds.pack(&entry.pointee.value.current, into: &node.pointee.fold)
        node.pointee.next = entry.pointee.value.back
        entry.pointee.value.back = number
        entry.pointee.value.elements = 0
        entry.pointee.value.slices += 1
    }

    /// Lets the oldest slice go.
    @inlinable mutating func pop(_ entry: Entry) {
        if entry.pointee.value.front < 0 { turnOver(entry) }
        let number = entry.pointee.value.front
        let node = nodes[Int(number)]
        folds.subtract(&node.pointee.fold, from: &entry.pointee.value.total)
        folds.memory.reset(&node.pointee.fold.rest)
        entry.pointee.value.front = node.pointee.next
        entry.pointee.value.slices -= 1
        nodes.give(number)
    }

    /// Makes all that is behind the boundary the front stack, from the newest to the oldest.
    @inlinable mutating func turnOver(_ entry: Entry) {
        var number = entry.pointee.value.back
        while number >= 0 {
            let node = nodes[Int(number)]
            let older = node.pointee.next
            let front = entry.pointee.value.front
            if Function.Rows.needsStacks {
                node.pointee.suffix = folds.rows.stacked(&node.pointee.fold.row)
                if front >= 0 {
                    folds.rows.mergeStacked(&nodes[Int(front)].pointee.suffix, into: &node.pointee.suffix)
                }
            }
            node.pointee.next = front
            entry.pointee.value.front = number
            number = older
        }
        entry.pointee.value.back = -1
        folds.rows.resetStacked(&entry.pointee.value.total.row)
    }
}
