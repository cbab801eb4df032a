/// The newest inputs of folds, which wait for the memory beside the folds' rows in which they are to be put: the processor
/// fetches it meanwhile, for several at once, where it would else stand still for each. Inputs are taken in the order
/// they came, and all of them before anybody looks at a fold.
@usableFromInline struct WaitingInputs<Input>: ~Copyable {
    @usableFromInline struct Waiting {
        @usableFromInline var input: Input
        /// The fold's number.
        @usableFromInline var fold: Int

        @inlinable init(input: Input, fold: Int) {
            self.input = input
            self.fold = fold
        }
    }

    /// Inputs that came and that were taken, ever.
    @usableFromInline struct Counts: BitwiseCopyable {
        @usableFromInline var came = 0
        @usableFromInline var taken = 0

        @inlinable init() {}
    }

    /// Inputs that wait at most; a power of two.
    @inlinable static var capacity: Int { 8 }

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
    subscript(number: Int) -> UnsafeMutablePointer<Waiting> { waiting + (number & (Self.capacity &- 1)) }

    @inlinable @inline(__always)
    var isEmpty: Bool { counts.pointee.came == counts.pointee.taken }

    @inlinable @inline(__always)
    var isFull: Bool { counts.pointee.came &- counts.pointee.taken == Self.capacity }

    /// There is room.
    @inlinable @inline(__always)
    func append(_ input: Input, to fold: Int) {
        self[counts.pointee.came].initialize(to: Waiting(input: input, fold: fold))
        counts.pointee.came &+= 1
    }

    /// There is one.
    @inlinable @inline(__always)
    func removeFirst() -> Waiting {
        let first = self[counts.pointee.taken].move()
        counts.pointee.taken &+= 1
        return first
    }
}
