/// Text on its way out: bytes in memory of its own, kept and reused, so that a row allocates nothing.
struct TextBuffer: ~Copyable {
    private var storage: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Bytes held.
    private(set) var count = 0

    init(capacity: Int) {
        precondition(capacity > 0, "a buffer holds something")
        storage = .allocate(capacity: capacity)
        self.capacity = capacity
    }

    deinit { storage.deallocate() }

    /// What is held, valid until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage, count: count) }

    mutating func removeAll() { count = 0 }

    mutating func append(_ byte: UInt8) {
        makeRoom(for: 1)
        storage[count] = byte
        count += 1
    }

    mutating func append(_ text: StaticString) {
        makeRoom(for: text.utf8CodeUnitCount)
        (storage + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { source in
            makeRoom(for: source.count)
            guard let start = source.baseAddress else { return }
            (storage + count).update(from: start, count: source.count)
            count += source.count
        }
    }

    /// Appends what `store` stores, which is at most `longest` bytes.
    @inline(__always)
    mutating func append(atMost longest: Int, _ store: (inout TextCursor) -> Void) {
        makeRoom(for: longest + TextCursor.overrun)
        var cursor = TextCursor(storage + count)
        store(&cursor)
        count = UnsafeRawPointer(cursor.place) - UnsafeRawPointer(storage)
        precondition(count <= capacity, "a text is longer than was said")
    }

    @inline(__always)
    private mutating func makeRoom(for more: Int) {
        if count + more > capacity { grow(to: count + more) }
    }

    @inline(never)
    private mutating func grow(to needed: Int) {
        let larger = max(needed, capacity * 2)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.moveInitialize(from: storage, count: count)
        storage.deallocate()
        storage = moved
        capacity = larger
    }
}

extension String {
    /// What `store` stores, which is at most `longest` bytes.
    init(atMost longest: Int, _ store: (inout TextCursor) -> Void) {
        self.init(unsafeUninitializedCapacity: longest + TextCursor.overrun) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            var cursor = TextCursor(start)
            store(&cursor)
            return UnsafeRawPointer(cursor.place) - UnsafeRawPointer(start)
        }
    }
}
