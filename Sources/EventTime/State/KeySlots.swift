/// Gives each live key a small number, its slot: state of the key lies in columns under that number, so that a key is
/// looked up once for an element, however many states and timers its function uses.
///
/// A slot is in use while something lies in it: a value of some state, a timer, or the function that runs. A free one
/// is given to the next new key.
@usableFromInline
struct KeySlots<Key: StreamKey>: ~Copyable {
    @usableFromInline var index = HashIndex()
    /// Keys by slot; initialised where the slot is in use.
    @usableFromInline var keys: UnsafeMutablePointer<Key>
    @usableFromInline var hashes: UnsafeMutablePointer<UInt64>
    /// How many things lie in the slot; -1 where it is free.
    @usableFromInline var uses: UnsafeMutablePointer<Int32>
    @usableFromInline var capacity = 16
    /// Slots ever given out: the free ones are below this bound.
    @usableFromInline var bound = 0
    @usableFromInline var free: [UInt32] = []

    @inlinable init() {
        keys = .allocate(capacity: 16)
        hashes = .allocate(capacity: 16)
        uses = .allocate(capacity: 16)
    }

    @inlinable deinit {
        for slot in 0..<bound where uses[slot] >= 0 { (keys + slot).deinitialize(count: 1) }
        keys.deallocate()
        hashes.deallocate()
        uses.deallocate()
    }

    /// Keys that have a slot.
    @inlinable var count: Int { bound - free.count }

    /// The slot of `key`; -1 where it has none.
    @inlinable @inline(__always)
    func find(_ key: Key, hash: UInt64) -> Int {
        let keys = keys
        return index.find(UInt32(truncatingIfNeeded: hash)) { keys[$0] == key }
    }

    /// Gives `key`, which has none, a slot with nothing in it.
    @inlinable mutating func insert(_ key: Key, hash: UInt64) -> Int {
        let slot: Int
        if let reused = free.popLast() {
            slot = Int(reused)
        } else {
            if bound == capacity { grow() }
            slot = bound
            bound += 1
        }
        (keys + slot).initialize(to: key)
        hashes[slot] = hash
        uses[slot] = 0
        index.insert(slot, hash: UInt32(truncatingIfNeeded: hash))
        return slot
    }

    /// Takes the slot, in which nothing lies, away from its key.
    @inlinable mutating func remove(_ slot: Int) {
        assert(uses[slot] == 0)
        index.remove(slot, hash: UInt32(truncatingIfNeeded: hashes[slot]))
        (keys + slot).deinitialize(count: 1)
        uses[slot] = -1
        free.append(UInt32(slot))
    }

    @inlinable mutating func grow() {
        keys = Self.doubled(keys, capacity, used: bound) {
            for slot in 0..<bound where uses[slot] >= 0 { ($1 + slot).moveInitialize(from: $0 + slot, count: 1) }
        }
        hashes = Self.doubled(hashes, capacity, used: bound) { $1.moveInitialize(from: $0, count: bound) }
        uses = Self.doubled(uses, capacity, used: bound) { $1.moveInitialize(from: $0, count: bound) }
        capacity *= 2
    }

    @inlinable static func doubled<Element>(
        _ old: UnsafeMutablePointer<Element>, _ capacity: Int, used: Int,
        move: (UnsafeMutablePointer<Element>, UnsafeMutablePointer<Element>) -> Void
    ) -> UnsafeMutablePointer<Element> {
        let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        move(old, larger)
        old.deallocate()
        return larger
    }
}
