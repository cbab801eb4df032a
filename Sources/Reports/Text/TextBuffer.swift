/// Text on its way out: bytes in memory of its own, kept and reused, so that a row allocates nothing.
///
/// Each `append` makes room once for the longest text it can write and then stores bytes without further
/// checks.
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

    mutating func append(_ bytes: [UInt8]) {
        makeRoom(for: bytes.count)
        bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            (storage + count).update(from: start, count: source.count)
        }
        count += bytes.count
    }

    mutating func append(_ text: StaticString) {
        makeRoom(for: text.utf8CodeUnitCount)
        (storage + count).update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        count += text.utf8CodeUnitCount
    }

    /// Appends what stands before a value of a JSON object: `opening"name":`.
    @inline(__always)
    mutating func append(jsonName name: StaticString, after opening: UInt8) {
        let length = name.utf8CodeUnitCount
        makeRoom(for: length + 4)
        storage[count] = opening
        storage[count + 1] = UInt8(ascii: "\"")
        (storage + count + 2).update(from: name.utf8Start, count: length)
        storage[count + length + 2] = UInt8(ascii: "\"")
        storage[count + length + 3] = UInt8(ascii: ":")
        count += length + 4
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

    /// Appends a number in decimal digits.
    mutating func append(decimal number: UInt64) {
        makeRoom(for: 20)
        if number < 10 {
            storage[count] = UInt8(truncatingIfNeeded: number) &+ 0x30
            count += 1
            return
        }
        let digits = Self.digitCount(number)
        var end = count + digits
        count = end
        var rest = number
        // Two digits a division: half the length of the chain of multiplications.
        while rest >= 10 {
            let quotient = rest / 100
            let pair = UInt32(truncatingIfNeeded: rest &- quotient &* 100)
            let tens = pair / 10
            end -= 2
            storage[end] = UInt8(truncatingIfNeeded: tens) &+ 0x30
            storage[end + 1] = UInt8(truncatingIfNeeded: pair &- tens &* 10) &+ 0x30
            rest = quotient
        }
        // An odd number of digits leaves the first; an even one has written it, as part of a pair.
        if digits & 1 == 1 { storage[end - 1] = UInt8(truncatingIfNeeded: rest) &+ 0x30 }
    }

    private static func digitCount(_ number: UInt64) -> Int {
        var digits = 1
        var limit: UInt64 = 10
        while number >= limit {
            digits += 1
            if digits == 20 { break }
            limit &*= 10
        }
        return digits
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
