import Capture
import TestSupport
import Testing

@Suite("A compressed capture")
struct CompressionTests {
    /// A capture larger than the buffers, not too easy to compress.
    static let capture: [UInt8] = {
        var capture = PcapBuilder()
        var state: UInt64 = 1
        for index in 0..<3000 {
            var bytes: [UInt8] = []
            for _ in 0..<600 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(UInt8(truncatingIfNeeded: state >> 58))
            }
            capture.packet(seconds: UInt32(index), bytes)
        }
        return capture.bytes
    }()

    /// Options for blocks of which the capture needs many: a block comes out whole or not at all.
    private func smallBlocks(_ format: CompressionFormat) -> [String] { format == .lz4 ? ["-B4"] : [] }

    @Test("is read like the one it was made of", arguments: installedCompressors)
    func whole(format: CompressionFormat) throws {
        let plain = try read(bytes: Self.capture).result
        let (packed, messages) = try read(bytes: compress(Self.capture, format))
        #expect(messages.isEmpty)
        #expect(plain.packets == packed.packets)
    }

    @Test("may consist of several members or frames, one after the other", arguments: installedCompressors)
    func concatenated(format: CompressionFormat) throws {
        let cuts = [0, 10, 24, 500_000, 500_001, Self.capture.count]
        var bytes: [UInt8] = []
        for (start, end) in zip(cuts, cuts.dropFirst()) {
            bytes += try compress(Array(Self.capture[start..<end]), format)
        }
        let (result, messages) = try read(bytes: bytes)
        #expect(messages.isEmpty)
        #expect(result.packets.count == 3000)
    }

    @Test(
        "cut off gives what precedes the cut, then an error with the place in the file",
        arguments: installedCompressors)
    func truncated(format: CompressionFormat) throws {
        let bytes = try compress(Self.capture, format, smallBlocks(format))
        let (result, messages) = try read(bytes: Array(bytes[..<(bytes.count / 2)]))
        #expect((1000..<2000).contains(result.packets.count))
        let next = result.packets.count + 1
        #expect(
            messages == [
                "a.pcap: packet \(next), compressed byte \(bytes.count / 2): \(format.rawValue): "
                    + "the compressed data end too early"
            ])
        #expect(result.errors.map(\.category) == [.damaged])
    }

    @Test(
        "with damage in the middle gives what precedes it, then the library's words",
        arguments: installedCompressors)
    func damaged(format: CompressionFormat) throws {
        var bytes = try compress(Self.capture, format, smallBlocks(format))
        // The middle of a block of literals may survive in a format without checksums: spoil a long stretch.
        let middle = bytes.count / 2
        for index in middle..<middle + 150_000 { bytes[index] = 0xFF }
        let (result, messages) = try read(bytes: bytes)
        #expect((1...2500).contains(result.packets.count))
        #expect(messages.count == 1)
        #expect(result.errors.map(\.category) == [.damaged])
    }

    @Test("followed by something else is damaged, but zeros behind gzip are padding")
    func trailing() throws {
        var capture = PcapBuilder()
        capture.packet(seconds: 1, [1])
        for format in installedCompressors {
            let bytes = try compress(capture.bytes, format)
            let (result, messages) = try read(bytes: bytes + Array("garbage".utf8))
            #expect(result.packets.count == 1)
            #expect(messages.count == 1, "\(format)")
        }
        let padded = try compress(capture.bytes, .gzip) + [UInt8](repeating: 0, count: 1000)
        #expect(try read(bytes: padded).messages.isEmpty)
    }

    @Test("that needs a window of more than 128 MiB is refused", .enabled(if: installedCompressors.contains(.zstd)))
    func windowBomb() throws {
        // A frame header that asks for a window of 2 GiB (RFC 8878, section 3.1.1.1.2), and an empty last block.
        let (_, messages) = try read(bytes: [0x28, 0xB5, 0x2F, 0xFD, 0x00, 21 << 3, 0x01, 0x00, 0x00])
        #expect(messages.count == 1)
        #expect(messages.first?.contains("memory") == true, "\(messages)")
    }

    @Test("of nothing is an empty file", arguments: installedCompressors)
    func empty(format: CompressionFormat) throws {
        #expect(try read(bytes: compress([], format)).messages == ["a.pcap: empty file"])
    }

    @Test("cut off anywhere never crashes", arguments: installedCompressors)
    func everyTruncation(format: CompressionFormat) throws {
        var capture = PcapBuilder()
        for index in 0..<5 { capture.packet(seconds: UInt32(index), [1, 2, 3]) }
        let bytes = try compress(capture.bytes, format)
        for length in 1..<bytes.count {
            #expect(try read(bytes: Array(bytes[..<length])).messages.count == 1, "cut at \(length)")
        }
    }
}
