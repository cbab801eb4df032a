/// Why a parser stopped.
enum ParseStop {
    /// The batch is full.
    case batchFull
    /// The next packet is later than was asked for; its time.
    case later(Int64)
    /// The next record needs this many unread bytes; its header this many of them.
    case needs(Int, header: Int)
    case damage(CaptureDamage)
}

/// How far a parser may go.
struct ParseLimits {
    /// Packets that the batch may hold.
    var count: Int
    /// The latest time that may be delivered; untimed packets always are.
    var time: Int64
}

/// Finds the packets in a capture's bytes. Called once per batch: the loop over packets is inside.
protocol RecordParser {
    /// Packets delivered so far.
    var packets: UInt64 { get }

    /// Adds the packets in `bytes`, from `consumed` on, to the batch; `consumed` grows by what was read.
    mutating func parse(
        _ bytes: UnsafeRawBufferPointer, consumed: inout Int, into batch: PacketBatch, limits: ParseLimits
    ) -> ParseStop

    /// Passes over records up to `limit` bytes, counting packets and heeding all else; `consumed` grows by what was
    /// passed over. `nil` where the limit is reached, or a record reaches beyond it.
    mutating func skim(_ bytes: UnsafeRawBufferPointer, consumed: inout Int, limit: Int) -> ParseStop?
}

extension RawSpan {
    /// The unaligned integer at an offset, in host order; bounds are checked.
    @inline(__always)
    func integer<T: FixedWidthInteger & BitwiseCopyable>(at offset: Int, swapped: Bool) -> T {
        // Any bits make a valid integer.
        let value = unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
        return swapped ? value.byteSwapped : value
    }

    /// Four unaligned numbers of 32 bits, in host order; bounds are checked once.
    @inline(__always)
    func fourNumbers(at offset: Int, swapped: Bool) -> SIMD4<UInt32> {
        let numbers = unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD4<UInt32>.self)
        guard swapped else { return numbers }
        return SIMD4(numbers.x.byteSwapped, numbers.y.byteSwapped, numbers.z.byteSwapped, numbers.w.byteSwapped)
    }
}

/// The longest capture of one packet that is taken for sane: libpcap's limits, which Wireshark shares. A record
/// that claims more is damaged.
func longestCapture(linkType: UInt32) -> UInt32 {
    switch linkType {
    // D-Bus messages and USB transfers.
    case 189, 220, 231, 249: 128 * 1024 * 1024
    // Elektrobit's high speed capture and replay.
    case 279: 8 * 1024 * 1024
    default: 256 * 1024
    }
}
