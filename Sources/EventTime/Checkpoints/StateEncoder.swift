/// Writes state as bytes: fixed-width little-endian integers, and sequences behind their count.
///
/// Bytes are handed on in chunks as they come, so state of any size passes through a buffer of fixed size. Where the
/// sink fails, what follows is dropped and ``finish()`` throws the failure: encoders of values need not throw.
public struct StateEncoder: ~Copyable {
    /// Takes the next chunk. Throws what went wrong with it; it is not called again after that.
    public typealias Sink = (_ chunk: UnsafeRawBufferPointer) throws -> Void

    /// A chunk's size in bytes, but for the last one of a stream.
    public static var chunkSize: Int { 1 << 18 }

    @usableFromInline let chunk: UnsafeMutableRawBufferPointer
    @usableFromInline var used = 0
    private let sink: Sink
    private var failure: (any Error)?
    private var handedOn: UInt64 = 0

    public init(sink: @escaping Sink) { self.init(chunkSize: Self.chunkSize, sink: sink) }

    init(chunkSize: Int, sink: @escaping Sink) {
        self.sink = sink
        chunk = .allocate(byteCount: chunkSize, alignment: 16)
    }

    deinit { chunk.deallocate() }

    /// The bytes of the values that `body` encodes.
    public static func bytes(_ body: (inout StateEncoder) -> Void) -> [UInt8] {
        let collected = Collected()
        // Often only a few bytes: no large chunk for them.
        var encoder = StateEncoder(chunkSize: 1 << 10) { collected.bytes.append(contentsOf: $0) }
        body(&encoder)
        encoder.handOn()
        return collected.bytes
    }

    private final class Collected {
        var bytes: [UInt8] = []
    }

    /// Bytes encoded so far.
    public var byteCount: UInt64 { handedOn + UInt64(used) }

    /// Hands on what is left. Throws what the sink threw.
    public mutating func finish() throws {
        handOn()
        if let failure { throw failure }
    }

    @inlinable @inline(__always)
    public mutating func encode<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
        if used + MemoryLayout<Value>.size > chunk.count { handOn() }
        chunk.storeBytes(of: value.littleEndian, toByteOffset: used, as: Value.self)
        used += MemoryLayout<Value>.size
    }

    /// Bytes as they are, without their count.
    public mutating func encode(bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if used == chunk.count { handOn() }
            let part = rest.prefix(chunk.count - used)
            UnsafeMutableRawBufferPointer(rebasing: chunk[used...]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: part))
            used += part.count
            rest = rest.dropFirst(part.count)
        }
    }

    @usableFromInline mutating func handOn() {
        guard used > 0 else { return }
        if failure == nil {
            do {
                try sink(UnsafeRawBufferPointer(rebasing: chunk[..<used]))
            } catch {
                failure = error
            }
        }
        handedOn += UInt64(used)
        used = 0
    }
}
