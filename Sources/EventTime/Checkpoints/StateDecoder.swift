/// Why bytes are not the state they should be.
public enum StateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bytes end inside a value, at `offset`.
    case endsEarly(offset: UInt64)
    /// A value lies outside what its type or its neighbours allow.
    case invalid(String, offset: UInt64)
    /// More bytes follow than the state has, from `offset`.
    case endsLate(offset: UInt64)
    /// The bytes hold keyed state in another form than the one declared.
    case incompatible(state: String, reason: String)
    /// The bytes could not be had.
    case unreadable(String)

    public var description: String {
        switch self {
        case .endsEarly(let offset): "the state ends early, at byte \(offset)"
        case .invalid(let reason, let offset): "\(reason), before byte \(offset)"
        case .endsLate(let offset): "bytes follow the state, from byte \(offset)"
        case .incompatible(let state, let reason): "the state '\(state)' \(reason)"
        case .unreadable(let reason): reason
        }
    }
}

/// Reads what a ``StateEncoder`` wrote. Trusts nothing: counts are checked against what is left before anything is
/// allocated for them, and values against their types.
public struct StateDecoder: ~Copyable {
    /// Gives the next bytes; an empty array at the end.
    public typealias Source = () throws(StateError) -> [UInt8]

    private let source: Source
    @usableFromInline var chunk: [UInt8]
    @usableFromInline var position = 0
    private var passed: UInt64 = 0
    /// Bytes that all chunks together hold, as the source's owner has verified.
    private let byteCount: UInt64
    /// Whether what is written as records stands there as such. It did not in the first form of state, where one value
    /// came after another.
    public let hasRecords: Bool
    /// The number that whoever wrote the state has given its form, for values whose form has changed.
    public let version: UInt32

    /// A decoder of `byteCount` bytes that come in chunks.
    public init(byteCount: UInt64, hasRecords: Bool = true, version: UInt32 = .max, source: @escaping Source) {
        self.byteCount = byteCount
        self.version = version
        self.hasRecords = hasRecords
        self.source = source
        chunk = []
    }

    public init(_ bytes: [UInt8], hasRecords: Bool = true, version: UInt32 = .max) {
        self.version = version
        byteCount = UInt64(bytes.count)
        self.hasRecords = hasRecords
        chunk = bytes
        source = { () throws(StateError) in [] }
    }

    /// Bytes read so far.
    public var offset: UInt64 { passed + UInt64(position) }

    /// Bytes not yet read.
    public var remaining: UInt64 { byteCount > offset ? byteCount - offset : 0 }

    /// The error of a value, just read, that must not be.
    public func invalid(_ reason: String) -> StateError { .invalid(reason, offset: offset) }

    /// Throws ``StateError/endsLate(offset:)`` where something is left.
    public mutating func finish() throws(StateError) {
        while position == chunk.count {
            passed += UInt64(chunk.count)
            position = 0
            chunk = try source()
            if chunk.isEmpty { return }
        }
        throw .endsLate(offset: offset)
    }

    @inlinable @inline(__always)
    public mutating func decode<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type = Value.self)
        throws(StateError) -> Value
    {
        let size = MemoryLayout<Value>.size
        if chunk.count - position < size { try gather(size) }
        let value = chunk.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: Value.self) }
        position += size
        return Value(littleEndian: value)
    }

    /// The count of a sequence whose elements take at least `elementSize` bytes each: never more than can follow.
    public mutating func decodeCount(elementSize: Int) throws(StateError) -> Int {
        let count = try decode(UInt64.self)
        guard count <= remaining / UInt64(max(1, elementSize)) else {
            throw invalid("a sequence of \(count) does not fit into \(remaining) bytes")
        }
        return Int(count)
    }

    /// The next `count` bytes, as they are.
    public mutating func decodeBytes(_ count: Int) throws(StateError) -> [UInt8] {
        guard count >= 0, UInt64(count) <= remaining else { throw .endsEarly(offset: offset) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            if position == chunk.count { try gather(1) }
            let part = chunk[position...].prefix(count - bytes.count)
            bytes += part
            position += part.count
        }
        return bytes
    }

    /// Reads a block of records, and gives their bytes to `rows`, one record after another.
    @usableFromInline mutating func takeRows(
        _ count: Int, width: Int, into rows: inout StateDecoder
    ) throws(StateError) {
        let byteCount = count * width
        let start = offset
        let planes = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 16)
        defer { planes.deallocate() }
        var filled = 0
        while filled < byteCount {
            if position == chunk.count { try gather(1) }
            let part = min(chunk.count - position, byteCount - filled)
            chunk.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: planes[filled...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + part]))
            }
            position += part
            filled += part
        }
        rows.hold(planes, rows: count, columns: width, at: start)
    }

    /// Takes up a block's bytes, which began at `start`: what is wrong in them is told as if they were one record after
    /// another.
    private mutating func hold(_ planes: UnsafeMutableRawBufferPointer, rows: Int, columns: Int, at start: UInt64) {
        if chunk.count != planes.count { chunk = [UInt8](repeating: 0, count: planes.count) }
        chunk.withUnsafeMutableBytes { bytes in
            guard let source = planes.baseAddress, let target = bytes.baseAddress else { return }
            BytePlanes.transpose(source, rows: columns, columns: rows, to: target)
        }
        position = 0
        passed = start
    }

    /// Brings `size` bytes together in one chunk.
    @usableFromInline mutating func gather(_ size: Int) throws(StateError) {
        var rest = Array(chunk[position...])
        passed += UInt64(position)
        position = 0
        while rest.count < size {
            let more = try source()
            guard !more.isEmpty else {
                chunk = rest
                throw .endsEarly(offset: passed + UInt64(rest.count))
            }
            rest = rest.isEmpty ? more : rest + more
        }
        chunk = rest
    }
}
