import Capture
import Foundation
import Testing

/// What the truth says about a capture: tshark's numbers.
private struct Truth: Decodable {
    let frames: Int
    let wireBytes: UInt64
    let capturedBytes: UInt64
    let cutFrames: Int
    let firstNs: Decimal?
    let lastNs: Decimal?
    /// Frames by the second in which their window of ten seconds starts; "none": those without a time.
    let framesByWindow: [String: Int]
    let readOk: Bool

    /// Frames whose time 64-bit nanoseconds can hold.
    var timedFrames: Int {
        let seconds = Int64.max / 1_000_000_000 - 10
        return framesByWindow.reduce(0) { sum, window in
            guard let start = Int64(window.key), abs(start) < seconds else { return sum }
            return sum + window.value
        }
    }
}

@Suite(
    "A capture of another project is read as the truth says",
    .enabled(if: !SharedCaptures.names.isEmpty, "../shared/captures is not here"))
struct SharedCaptureTests {
    /// The second packet's sub-second field is 1,000,000 and the third's is 2^31: both are a second or more, so
    /// both packets are untimed here. tshark prints no fraction for the third and takes it for a whole second.
    static let invalidMicroseconds = "tcpdump-timestamp_invalid_micro.pcap"

    @Test("frames, bytes, times and errors", arguments: SharedCaptures.names)
    func truth(name: String) throws {
        let file = try #require(SharedCaptures.folder).appending(path: "truth/\(name).json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let truth = try decoder.decode(Truth.self, from: Data(contentsOf: file))
        let result = try read([SharedCaptures.path(name)])

        #expect(result.packets.count == truth.frames)
        #expect(result.errors.isEmpty == truth.readOk, "\(result.messages)")
        #expect(result.records.reduce(0) { $0 + UInt64($1.originalLength) } == truth.wireBytes)
        #expect(result.records.reduce(0) { $0 + UInt64($1.capturedLength) } == truth.capturedBytes)
        #expect(result.records.count { $0.capturedLength < $0.originalLength } == truth.cutFrames)
        #expect(result.records.map(\.number) == (0..<truth.frames).map { UInt64($0 + 1) })
        let times = result.records.filter(\.isTimed).map(\.timestamp)
        if name == Self.invalidMicroseconds {
            #expect(times == [1_418_145_369_999_999_000])
        } else {
            #expect(times.count == truth.timedFrames)
            #expect(times.min().map { Decimal($0) } == truth.firstNs)
            // Times beyond 2262 make packets untimed here: the last one with a time is another.
            if let last = truth.lastNs, last > Decimal(Int64.max) {
                #expect(times.count < truth.frames)
            } else {
                #expect(times.max().map { Decimal($0) } == truth.lastNs)
            }
        }
    }

    @Test("unknown versions and impossible options are named")
    func refusals() throws {
        let expected = [
            "gopacket-be-test901.pcapng": "packet 2, byte 480: unsupported version 2.0 of the format",
            "libpcap-pcap-invalid-version-1.pcap": "packet 1, byte 0: unsupported version 1.4 of the format",
            "libpcap-pcapng-invalid-vers-1.pcapng": "packet 1, byte 0: unsupported version 0.1 of the format",
            "libpcap-shb-option-too-long.pcapng":
                "packet 1, byte 0: the block's two lengths differ: 52 in front, 808464432 behind",
        ]
        for (name, message) in expected {
            let path = try SharedCaptures.path(name)
            let messages = try read([path]).messages
            #expect(messages == ["\(path): \(message)"])
        }
    }

    @Test("all of them, merged, give every packet of each")
    func merged() throws {
        let paths = try SharedCaptures.names.map { try SharedCaptures.path($0) }
        let merged = try read(paths)
        var packets = 0
        var errors: Set<CaptureError> = []
        for path in paths {
            let single = try read([path])
            packets += single.packets.count
            errors.formUnion(single.errors)
        }
        #expect(merged.packets.count == packets)
        #expect(Set(merged.errors) == errors)
        #expect(merged.errors.count == errors.count)
    }
}
