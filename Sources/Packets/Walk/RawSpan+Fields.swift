/// Fields of headers: big-endian ("network order") unless the name says otherwise.
///
/// On the path of every packet, readers first extract their header, of fixed length: its bounds are checked
/// once, and loads at fixed offsets within it need no check of their own.
extension RawSpan {
    @inlinable @inline(__always) func byte(at offset: Int) -> UInt8 { load(at: offset) }
    @inlinable @inline(__always) func uint16(at offset: Int) -> UInt16 { UInt16(bigEndian: load(at: offset)) }
    @inlinable @inline(__always) func uint32(at offset: Int) -> UInt32 { UInt32(bigEndian: load(at: offset)) }
    @inlinable @inline(__always) func uint64(at offset: Int) -> UInt64 { UInt64(bigEndian: load(at: offset)) }
    @inline(__always) func littleEndian16(at offset: Int) -> UInt16 { UInt16(littleEndian: load(at: offset)) }
    @inline(__always) func littleEndian32(at offset: Int) -> UInt32 { UInt32(littleEndian: load(at: offset)) }

    /// The 24-bit number at `offset`, as network identifiers and organisation codes are written.
    @inline(__always) func uint24(at offset: Int) -> UInt32 {
        UInt32(uint16(at: offset)) << 8 | UInt32(byte(at: offset + 2))
    }

    @inlinable @inline(__always) func ipv6Address(at offset: Int) -> IPAddress {
        IPAddress(high: uint64(at: offset), low: uint64(at: offset + 8))
    }

    @inlinable @inline(__always) func load<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> T {
        // Safe: the load checks its bounds, and any bits make a valid integer.
        unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
    }
}
