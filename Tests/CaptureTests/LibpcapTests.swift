import CPcap
import Capture
import Foundation
import TestSupport
import Testing

/// A packet as libpcap gives it.
private struct LibpcapPacket: Hashable {
    var time: Int64
    var captured: UInt32
    var original: UInt32
    var bytes: [UInt8]
}

/// What libpcap reads of a file before its end or its first error.
private struct LibpcapCapture {
    var packets: [LibpcapPacket] = []
    /// The snapshot length: libpcap cuts longer packets to it.
    var snapshotLength: UInt32 = 0
    var dataLink: CInt = 0
    var error: String?

    init(path: String) {
        var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        let handle = pcap_open_offline_with_tstamp_precision(path, UInt32(PCAP_TSTAMP_PRECISION_NANO), &reason)
        guard let handle else {
            error = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return
        }
        defer { pcap_close(handle) }
        snapshotLength = UInt32(pcap_snapshot(handle))
        dataLink = pcap_datalink(handle)
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var data: UnsafePointer<UInt8>?
        while true {
            let status = pcap_next_ex(handle, &header, &data)
            guard status == 1, let header, let data else {
                if status != PCAP_ERROR_BREAK { error = String(cString: pcap_geterr(handle)) }
                return
            }
            let record = header.pointee
            packets.append(
                LibpcapPacket(
                    // libpcap gives any second; where nanoseconds overflow, the reader's packet is untimed.
                    time: Int64(record.ts.tv_sec) &* 1_000_000_000 &+ Int64(record.ts.tv_usec),
                    captured: record.caplen, original: record.len,
                    bytes: Array(UnsafeBufferPointer(start: data, count: Int(record.caplen)))))
        }
    }
}

@Suite("The reader agrees with libpcap")
struct LibpcapTests {
    /// libpcap turns the numbers of these link types' pseudo headers into host order; the reader does not.
    static let rewritten: Set<UInt32> = [189, 220, 239]

    /// Compares as many packets as libpcap reads: it stops at differences between interfaces, which the reader does
    /// not mind.
    private func compare(_ path: String) throws {
        let native = try read([path])
        let libpcap = LibpcapCapture(path: path)
        if libpcap.error == nil {
            #expect(native.packets.count == libpcap.packets.count)
            #expect(native.errors.isEmpty)
        } else {
            #expect(native.packets.count >= libpcap.packets.count)
        }
        for (ours, theirs) in zip(native.packets, libpcap.packets) {
            let number = ours.record.number
            if ours.record.isTimed {
                // libpcap takes classic pcap's 32-bit seconds for signed, so for times before 1970.
                let wrap: Int64 = theirs.time < 0 ? 4_294_967_296_000_000_000 : 0
                #expect(ours.record.timestamp == theirs.time + wrap, "packet \(number)")
            }
            #expect(min(ours.record.capturedLength, libpcap.snapshotLength) == theirs.captured, "packet \(number)")
            #expect(ours.record.originalLength == theirs.original, "packet \(number)")
            if !Self.rewritten.contains(ours.record.linkType.rawValue) {
                #expect(Array(ours.bytes.prefix(theirs.bytes.count)) == theirs.bytes, "packet \(number)")
            }
            let known: [UInt32: CInt] = [101: DLT_RAW]
            let linkType = ours.record.linkType.rawValue
            #expect(known[linkType] ?? CInt(linkType) == libpcap.dataLink, "packet \(number)")
        }
    }

    @Test(
        "on every capture of other projects",
        .enabled(if: !SharedCaptures.names.isEmpty, "../shared/captures is not here"),
        arguments: SharedCaptures.names)
    func shared(name: String) throws {
        try compare(SharedCaptures.path(name))
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
                #expect(LibpcapCapture(path: path).error != nil)
                #expect(try read([path]).errors.count == 1)
            }
        }
    }
}
