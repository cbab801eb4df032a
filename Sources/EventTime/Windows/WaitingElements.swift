/// The newest elements of a slice, which wait for the memory that their folds need: the processor fetches it meanwhile,
/// for many elements at once, where it would else stand still for each (software pipelining; Kocberber, Falsafi and
/// Grot, "Asynchronous memory access chaining", VLDB 2015).
///
/// An element passes three stages, each ``stride`` elements after the one before: the slot of its key's hash is fetched,
/// then the key's fold, then what the fold refers to; then it is folded in. Elements are folded in the order they came.
@usableFromInline
struct WaitingElements<Key: StreamKey, Element>: ~Copyable {
    @usableFromInline struct Waiting {
        @usableFromInline var key: Key
        @usableFromInline var element: Element
        @usableFromInline var hash: UInt32
        /// Where the key's fold very likely is; -1 where it is not there.
        @usableFromInline var guess: Int32

        @inlinable init(key: Key, element: Element, hash: UInt32) {
            self.key = key
            self.element = element
            self.hash = hash
            guess = -1
        }
    }

    /// Elements that came and that were taken, ever.
    @usableFromInline struct Counts: BitwiseCopyable {
        @usableFromInline var came = 0
        @usableFromInline var taken = 0

        @inlinable init() {}
    }

    @inlinable static var stride: Int { 8 }
    /// Elements that wait at most: of three stages, and a power of two.
    @inlinable static var capacity: Int { 32 }

    @usableFromInline let waiting: UnsafeMutablePointer<Waiting>
    @usableFromInline let counts: UnsafeMutablePointer<Counts>

    @inlinable init() {
        waiting = .allocate(capacity: Self.capacity)
        counts = .allocate(capacity: 1)
        counts.initialize(to: Counts())
    }

    @inlinable deinit {
        for number in counts.pointee.taken..<counts.pointee.came { self[number].deinitialize(count: 1) }
        waiting.deallocate()
        counts.deallocate()
    }

    @inlinable @inline(__always)
    subscript(number: Int) -> UnsafeMutablePointer<Waiting> { waiting + (number & (Self.capacity - 1)) }

    @inlinable var isEmpty: Bool { counts.pointee.taken == counts.pointee.came }
}

extension SlicedWindowOperator {
    /// An element of the current slice comes; the one that came three stages before is folded in.
    @inlinable @inline(__always)
    func wait(_ element: Element, _ key: Key, in slice: UnsafeMutablePointer<Slices.Slice>) {
        let stride = WaitingElements<Key, Element>.stride
        let hash = key.shortHash
        slice.pointee.table.prefetchSlot(hash: hash)
        let number = waiting.counts.pointee.came
        let taken = waiting.counts.pointee.taken
        waiting[number].initialize(to: .init(key: key, element: element, hash: hash))
        waiting.counts.pointee.came = number + 1
        if number - stride >= taken {
            let second = waiting[number - stride]
            second.pointee.guess = Int32(
                truncatingIfNeeded: slice.pointee.table.prefetchEntry(hash: second.pointee.hash, lines: 2))
        }
        if Function.refersToMemory, number - 2 * stride >= taken {
            let third = waiting[number - 2 * stride]
            if third.pointee.guess >= 0 {
                function.prefetch(
                    third.pointee.element, in: &slice.pointee.table[Int(third.pointee.guess)].pointee.value)
            }
        }
        if number - (Function.refersToMemory ? 3 : 2) * stride >= taken { takeOldest(into: slice) }
    }

    @inlinable @inline(__always)
    func takeOldest(into slice: UnsafeMutablePointer<Slices.Slice>) {
        let oldest = waiting[waiting.counts.pointee.taken].move()
        waiting.counts.pointee.taken += 1
        add(oldest.element, oldest.key, hash: oldest.hash, to: slice)
    }

    /// Folds in all that wait: before anything else is done with the slices.
    @inlinable @inline(__always)
    func takeWaiting() {
        if !waiting.isEmpty { takeAllWaiting() }
    }

    @inlinable @inline(never)
    func takeAllWaiting() {
        // Elements wait for the current slice only.
        guard let slice = slices.current else { return }
        while !waiting.isEmpty { takeOldest(into: slice) }
    }
}
