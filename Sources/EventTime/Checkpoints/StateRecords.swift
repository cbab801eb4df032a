/// A value whose encoded bytes are always equally many: many of them can be written as records.
public protocol StateRecord: StateValue {}

extension Int8: StateRecord {}
extension Int16: StateRecord {}
extension Int32: StateRecord {}
extension Int64: StateRecord {}
extension UInt8: StateRecord {}
extension UInt16: StateRecord {}
extension UInt32: StateRecord {}
extension UInt64: StateRecord {}

/// The bytes of a sequence of records: their count (u64) and the bytes of one (u32; 0 where there is none), then blocks
/// of `blockCount(width:)` records, fewer in the last. A block holds the first byte of each of its records, then the
/// second of each, and so on.
public struct StateRecords: Sendable {
    public let count: Int
    /// 0 where they are not written as records.
    @usableFromInline let width: Int

    @usableFromInline init(count: Int, width: Int) {
        self.count = count
        self.width = width
    }

    /// The longest record there may be, in bytes.
    static var greatestWidth: Int { 4096 }

    /// Records in a block: as many as fit into 256 KiB, at most 1024.
    @usableFromInline static func blockCount(width: Int) -> Int { min(1024, StateEncoder.chunkSize / width) }
}

extension StateEncoder {
    /// Writes `count` records, which `encodeNext` encodes one by one, each with as many bytes as the first.
    @inlinable public mutating func encodeRecords(_ count: Int, _ encodeNext: (inout StateEncoder) -> Void) {
        encode(UInt64(count))
        guard count > 0 else { return encode(UInt32(0)) }
        var rows = StateEncoder.ofRows()
        encodeNext(&rows)
        let width = rows.used
        encode(UInt32(width))
        let blockCount = StateRecords.blockCount(width: width)
        var (written, inBlock) = (0, 1)
        while written < count {
            let wanted = min(count - written, blockCount)
            while inBlock < wanted {
                encodeNext(&rows)
                inBlock += 1
            }
            encodeBlock(&rows, count: wanted, width: width)
            written += wanted
            inBlock = 0
        }
    }

    /// An encoder whose chunk collects the rows of one block and is never handed on.
    @usableFromInline static func ofRows() -> StateEncoder {
        StateEncoder(chunkSize: chunkSize) { _ in preconditionFailure("records of different lengths") }
    }

    /// Writes rows as planes, and empties them.
    @usableFromInline mutating func encodeBlock(_ rows: inout StateEncoder, count: Int, width: Int) {
        precondition(rows.used == count * width && width <= StateRecords.greatestWidth, "records of one length")
        defer { rows.used = 0 }
        guard let start = rows.chunk.baseAddress else { return }
        if rows.used <= chunk.count {
            if used + rows.used > chunk.count { handOn() }
            guard let room = chunk.baseAddress else { return }
            BytePlanes.transpose(start, rows: count, columns: width, to: room + used)
            used += rows.used
        } else {
            let planes = UnsafeMutableRawBufferPointer.allocate(byteCount: rows.used, alignment: 16)
            defer { planes.deallocate() }
            if let room = planes.baseAddress { BytePlanes.transpose(start, rows: count, columns: width, to: room) }
            encode(bytes: UnsafeRawBufferPointer(planes))
        }
    }
}

extension StateDecoder {
    /// Reads how many records follow: never more than can.
    public mutating func decodeRecords() throws(StateError) -> StateRecords {
        let count = try decode(UInt64.self)
        guard hasRecords else {
            guard count <= remaining else { throw invalid("\(count) values do not fit into \(remaining) bytes") }
            return StateRecords(count: Int(count), width: 0)
        }
        let width = Int(try decode(UInt32.self))
        guard count > 0 else {
            guard width == 0 else { throw invalid("no records of \(width) bytes") }
            return StateRecords(count: 0, width: 0)
        }
        guard 1...StateRecords.greatestWidth ~= width else { throw invalid("records of \(width) bytes") }
        guard count <= remaining / UInt64(width) else {
            throw invalid("\(count) records of \(width) bytes do not fit into \(remaining) bytes")
        }
        return StateRecords(count: Int(count), width: width)
    }

    /// Reads the records: `decodeNext` is called for each.
    @inlinable public mutating func decode(
        _ records: StateRecords, _ decodeNext: (inout StateDecoder) throws(StateError) -> Void
    ) throws(StateError) {
        guard records.width > 0 else {
            for _ in 0..<records.count { try decodeNext(&self) }
            return
        }
        let blockCount = StateRecords.blockCount(width: records.width)
        var rows = StateDecoder([], version: version)
        var left = records.count
        while left > 0 {
            let inBlock = min(left, blockCount)
            try takeRows(inBlock, width: records.width, into: &rows)
            for _ in 0..<inBlock {
                let expected = rows.position + records.width
                try decodeNext(&rows)
                guard rows.position == expected else {
                    throw rows.invalid("a record of \(records.width) bytes has another length")
                }
            }
            left -= inBlock
        }
    }
}
