import Capture
import TestSupport
import Testing

@Suite("A pcapng file")
struct PcapngTests {
    @Test("holds enhanced, simple and obsolete packets, in either byte order", arguments: ByteOrder.allCases)
    func packets(order: ByteOrder) throws {
        var capture = PcapngBuilder(order: order)
        capture.interface(linkType: 1, snapshotLength: 4)
        capture.packet(time: 1_000_001, [1, 2, 3, 4, 5], original: 99, options: [(1, Array("comment".utf8))])
        capture.simplePacket([6, 7, 8, 9], original: 1000)
        capture.obsoletePacket(time: 2_000_000, [10])
        let (result, messages) = try read(bytes: capture.bytes)
        #expect(messages.isEmpty)
        #expect(result.packets.map(\.bytes) == [[1, 2, 3, 4, 5], [6, 7, 8, 9], [10]])
        #expect(result.records.map(\.originalLength) == [99, 1000, 1])
        #expect(result.records.map(\.isTimed) == [true, false, true])
        #expect(result.timestamps == [1_000_001_000, 0, 2_000_000_000])
    }

    @Test("mixes link types and clocks, and counts interfaces through its sections")
    func interfaces() throws {
        var capture = PcapngBuilder()
        capture.interface(linkType: 1)
        capture.interface(linkType: 113, resolution: 9)
        capture.packet(interface: 1, time: 5, [1])
        capture.section(order: .big)
        capture.interface(linkType: 101, snapshotLength: 96)
        capture.packet(interface: 0, time: 6, [2])
        let (result, messages) = try read(bytes: capture.bytes)
        #expect(messages.isEmpty)
        #expect(result.records.map(\.linkType.rawValue) == [113, 101])
        #expect(result.records.map(\.interface) == [1, 2])
        #expect(result.timestamps == [5, 6000])
    }

    /// Resolution, offset in seconds, units, and the nanoseconds they are; `nil`: 64 bits cannot hold them.
    static let clocks: [(UInt8?, Int64?, UInt64, Int64?)] = [
        (nil, nil, 1_700_000_000_123_456, 1_700_000_000_123_456_000),
        (0, nil, 4_294_967_296, 4_294_967_296_000_000_000),
        (3, nil, 1_700_000_000_123, 1_700_000_000_123_000_000),
        (9, nil, 9_223_372_036_854_775_807, .max),
        (9, nil, 9_223_372_036_854_775_808, nil),
        (12, nil, 1_999_999, 1999),
        (19, nil, .max, 1_844_674_407),
        (28, nil, .max, 1),
        (29, nil, .max, 0),
        (127, nil, .max, 0),
        (0x80 | 10, nil, 1025, 1_000_976_562),
        (0x80 | 32, nil, 1_700_000_000 << 32 | 1 << 31, 1_700_000_000_500_000_000),
        (0x80 | 64, nil, .max, 999_999_999),
        (0x80 | 127, nil, .max, 0),
        (0x80, nil, 7, 7_000_000_000),
        (nil, 1_000, 5, 1_000_000_005_000),
        (6, -10, 1, -9_999_999_000),
        (0x80 | 1, -1, 1, -500_000_000),
        (9, -9_223_372_037, 145_224_192, .min),
        (9, -9_223_372_037, 145_224_191, nil),
        (6, .max, 1, nil),
        (6, .min, 1, nil),
        (nil, nil, .max, nil),
    ]

    @Test("counts time as the interface's resolution and offset say", arguments: clocks)
    func clock(resolution: UInt8?, offset: Int64?, units: UInt64, nanoseconds: Int64?) throws {
        var capture = PcapngBuilder(order: .big)
        capture.interface(linkType: 1, resolution: resolution, offset: offset)
        capture.packet(time: units, [])
        let record = try #require(try read(bytes: capture.bytes).result.records.first)
        #expect(record.isTimed == (nanoseconds != nil))
        #expect(record.timestamp == nanoseconds ?? 0)
    }

    @Test("may have blocks of other types, however long")
    func otherBlocks() throws {
        var capture = PcapngBuilder()
        capture.block(type: 4) { $0.append([0, 0, 0, 0]) }
        capture.interface(linkType: 1, options: [(2, Array("eth0".utf8))])
        capture.block(type: 0x0BAD) { $0.append([UInt8](repeating: 1, count: 2_500_000)) }
        capture.block(type: 0x8000_0001) { _ in }
        capture.packet(time: 1, [1])
        let (result, messages) = try read(bytes: capture.bytes)
        #expect(messages.isEmpty)
        #expect(result.packets.count == 1)
    }

    @Test("may have anything for its section's options, which nobody needs")
    func sectionOptions() throws {
        var capture = PcapngBuilder()
        capture.block(type: 0x0A0D_0D0A) { body in
            body.append(UInt32(0x1A2B_3C4D))
            body.append([1, 0, 0, 0])
            body.append(UInt64.max)
            body.append([2, 0, 200, 0])
        }
        capture.interface(linkType: 1)
        capture.packet(time: 1, [1])
        let (result, messages) = try read(bytes: capture.bytes)
        #expect(messages.isEmpty)
        #expect(result.packets.count == 1)
    }

    @Test("without interfaces or packets is fine")
    func sectionOnly() throws {
        #expect(try read(bytes: PcapngBuilder().bytes).messages.isEmpty)
    }

    @Test("that contradicts itself is damaged; what precedes the damage is delivered")
    func damage() throws {
        var start = PcapngBuilder()
        start.interface(linkType: 1)
        start.packet(time: 1, [1])
        let base = start.bytes
        func message(_ change: (inout PcapngBuilder) -> Void) throws -> String {
            var capture = start
            change(&capture)
            let (result, messages) = try read(bytes: capture.bytes)
            #expect(result.packets.count == 1)
            return try #require(messages.first).replacing("a.pcap: packet 2, byte \(base.count): ", with: "")
        }
        #expect(
            try message { $0.packet(interface: 3, time: 1, [1]) }
                == "the packet is from interface 3, but the section describes only 1")
        #expect(
            try message { $0.packet(time: 1, [1], captured: 100) }
                == "the packet claims 100 bytes, its block holds 4")
        #expect(
            try message { $0.packet(time: 1, [1], captured: 300_000) }
                == "captured length of 300000 bytes; at most 262144 are possible")
        #expect(try message { $0.block(type: 6) { _ in } } == "block of type 6 with the impossible length 12")
        #expect(
            try message { $0.section(order: .little, version: (2, 0)) } == "unsupported version 2.0 of the format")
        #expect(
            try message { $0.interface(linkType: 1, options: [(9, [6, 6])]) }
                == "option 9 of an interface cannot have the length 2")
        #expect(
            try message { $0.block(type: 1) { $0.append([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0]) } }
                == "option 0 of an interface cannot have the length 4")
        #expect(
            try message { $0.block(type: 1) { $0.append([1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 200, 0]) } }
                == "an option claims 200 bytes, its block holds 0")
    }

    @Test("whose block lengths are impossible or differ is damaged")
    func blockLengths() throws {
        var capture = PcapngBuilder()
        capture.block(type: 5) { $0.append(UInt32(0)) }
        var bytes = capture.bytes
        bytes[bytes.count - 4] = 20
        #expect(
            try read(bytes: bytes).messages == [
                "a.pcap: packet 1, byte 28: the block's two lengths differ: 16 in front, 20 behind"
            ])
        bytes[bytes.count - 12] = 13
        #expect(
            try read(bytes: bytes).messages == [
                "a.pcap: packet 1, byte 28: block of type 5 with the impossible length 13"
            ])
        bytes.replaceSubrange(bytes.count - 12..<bytes.count - 8, with: [0, 0, 0, 0xF0])
        #expect(
            try read(bytes: bytes).messages == [
                "a.pcap: packet 1, byte 28: block of type 5 with the impossible length 4026531840"
            ])
    }

    /// A small file with everything in it.
    static let small: (bytes: [UInt8], ends: [Int]) = {
        var capture = PcapngBuilder()
        var ends = [capture.bytes.count]
        let steps: [(inout PcapngBuilder) -> Void] = [
            { $0.interface(linkType: 1, resolution: 9, offset: 3) },
            { $0.packet(time: 77, [1, 2, 3], options: [(1, [65])]) },
            { $0.simplePacket([4, 5]) },
            { $0.section(order: .big) },
            { $0.interface(linkType: 113) },
            { $0.obsoletePacket(time: 78, [6]) },
            { $0.packet(time: 79, []) },
        ]
        for step in steps {
            step(&capture)
            ends.append(capture.bytes.count)
        }
        return (capture.bytes, ends)
    }()

    @Test("cut off anywhere ends with an error, unless the cut is between blocks")
    func everyTruncation() throws {
        for length in 1..<Self.small.bytes.count {
            let (result, messages) = try read(bytes: Array(Self.small.bytes[..<length]))
            #expect(messages.isEmpty == Self.small.ends.contains(length), "cut at \(length): \(messages)")
            #expect(result.packets.count < 4)
        }
    }

    @Test("with any one bit flipped is read or refused, never a crash")
    func everyBitFlip() throws {
        let folder = try TemporaryFolder()
        var refused = 0
        for bit in 0..<Self.small.bytes.count * 8 {
            var bytes = Self.small.bytes
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let result = try read([folder.write(bytes)])
            #expect(result.packets.count <= 4)
            if !result.errors.isEmpty { refused += 1 }
        }
        #expect(refused > 0)
    }
}
