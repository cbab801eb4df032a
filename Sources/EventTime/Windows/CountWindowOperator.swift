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

    /// What is known of a key.
    @usableFromInline struct Counted {
        /// Of the slice under way.
        @usableFromInline var current: Function.Accumulator
        /// Of all full slices in the window what can be taken apart; of the rest those behind the boundary.
        @usableFromInline var total: Function.Accumulator
        /// Elements of the slice under way.
        @usableFromInline var elements: Int64 = 0
        /// Full slices since the last firing.
        @usableFromInline var sinceFiring: Int64 = 0
        /// Full slices in the window.
        @usableFromInline var slices: Int64 = 0
        /// The oldest slice in front of the boundary, and the newest behind it; -1 where there is none.
        @usableFromInline var front: Int32 = -1
        @usableFromInline var back: Int32 = -1

        @inlinable init(current: Function.Accumulator, total: Function.Accumulator) {
            self.current = current
            self.total = total
        }
    }

    /// A full slice of a key.
    @usableFromInline struct Node {
        @usableFromInline var value: Function.Accumulator
        /// In front of the boundary: the fold from here up to it.
        @usableFromInline var suffix: Function.Stacked
        /// In front of the boundary the next newer slice, behind it the next older one; or the next free node.
        @usableFromInline var next: Int32

        @inlinable init(value: Function.Accumulator, suffix: Function.Stacked) {
            self.value = value
            self.suffix = suffix
            next = -1
        }
    }

    public let size: Int
    public let slide: Int
    public let function: Function
    @usableFromInline let elementsPerSlice: Int64
    @usableFromInline let slicesPerWindow: Int64
    @usableFromInline let slicesPerSlide: Int64
    @usableFromInline var eventTime = Nanoseconds.min
    @usableFromInline var table = KeyedTable<Key, Counted>()
    @usableFromInline var nodes: [Node] = []
    @usableFromInline var firstFree: Int32 = -1

    /// `size` and `slide` are positive; without a slide, windows do not overlap.
    @inlinable public init(size: Int, slide: Int? = nil, aggregate function: Function) {
        let slide = slide ?? size
        precondition(size > 0 && slide > 0)
        self.size = size
        self.slide = slide
        self.function = function
        var (a, b) = (size, slide)
        while b != 0 { (a, b) = (b, a % b) }
        elementsPerSlice = Int64(a)
        slicesPerWindow = Int64(size / a)
        slicesPerSlide = Int64(slide / a)
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
    public mutating func process(
        key: Key, element: Element, at time: Nanoseconds, emit: (Output) -> Void
    ) -> ElementFate {
        let hash = key.shortHash
        var identifier = table.find(key, hash: hash)
        if identifier < 0 { identifier = insert(key, hash) }
        let entry = table[identifier]
        function.add(element, to: &entry.pointee.value.current)
        entry.pointee.value.elements += 1
        guard entry.pointee.value.elements >= elementsPerSlice else { return .taken }
        if isTumbling {
            fire(key, function.resultInPlace(of: &entry.pointee.value.current), at: time, emit: emit)
            table.removeDensely(identifier, hash: hash) { $0.shortHash }
        } else {
            closeSlice(identifier, at: time, emit: emit)
        }
        return .taken
    }

    @inlinable @inline(__always)
    mutating func insert(_ key: Key, _ hash: UInt32) -> Int {
        let function = function
        return table.insert(key, hash: hash) {
            Counted(current: function.makeAccumulator(), total: function.makeAccumulator())
        } renew: {
            function.reset(&$0.current)
            function.reset(&$0.total)
            ($0.elements, $0.sinceFiring, $0.slices) = (0, 0, 0)
            ($0.front, $0.back) = (-1, -1)
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
        push(entry)
        if entry.pointee.value.slices > slicesPerWindow { pop(entry) }
        entry.pointee.value.sinceFiring += 1
        guard entry.pointee.value.sinceFiring == slicesPerSlide else { return }
        entry.pointee.value.sinceFiring = 0
        fire(entry.pointee.key, result(of: entry), at: time, emit: emit)
    }

    @inlinable mutating func result(of entry: UnsafeMutablePointer<KeyedTable<Key, Counted>.Entry>) -> Result {
        guard Function.needsStacks, entry.pointee.value.front >= 0 else {
            return function.resultInPlace(of: &entry.pointee.value.total)
        }
        return function.result(
            of: &entry.pointee.value.total, behind: &nodes[Int(entry.pointee.value.front)].suffix)
    }

    /// Moves the slice under way behind the boundary.
    @inlinable mutating func push(_ entry: UnsafeMutablePointer<KeyedTable<Key, Counted>.Entry>) {
        let node: Int32
        if firstFree >= 0 {
            node = firstFree
            firstFree = nodes[Int(node)].next
        } else {
            node = Int32(nodes.count)
            var value = function.makeAccumulator()
            let suffix = function.stacked(&value)
            nodes.append(Node(value: value, suffix: suffix))
        }
        // The node's old value, its memory kept, is the next slice's.
        swap(&nodes[Int(node)].value, &entry.pointee.value.current)
        function.reset(&entry.pointee.value.current)
        function.mergeInPlace(&nodes[Int(node)].value, into: &entry.pointee.value.total)
        nodes[Int(node)].next = entry.pointee.value.back
        entry.pointee.value.back = node
        entry.pointee.value.elements = 0
        entry.pointee.value.slices += 1
    }

    /// Lets the oldest slice go.
    @inlinable mutating func pop(_ entry: UnsafeMutablePointer<KeyedTable<Key, Counted>.Entry>) {
        if entry.pointee.value.front < 0 { turnOver(entry) }
        let node = Int(entry.pointee.value.front)
        function.subtract(&nodes[node].value, from: &entry.pointee.value.total)
        entry.pointee.value.front = nodes[node].next
        entry.pointee.value.slices -= 1
        nodes[node].next = firstFree
        firstFree = Int32(node)
    }

    /// Makes all that is behind the boundary the front stack, from the newest to the oldest.
    @inlinable mutating func turnOver(_ entry: UnsafeMutablePointer<KeyedTable<Key, Counted>.Entry>) {
        var node = entry.pointee.value.back
        while node >= 0 {
            let older = nodes[Int(node)].next
            if Function.needsStacks {
                let front = Int(entry.pointee.value.front)
                nodes.withUnsafeMutableBufferPointer { nodes in
                    nodes[Int(node)].suffix = function.stacked(&nodes[Int(node)].value)
                    if front >= 0 { function.mergeStacked(&nodes[front].suffix, into: &nodes[Int(node)].suffix) }
                }
            }
            nodes[Int(node)].next = entry.pointee.value.front
            entry.pointee.value.front = node
            node = older
        }
        entry.pointee.value.back = -1
        function.resetStacked(&entry.pointee.value.total)
    }
}
