import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Bad input")
struct BadInputTests {
    static let damaged = KnownCaptures.own.appending(path: "damaged")

    struct Expected: Decodable {
        var exit: Int32
        var packets: Int?
    }

    static let expected: [String: Expected] = {
        let data = (try? Data(contentsOf: damaged.appending(path: "expected.json"))) ?? Data()
        return (try? JSONDecoder().decode([String: Expected].self, from: data)) ?? [:]
    }()

    @Test("of every kind is there to be tested")
    func isThere() { #expect(Self.expected.count > 25) }

    @Test("gives its exit status, is named, and what came before it is reported", arguments: expected.keys.sorted())
    func damagedCaptures(name: String) throws {
        let expected = try #require(Self.expected[name])
        let path = Self.damaged.appending(path: name).path
        let run = try BuiltCommand.run(
            ["replay", "--watermark-delay", "unbounded", "--format", "csv", "-o", "totals:-", path])
        #expect(run.status == expected.exit, "\(run.errors)")
        let untimed = Int(run.errors.firstMatch(of: /(\d+) packets? without a time/)?.1 ?? "0") ?? 0
        let reported = ReportRows(csv: run.output).sum("packets") + untimed
        if let packets = expected.packets {
            #expect(reported == packets)
            #expect(run.errors.contains("\(packets) packet\(packets == 1 ? "" : "s") captured"))
        } else {
            #expect(reported <= 40)
        }
        #expect(run.errors.contains("tidemark: \(path): ") == (expected.exit != 0))
    }

    static let messages: [(name: String, message: String)] = [
        ("empty.pcap", "empty file"),
        ("text.pcap", "not a capture: it begins with the bytes 54 68 69 73 20 69 73 20"),
        ("header-cut.pcap", "packet 1, byte 0: truncated header: 24 bytes needed, 10 left"),
        ("version-unknown.pcap", "packet 1, byte 0: unsupported version 7.0 of the format"),
        ("record-cut.pcap", "packet 5, byte 496: truncated record: 94 bytes claimed, 74 left"),
        ("record-header-cut.pcap", "packet 6, byte 606: truncated header: 16 bytes needed, 9 left"),
        ("captured-length-negative.pcap", "packet 3, byte 254: captured length of 4294967295 bytes"),
        ("block-cut.pcapng", "packet 4, byte 448: truncated block: 148 bytes claimed, 138 left"),
        ("block-length-huge.pcapng", "packet 3, byte 316: block of type 6 with the impossible length 4294967280"),
        ("block-length-mismatch.pcapng", "packet 3, byte 316: the block's two lengths differ"),
        ("interface-missing.pcapng", "packet 2, byte 180: the packet is from interface 7"),
        ("cut.pcap.gz", "packet 20, compressed byte 2171: gzip: the compressed data end too early"),
        ("checksum-wrong.pcap.zst", "packet 1, compressed byte 4: zstd: Restored data doesn't match checksum"),
    ]

    /// The bytes of these files are fixed; recording the captures again may move the offsets.
    @Test("is told by file, place and reason", arguments: messages)
    func place(name: String, message: String) throws {
        let path = Self.damaged.appending(path: name).path
        let run = try BuiltCommand.run(["replay", path])
        #expect(run.errors.contains("tidemark: \(path): \(message)"), "\(run.errors)")
    }

    @Test("in one capture does not keep others from being read")
    func others() throws {
        let (cut, missing) = (Self.damaged.appending(path: "record-cut.pcap").path, "/nowhere/a.pcap")
        let whole = KnownCaptures.own.appending(path: "dns.pcap").path
        let run = try BuiltCommand.run(["replay", "--format", "csv", "-o", "totals:-", cut, missing, whole])
        #expect(run.status == 66, "the graver of 65 and 66")
        #expect(run.errors.contains("tidemark: /nowhere/a.pcap: No such file or directory"))
        #expect(run.errors.contains("record-cut.pcap: packet 5, byte 496"))
        #expect(ReportRows(csv: run.output).sum("packets") == 33)
    }

    @Test("that is missing is 66")
    func missing() throws {
        let run = try BuiltCommand.run(["replay", "/nowhere/a.pcap"])
        #expect(run.status == 66)
        #expect(run.errors.contains("tidemark: /nowhere/a.pcap: No such file or directory"))
    }

    @Test("that is a folder without captures is 66")
    func emptyFolder() throws {
        let folder = try ScratchFolder()
        let run = try BuiltCommand.run(["replay", folder.path])
        #expect(run.status == 66)
        #expect(run.errors.contains("\(folder.path): no captures in this directory"))
    }

    @Test("that may not be read is 66", .disabled(if: geteuid() == 0, "root may read everything"))
    func unreadable() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(PcapBuilder().bytes, as: "a.pcap")
        chmod(path, 0)
        let run = try BuiltCommand.run(["replay", path])
        #expect(run.status == 66)
        #expect(run.errors.contains("\(path): Permission denied"))
    }

    static let times: [(name: String, windows: [String])] = [
        ("times-zero.pcap", ["1970-01-01T00:00:00Z"]),
        ("times-1900.pcapng", ["1900-01-01T00:00:00Z"]),
        ("times-2100.pcapng", ["2100-01-01T00:00:00Z"]),
        ("times-2100.pcap", ["2100-01-01T00:00:00Z", "2100-01-01T00:00:10Z", "2100-01-01T00:00:20Z"]),
        ("times-3000.pcapng", []),
    ]

    @Test("times far away have their windows", arguments: times)
    func farTimes(name: String, windows: [String]) throws {
        let path = Self.damaged.appending(path: name).path
        let run = try BuiltCommand.run(["replay", "--format", "csv", "-o", "totals:-", path])
        #expect(run.status == 0)
        #expect(ReportRows(csv: run.output).rows.map { $0["window_start"] } == windows)
    }

    @Test("times that go back make packets late, and none with an unbounded delay")
    func backwardTimes() throws {
        let path = Self.damaged.appending(path: "times-backward.pcap").path
        let bounded = try BuiltCommand.run(["replay", "--format", "csv", "-o", "totals:-", path])
        let totals = ReportRows(csv: bounded.output)
        #expect(bounded.errors.contains("27 packets late"))
        #expect(totals.sum("late_packets") == 27)
        #expect(totals.sum("packets") == 2)
        let unbounded = try BuiltCommand.run(
            ["replay", "--watermark-delay", "unbounded", "--format", "csv", "-o", "totals:-", path])
        #expect(unbounded.errors.contains("0 packets late"))
        #expect(ReportRows(csv: unbounded.output).sum("packets") == 29)
    }

    @Test(
        "a gap of a million windows costs two rows",
        arguments: [[], ["--slide", "1s"], ["--allowed-lateness", "1h"]])
    func gap(options: [String]) throws {
        let path = Self.damaged.appending(path: "times-gap.pcap").path
        let run = try BuiltCommand.run(["replay", "--format", "csv", "-o", "totals:-"] + options + [path])
        #expect(run.status == 0)
        #expect(ReportRows(csv: run.output).rows.count == (options.first == "--slide" ? 20 : 2))
    }

    @Test("an unknown link type is counted, and told with -v")
    func unknownLinkType() throws {
        let path = Self.damaged.appending(path: "link-type-unknown.pcap").path
        let run = try BuiltCommand.run(["replay", "-v", "--format", "csv", "-o", "totals:-", path])
        #expect(run.status == 0)
        let totals = ReportRows(csv: run.output)
        #expect(totals.sum("ip_packets") == 0)
        #expect(totals.sum("non_ip_packets") + totals.sum("malformed_packets") == 29)
        #expect(run.errors.contains("29 packets: unknown link type (first: packet 1)"))
    }

    @Test("of packets is told with -v, each reason with its first packet")
    func malformedPackets() throws {
        var capture = PcapBuilder()
        let good = FrameBuilder.ipv4([10, 0, 0, 1], [10, 0, 0, 2], protocol: 17, FrameBuilder.udp(1, 2, []))
        for (second, packet) in [good, Array(good[..<12]), Array(good[..<12])].enumerated() {
            capture.packet(seconds: UInt32(second), FrameBuilder.ethernet(type: 0x0800, packet))
        }
        let folder = try ScratchFolder()
        let path = try folder.write(capture.bytes, as: "a.pcap")
        let quiet = try BuiltCommand.run(["replay", path])
        #expect(quiet.errors.contains("2 packets malformed"))
        #expect(!quiet.errors.contains("first: packet"))
        let verbose = try BuiltCommand.run(["replay", "-v", path])
        #expect(verbose.errors.contains(/tidemark: 2 packets: .+ \(first: packet 2\)/), "\(verbose.errors)")
    }
}
