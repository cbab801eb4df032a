/// Which key each row of a slice is of, by the key's number in a ``FrontWindow``: four bytes a row, so that a slice that
/// enters or leaves the window is read in one sweep, and nothing of it is hashed.
@usableFromInline
struct RowNumbers: ~Copyable {
    @usableFromInline var numbers: UnsafeMutablePointer<UInt32>
    @usableFromInline var capacity = 64
    @usableFromInline var count = 0
    /// Finds rows by number. Most rows are never asked for but while they are their key's newest, which the key itself
    /// knows: so rows enter the index when somebody asks for an older one.
    @usableFromInline var index = HashIndex()
    /// Rows before this one are in the index.
    @usableFromInline var indexed = 0

    @inlinable init() { numbers = .allocate(capacity: capacity) }

    @inlinable deinit { numbers.deallocate() }

    /// The number of a row's key.
    @inlinable @inline(__always)
    subscript(row: Int) -> Int { Int(numbers[row]) }

    @inlinable @inline(__always)
    mutating func append(_ number: Int) {
        if count == capacity { grow() }
        numbers[count] = UInt32(truncatingIfNeeded: number)
        count += 1
    }

    /// The row of a key; -1 where it has none. O(1), and once O(1) for each row.
    @inlinable mutating func row(of number: Int) -> Int {
        if indexed < count { indexRows() }
        let numbers = numbers
        return index.find(Self.hash(number)) { numbers[$0] == UInt32(truncatingIfNeeded: number) }
    }

    @usableFromInline mutating func indexRows() {
        if indexed == 0, count > 8 {
            // In one go: an index that grows beside is looked at twice.
            index = HashIndex(minimumCapacity: count + count / 8)
        }
        while indexed < count {
            index.insert(indexed, hash: Self.hash(self[indexed]))
            indexed += 1
        }
    }

    @inlinable @inline(__always)
    static func hash(_ number: Int) -> UInt32 {
        let mixed = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
        return UInt32(truncatingIfNeeded: mixed >> 32)
    }

    /// Forgets the rows and keeps the memory.
    @usableFromInline mutating func removeAll() {
        if indexed > 0 { index.removeAll() }
        indexed = 0
        count = 0
    }

    @usableFromInline mutating func grow() {
        let larger = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: numbers, count: count)
        numbers.deallocate()
        numbers = larger
        capacity *= 2
    }
}
