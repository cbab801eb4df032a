internal import CChecksum
internal import CZlib

/// The CRC-32 of zlib, gzip and Ethernet (polynomial 0x04C11DB7, reflected), taken piece by piece.
public struct Checksum: Sendable {
    public private(set) var value: UInt32 = 0

    public init() {}

    /// Whether this processor folds many bytes into few.
    private static let canFold = tidemark_can_fold_crc32() != 0

    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        let folded = Self.canFold ? bytes.count / 64 * 64 : 0
        if folded > 0 {
            var remainder: (UInt64, UInt64) = (0, 0)
            withUnsafeMutableBytes(of: &remainder) { sixteen in
                // zlib keeps the register's complement.
                tidemark_fold_crc32(~value, bytes.baseAddress, folded, sixteen.baseAddress)
                value = .max
                addByZlib(UnsafeRawBufferPointer(sixteen))
            }
        }
        addByZlib(UnsafeRawBufferPointer(rebasing: bytes[folded...]))
    }

    private mutating func addByZlib(_ bytes: UnsafeRawBufferPointer) {
        // For no bytes at no address zlib gives the checksum to begin with.
        guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return }
        value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), start, z_size_t(bytes.count)))
    }

    /// As if the bytes that `next` has seen, `byteCount` of them, had been added here.
    mutating func add(_ next: Checksum, byteCount: UInt64) {
        value = UInt32(truncatingIfNeeded: crc32_combine(UInt(value), UInt(next.value), Int(byteCount)))
    }

    static func of(_ bytes: some Collection<UInt8>) -> UInt32 {
        var checksum = Checksum()
        Array(bytes).withUnsafeBytes { checksum.add($0) }
        return checksum.value
    }

    /// Eight lower-case hexadecimal digits.
    static func text(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
