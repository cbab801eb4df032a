/// Random bytes, drawn once; a payload is some stretch of them.
struct Payloads: ~Copyable {
    private static let size = 1 << 16
    private let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 8)

    init(_ random: inout RandomSource) {
        for offset in stride(from: 0, to: Self.size, by: 8) {
            bytes.storeBytes(of: random.next().littleEndian, toByteOffset: offset, as: UInt64.self)
        }
    }

    deinit { bytes.deallocate() }

    /// `count` of the bytes, at most half of them; valid as long as the payloads.
    func draw(_ count: Int, _ random: inout RandomSource) -> UnsafeRawBufferPointer {
        let start = random.below(Self.size / 2)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
    }
}
