import Capture
import TestSupport
import Testing

@Suite("A classic pcap file")
struct PcapTests {
    @Test(
        "is read in each variant and byte order", arguments: PcapBuilder.Variant.allCases, ByteOrder.allCases)
    func variants(variant: PcapBuilder.Variant, order: ByteOrder) throws {
        var capture = PcapBuilder(variant, order: order, linkType: 113)
        capture.packet(seconds: 1_700_000_000, fraction: 123_456, [1, 2, 3], original: 1500)
        capture.packet(seconds: 1_700_000_001, [4])
        let (result, _) = try read(bytes: capture.bytes)

        let unit: Int64 = variant == .nanoseconds ? 1 : 1000
        #expect(result.timestamps == [1_700_000_000_000_000_000 + 123_456 * unit, 1_700_000_001_000_000_000])
        #expect(result.packets.map(\.bytes) == [[1, 2, 3], [4]])
        #expect(result.records.map(\.originalLength) == [1500, 1])
        #expect(result.records.map(\.number) == [1, 2])
        #expect(result.records.allSatisfy { $0.linkType.rawValue == 113 && $0.isTimed && $0.interface == 0 })
        #expect(result.errors.isEmpty)
    }

    @Test("has seconds of 32 unsigned bits, up to 2106")
    func lastSecond() throws {
        var capture = PcapBuilder(.nanoseconds)
        capture.packet(seconds: .max, fraction: 999_999_999, [])
        #expect(try read(bytes: capture.bytes).result.timestamps == [4_294_967_295_999_999_999])
    }

    @Test(
        "gives no time to a packet whose fraction is a second or more",
        arguments: [PcapBuilder.Variant.microseconds: 1_000_000, .nanoseconds: 1_000_000_000] as [_: UInt32])
    func impossibleFraction(variant: PcapBuilder.Variant, second: UInt32) throws {
        var capture = PcapBuilder(variant)
        for fraction in [second - 1, second, .max] { capture.packet(seconds: 5, fraction: fraction, []) }
        #expect(try read(bytes: capture.bytes).result.records.map(\.isTimed) == [true, false, false])
    }

    @Test("may say in its link type how long the frames' checksum is")
    func checksumLength() throws {
        var capture = PcapBuilder(linkType: 0x5400_0001)
        capture.packet(seconds: 0, [])
        #expect(try read(bytes: capture.bytes).result.records.first?.linkType == .ethernet)
    }

    @Test("may have any snapshot length in its header", arguments: [0, 1, 0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32])
    func snapshotLength(length: UInt32) throws {
        var capture = PcapBuilder(snapshotLength: length)
        capture.packet(seconds: 0, [UInt8](repeating: 7, count: 3000))
        let (result, messages) = try read(bytes: capture.bytes)
        #expect(result.packets.first?.bytes.count == 3000)
        #expect(messages.isEmpty)
    }

    @Test("may hold packets of no bytes, and ones longer than they were on the wire")
    func oddLengths() throws {
        var capture = PcapBuilder()
        capture.packet(seconds: 0, [])
        capture.packet(seconds: 0, [1, 2, 3, 4], original: 2)
        capture.packet(seconds: 0, [], original: .max)
        let (result, _) = try read(bytes: capture.bytes)
        #expect(result.records.map(\.capturedLength) == [0, 4, 0])
        #expect(result.records.map(\.originalLength) == [0, 2, .max])
    }

    @Test(
        "has its two lengths in the other order before version 2.3",
        arguments: [(2, 2), (543, 0), (2, 3)] as [(UInt16, UInt16)])
    func oldVersions(major: UInt16, minor: UInt16) throws {
        var capture = PcapBuilder(version: (major, minor))
        capture.packet(seconds: 0, [1, 2], captured: 60, original: 2)
        let record = try #require(try read(bytes: capture.bytes).result.records.first)
        #expect(record.capturedLength == 2)
        #expect(record.originalLength == 60)
    }

    @Test("of an unknown version is refused", arguments: [(1, 4), (2, 5), (3, 0), (543, 1)] as [(UInt16, UInt16)])
    func unknownVersion(major: UInt16, minor: UInt16) throws {
        let (result, messages) = try read(bytes: PcapBuilder(version: (major, minor)).bytes)
        #expect(messages == ["a.pcap: packet 1, byte 0: unsupported version \(major).\(minor) of the format"])
        #expect(result.errors.map(\.category) == [.damaged])
    }

    @Test("without packets is fine")
    func headerOnly() throws {
        let (result, messages) = try read(bytes: PcapBuilder().bytes)
        #expect(result.packets.isEmpty && messages.isEmpty)
    }

    @Test("that claims an absurd captured length is damaged; what precedes it is delivered")
    func absurdLength() throws {
        var capture = PcapBuilder()
        capture.packet(seconds: 0, [1])
        capture.packet(seconds: 0, [2], captured: 0xFFFF_FFF0)
        let (result, messages) = try read(bytes: capture.bytes)
        #expect(result.packets.map(\.bytes) == [[1]])
        #expect(
            messages == [
                "a.pcap: packet 2, byte 41: captured length of 4294967280 bytes; at most 262144 are possible"
            ])
    }

    @Test("that ends within a packet says how much is missing")
    func cutRecord() throws {
        var capture = PcapBuilder()
        capture.packet(seconds: 0, [1])
        capture.packet(seconds: 0, [UInt8](repeating: 0, count: 12), captured: 60)
        let (_, messages) = try read(bytes: capture.bytes)
        #expect(messages == ["a.pcap: packet 2, byte 41: truncated record: 60 bytes claimed, 12 left"])
    }

    @Test("cut off anywhere gives the whole packets before the cut, and an error unless it is between two")
    func everyTruncation() throws {
        var capture = PcapBuilder()
        var ends = [capture.bytes.count]
        for size in [0, 5, 40] {
            capture.packet(seconds: 9, [UInt8](repeating: 1, count: size))
            ends.append(capture.bytes.count)
        }
        for length in 0..<capture.bytes.count {
            let (result, messages) = try read(bytes: Array(capture.bytes[..<length]))
            #expect(result.packets.count == ends.dropFirst().count { $0 <= length }, "cut at \(length)")
            #expect(messages.isEmpty == ends.contains(length), "cut at \(length): \(messages)")
        }
    }

    @Test("larger than the read buffer is read across its seams")
    func manyChunks() throws {
        var capture = PcapBuilder()
        var sizes: [Int] = []
        for index in 0..<400 {
            let size = index * 7919 % 9000 + (index == 200 ? 250_000 : 0)
            sizes.append(size)
            capture.packet(seconds: UInt32(index), [UInt8](repeating: UInt8(index & 0xFF), count: size))
        }
        let (result, messages) = try read(bytes: capture.bytes)
        #expect(messages.isEmpty)
        #expect(result.packets.map(\.bytes.count) == sizes)
        for (index, packet) in result.packets.enumerated() {
            #expect(packet.bytes.allSatisfy { $0 == UInt8(index & 0xFF) }, "packet \(index + 1)")
        }
    }
}
