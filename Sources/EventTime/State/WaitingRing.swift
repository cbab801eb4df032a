/// Things that wait, in the order they came, while the processor fetches the memory that they need: for several at once,
/// where it would else stand still for each (software pipelining; Kocberber, Falsafi and Grot, "Asynchronous memory
/// access chaining", VLDB 2015).
///
/// `capacity`, how many wait at most, is a power of two. The ring takes memory once, when it is made, and each of its
/// steps is O(1). What it holds lies behind pointers, so that whoever only reads its owner, as a snapshot does, can have
/// all of it done first.
@usableFromInline package struct WaitingRing<Element, let capacity: Int>: ~Copyable {
    /// Elements that came and that were taken, ever.
    @usableFromInline struct Counts: BitwiseCopyable {
        @usableFromInline var came = 0
        @usableFromInline var taken = 0

        @inlinable init() {}
    }

    @usableFromInline let places: UnsafeMutablePointer<Element>
    @usableFromInline let counts: UnsafeMutablePointer<Counts>

    @inlinable package init() {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0)
        places = .allocate(capacity: capacity)
        counts = .allocate(capacity: 1)
        counts.initialize(to: Counts())
    }

    @inlinable deinit {
        for number in taken..<came { self[number].deinitialize(count: 1) }
        places.deallocate()
        counts.deallocate()
    }

    /// Who came has a number: of how many before. Those from `taken` up to `came` wait.
    @inlinable @inline(__always)
    var came: Int { counts.pointee.came }
    @inlinable @inline(__always)
    var taken: Int { counts.pointee.taken }

    @inlinable @inline(__always)
    package var isEmpty: Bool { came == taken }

    /// The one with this number, who waits.
    @inlinable @inline(__always)
    subscript(number: Int) -> UnsafeMutablePointer<Element> { places + (number & (capacity &- 1)) }

    /// Lets one wait. There is room for it.
    @inlinable @inline(__always)
    func append(_ element: consuming Element) {
        let number = came
        self[number].initialize(to: element)
        counts.pointee.came = number &+ 1
    }

    /// Takes the one that has waited longest. There is one.
    @inlinable @inline(__always)
    func removeFirst() -> Element {
        let number = taken
        counts.pointee.taken = number &+ 1
        return self[number].move()
    }

    /// Lets one wait; returns the one that has waited longest where there is no room for both.
    @inlinable @inline(__always)
    package func exchange(_ element: consuming Element) -> Element? {
        let longest = came &- taken == capacity ? removeFirst() : nil
        append(element)
        return longest
    }

    /// Takes the one that has waited longest; `nil` where none waits.
    @inlinable @inline(__always)
    package func takeFirst() -> Element? { isEmpty ? nil : removeFirst() }
}
