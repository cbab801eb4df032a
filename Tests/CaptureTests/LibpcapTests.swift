import Capture
import Foundation
import TestSupport
import Testing

@Suite("The reader agrees with libpcap")
struct LibpcapTests {
    private func compare(_ path: String) throws {
        let native = try read([path])
        #expect(native.errors.count <= 1)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        let agreement = LibpcapAgreement(
            bytes: bytes, packets: native.packets, error: native.errors.first, libpcap: LibpcapReading(of: bytes))
        #expect(agreement.contradiction == nil, "\(path)")
    }

    @Test(
        "on every capture of other projects",
        .enabled(if: !SharedCaptures.names.isEmpty, "../shared/captures is not here"),
        arguments: SharedCaptures.names)
    func shared(name: String) throws {
        try compare(SharedCaptures.path(name))
    }

    static let paths = [KnownCaptures.own, KnownCaptures.own.appending(path: "damaged")].flatMap { folder in
        KnownCaptures.names(in: folder).map { folder.appending(path: $0).path }
            .filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }
    }

    @Test("on every capture of the project, whole or damaged", arguments: paths)
    func project(path: String) throws {
        try compare(path)
    }

    @Test("on made captures, whole and cut off")
    func made() throws {
        let folder = try TemporaryFolder()
        for variant in PcapBuilder.Variant.allCases {
            for order in ByteOrder.allCases {
                var capture = PcapBuilder(variant, order: order, linkType: 101, snapshotLength: 40)
                for size in [0, 39, 40, 41] {
                    capture.packet(seconds: 0x7FFF_0000, fraction: 999_999, [UInt8](repeating: 5, count: size))
                }
                for length in stride(from: capture.bytes.count, to: 0, by: -7) {
                    try compare(folder.write(Array(capture.bytes[..<length])))
                }
            }
        }
    }

    @Test("on clocks of pcapng", arguments: [0, 3, 6, 9, 12, 0x80, 0x8A, 0x9E] as [UInt8])
    func clocks(resolution: UInt8) throws {
        let folder = try TemporaryFolder()
        for order in ByteOrder.allCases {
            var capture = PcapngBuilder(order: order)
            capture.interface(linkType: 1, resolution: resolution, offset: 1234)
            for time in [0, 1, 999, 1_000_001, 0xFFFF_FFFF] as [UInt64] { capture.packet(time: time, [1, 2]) }
            try compare(folder.write(capture.bytes))
        }
    }

    @Test("that other magic numbers are no captures: there is nothing that only libpcap could read")
    func otherFormats() throws {
        let folder = try TemporaryFolder()
        let magics: [UInt32] = [
            0xA1B2_34CD, 0xA12B_3C4D, 0x736E_6F6F, 0x5254_5353, 0x474D_4255, 0x5843_5000, 0x1C00_01AC, 0xA1E2_CB12,
        ]
        for magic in magics {
            for order in ByteOrder.allCases {
                var writer = ByteWriter(order: order)
                writer.append(magic)
                writer.append([UInt8](PcapBuilder(order: order).bytes[4...]))
                let path = try folder.write(writer.bytes)
                #expect(LibpcapReading(of: writer.bytes).error != nil)
                #expect(try read([path]).errors.count == 1)
            }
        }
    }
}
