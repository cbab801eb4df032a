/// What a function has emitted and is still to be handed on; its memory is kept for the next.
@usableFromInline
struct EmittedResults<Output>: ~Copyable {
    @usableFromInline var results: UnsafeMutablePointer<Timed<Output>>
    @usableFromInline var count = 0
    @usableFromInline var capacity = 16

    @inlinable init() { results = .allocate(capacity: 16) }

    @inlinable deinit {
        results.deinitialize(count: count)
        results.deallocate()
    }

    @inlinable mutating func append(_ result: consuming Timed<Output>) {
        if count == capacity { grow() }
        (results + count).initialize(to: result)
        count += 1
    }

    /// Hands on everything, in the order in which it was emitted.
    @inlinable @inline(__always)
    mutating func drain(_ body: (consuming Timed<Output>) -> Void) {
        let end = count
        count = 0
        for place in 0..<end { body((results + place).move()) }
    }

    @inlinable mutating func grow() {
        let larger = UnsafeMutablePointer<Timed<Output>>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: results, count: count)
        results.deallocate()
        results = larger
        capacity *= 2
    }
}
