import TestSupport
import Testing

@testable import EventTime

@Suite("Copying into an image")
struct ImageCopyTests {
    /// Bytes at an address that is a multiple of 64, and `offset` more.
    private func withBytes(_ count: Int, at offset: Int, _ body: (UnsafeMutableRawBufferPointer) -> Void) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count + offset + 64, alignment: 64)
        defer { memory.deallocate() }
        memory.copyBytes(from: repeatElement(0xEE, count: memory.count))
        body(UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + count]))
        #expect(memory[..<offset].allSatisfy { $0 == 0xEE }, "what is before it stays")
        #expect(memory[(offset + count)...].allSatisfy { $0 == 0xEE }, "and what is behind it")
    }

    @Test("copies every byte and no other, wherever they lie", arguments: [0, 4, 16, 63], [0, 4, 1])
    func everyByte(targetOffset: Int, sourceOffset: Int) {
        var random = SeededRandom(seed: 7)
        for count in Array(0...700) + [4096, 8192, 8191, 10_000] {
            withBytes(count, at: sourceOffset) { source in
                for index in source.indices { source[index] = UInt8.random(in: 0...255, using: &random) }
                withBytes(count, at: targetOffset) { target in
                    guard let from = source.baseAddress, let to = target.baseAddress else { return }
                    ImageCopy.copy(from, to: to, byteCount: count)
                    ImageCopy.publish()
                    #expect(target.elementsEqual(source), "\(count) bytes")
                }
            }
        }
    }

    @Test("says which elements were others", arguments: [1, 4, 12, 16, 40, 104, 128])
    func comparing(stride: Int) {
        var random = SeededRandom(seed: UInt64(stride))
        for count in 1...64 {
            withBytes(count * stride, at: 0) { source in
                withBytes(count * stride, at: 0) { target in
                    guard let from = source.baseAddress, let to = target.baseAddress else { return }
                    var expected: UInt64 = 0
                    for index in 0..<count where random.oneIn(3) {
                        source[index * stride + Int.random(in: 0..<stride, using: &random)] = 0x11
                        expected |= 1 << UInt64(index)
                    }
                    #expect(ImageCopy.copyComparing(from, to: to, count: count, stride: stride) == expected)
                    #expect(target.elementsEqual(source))
                }
            }
        }
    }
}
