/// The rows of a complete slice in the order they came, in as few bytes as they need: they are read from end to end when
/// the slice leaves the window, and before that when stacks are made.
///
/// A row's bytes are taken as words; of each word those bytes are kept that are not leading zeros, and how many these are
/// stands before, four bits for each of up to eight words. Folds of few elements are small numbers, and mostly zeros: a
/// row of 64 bytes takes 16. For rows that are their bytes alone (`isPossible`).
@usableFromInline struct PackedRows<Row>: ~Copyable {
    @usableFromInline var block: UnsafeMutableRawPointer?
    @usableFromInline var memory: SliceMemory?
    @usableFromInline var byteCount = 0
    @usableFromInline var count = 0

    @inlinable init() {}

    @inlinable deinit {
        if let block, let memory { memory.give(block, byteCount: byteCount) }
    }

    @inlinable @inline(__always)
    static var isPossible: Bool { _isPOD(Row.self) }

    @inlinable @inline(__always)
    static var wordCount: Int { (MemoryLayout<Row>.size + 7) / 8 }
    /// Bytes of the last word that are a row's, or behind it.
    @inlinable @inline(__always)
    static var lastByteCount: Int { min(8, MemoryLayout<Row>.stride - (wordCount - 1) * 8) }
    @inlinable @inline(__always)
    static var wordsOfHeader: Int { 8 }
    @inlinable @inline(__always)
    static var headerSize: Int { MemoryLayout<UInt32>.size }
    /// Bytes of a row at most, and such as are written or read behind it.
    @inlinable static var mostBytes: Int {
        (wordCount + wordsOfHeader - 1) / wordsOfHeader * headerSize + wordCount * 8 + slack
    }
    @inlinable @inline(__always)
    static var slack: Int { 8 }

    /// Writes all rows where there is memory for them.
    @inlinable func unpack(into rows: UnsafeMutablePointer<Row>) {
        var reader = Reader(self)
        for row in 0..<count { reader.read(into: rows + row) }
    }

    /// Reads the rows, one after the other.
    @usableFromInline struct Reader {
        @usableFromInline var next: UnsafeRawPointer

        @inlinable init(_ rows: borrowing PackedRows) {
            // Without rows nothing is read.
            next = UnsafeRawPointer(rows.block ?? UnsafeMutableRawPointer(bitPattern: 8).unsafelyUnwrapped)
        }

        /// Writes the next row where there is memory for one, its padding up to the stride included.
        @inlinable @inline(__always)
        mutating func read(into row: UnsafeMutablePointer<Row>) {
            let target = UnsafeMutableRawPointer(row)
            var (word, header) = (0, UInt32.zero)
            while word < PackedRows.wordCount {
                if word % PackedRows.wordsOfHeader == 0 {
                    header = next.loadUnaligned(as: UInt32.self)
                    next += PackedRows.headerSize
                }
                let byteCount = UInt64(header & 0xF)
                header >>= 4
                let mask = ((1 &<< (byteCount &* 4)) &<< (byteCount &* 4)) &- 1
                let bytes = next.loadUnaligned(as: UInt64.self) & mask
                next += Int(truncatingIfNeeded: byteCount)
                if word < PackedRows.wordCount - 1 || PackedRows.lastByteCount == 8 {
                    target.storeBytes(of: bytes, toByteOffset: word &* 8, as: UInt64.self)
                } else {
                    for byte in 0..<PackedRows.lastByteCount {
                        target.storeBytes(
                            of: UInt8(truncatingIfNeeded: bytes &>> UInt64(truncatingIfNeeded: byte &* 8)),
                            toByteOffset: word &* 8 &+ byte, as: UInt8.self)
                    }
                }
                word &+= 1
            }
        }
    }
}

/// Where rows are packed, before they are given memory of their own.
@usableFromInline struct RowPacker<Row>: ~Copyable {
    @usableFromInline var start: UnsafeMutableRawPointer
    @usableFromInline var capacity = 64
    @usableFromInline var next: UnsafeMutableRawPointer

    @inlinable init() {
        start = TableMemory.take(byteCount: 64)
        next = start
    }

    @inlinable deinit { TableMemory.give(start, byteCount: capacity) }

    /// Makes room for so many rows, which follow.
    @inlinable mutating func begin(_ rowCount: Int) {
        let wanted = rowCount * PackedRows<Row>.mostBytes
        if wanted > capacity {
            TableMemory.give(start, byteCount: capacity)
            capacity = wanted + wanted / 8
            start = TableMemory.take(byteCount: capacity)
        }
        next = start
    }

    /// Packs a row that lies in memory of a whole stride, as those of an array do: its padding is read with it.
    @inlinable @inline(__always)
    mutating func append(_ row: UnsafeMutablePointer<Row>) {
        let source = UnsafeRawPointer(row)
        var (word, header, headerPlace) = (0, UInt32.zero, next)
        while word < PackedRows<Row>.wordCount {
            let place = word % PackedRows<Row>.wordsOfHeader
            if place == 0 {
                (header, headerPlace) = (0, next)
                next += PackedRows<Row>.headerSize
            }
            var bytes: UInt64 = 0
            if word < PackedRows<Row>.wordCount - 1 || PackedRows<Row>.lastByteCount == 8 {
                bytes = source.loadUnaligned(fromByteOffset: word &* 8, as: UInt64.self)
            } else {
                for byte in 0..<PackedRows<Row>.lastByteCount {
                    bytes |=
                        UInt64(source.load(fromByteOffset: word &* 8 &+ byte, as: UInt8.self)) &<< UInt64(byte &* 8)
                }
            }
            let byteCount = (71 &- bytes.leadingZeroBitCount) &>> 3
            header |= UInt32(truncatingIfNeeded: byteCount) &<< UInt32(truncatingIfNeeded: place &* 4)
            headerPlace.storeBytes(of: header, as: UInt32.self)
            next.storeBytes(of: bytes, as: UInt64.self)
            next += byteCount
            word &+= 1
        }
    }

    /// What was packed since ``begin(_:)``, in memory of its own.
    @inlinable mutating func finish(_ rowCount: Int, in memory: SliceMemory) -> PackedRows<Row> {
        var rows = PackedRows<Row>()
        let used = next - start
        rows.byteCount = used + PackedRows<Row>.slack
        rows.count = rowCount
        let block = memory.take(byteCount: rows.byteCount)
        block.copyMemory(from: start, byteCount: used)
        (block + used).initializeMemory(as: UInt8.self, repeating: 0, count: PackedRows<Row>.slack)
        rows.block = block
        rows.memory = memory
        return rows
    }
}
