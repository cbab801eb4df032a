import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The live command", .serialized, .enabled(if: VethPair.canRun, VethPair.reason))
struct LiveCommandTests {
    @Test("ends after as many packets as -c says, with tcpdump's lines")
    func count() throws {
        let pair = try VethPair()
        let live = try pair.live(["-i", "va", "-c", "7", "--format", "csv", "udp", "port", "9"])
        try pair.send(20)
        let run = try live.wait()
        #expect(run.status == 0)
        #expect(ReportRows(csv: run.output).sum("packets_sent") == 7)
        let lines = run.errors.split(separator: "\n").drop { !$0.contains("captured") }.map(String.init)
        #expect(lines[0] == "7 packets captured")
        #expect(lines[1].hasSuffix(" packets received by filter") && lines[2] == "0 packets dropped by kernel")
    }

    @Test("ends after the time that --duration says")
    func duration() throws {
        let pair = try VethPair()
        let live = try pair.live(["-i", "va", "--duration", "700ms", "--format", "csv", "udp port 9"])
        try pair.send(3)
        let run = try live.wait()
        #expect(run.status == 0)
        #expect(LiveTrafficTests.captured(run) == [3, 3, 0])
    }

    @Test("opens its outputs and its recording again at SIGHUP")
    func reopen() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let live = try pair.live(
            ["-i", "va", "--window", "100ms", "--watermark-delay", "0s", "-w", folder.path("a.pcap"), "-o"]
                + [folder.path("a.csv"), "udp port 9"])
        try pair.send(4)
        let sent = { name in ReportRows(csv: (try? folder.text(name)) ?? "").sum("packets_sent") }
        #expect(live.waits { sent("a.csv") == 4 })
        for name in ["a.csv", "a.pcap"] {
            try FileManager.default.moveItem(atPath: folder.path(name), toPath: folder.path("old-" + name))
        }
        live.send(SIGHUP)
        #expect(live.waits { FileManager.default.fileExists(atPath: folder.path("a.pcap")) })
        try pair.send(5)
        #expect(live.waits { sent("a.csv") == 5 })
        live.send(SIGINT)
        #expect(try live.wait().status == 0)
        #expect(sent("old-a.csv") == 4)
        let replay = try BuiltCommand.run([
            "replay", folder.path("old-a.pcap"), folder.path("a.pcap"), "--format", "csv",
        ])
        #expect(replay.status == 0 && replay.errors.contains("9 packets captured"))
    }

    @Test("prints statistics at SIGUSR1, though no packet comes")
    func statistics() throws {
        let pair = try VethPair()
        let live = try pair.live(["-i", "va", "--format", "csv", "udp port 9"])
        live.send(SIGUSR1)
        #expect(
            live.waits { live.errors.contains("0 packets captured, 0 received by filter, 0 dropped by kernel; ") })
        live.send(SIGTERM)
        #expect(try live.wait().status == 0)
    }

    @Test("sees the VLAN tags that the kernel has taken off")
    func vlan() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let live = try pair.live([
            "-i", "va", "-c", "2", "-w", folder.path("a.pcap"), "-o", folder.path("a.csv"), "vlan 7",
        ])
        try pair.send(2, vlan: 8)
        try pair.send(2, vlan: 7)
        #expect(try live.wait().status == 0)
        let rows = ReportRows(csv: try folder.text("a.csv"))
        #expect(rows.sum("wire_bytes_sent") == 2 * 46)
        let replay = try BuiltCommand.run(["replay", "-f", "vlan 7", "--format", "csv", folder.path("a.pcap")])
        #expect(replay.errors.contains("2 packets captured"))
    }

    @Test("captures on all interfaces at once")
    func any() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        try pair.connect("vc", "vd", network: 1)
        let live = try pair.live(
            ["-i", "any", "-c", "6", "-w", folder.path("a.pcap"), "--format", "csv", "udp port 9"])
        try pair.send(3)
        try pair.send(3, into: "vd")
        let run = try live.wait()
        #expect(run.status == 0)
        #expect(ReportRows(csv: run.output).sum("packets_sent") == 6)
        #expect(try folder.bytes("a.pcap")[20..<24] == Data([113, 0, 0, 0]), "Linux cooked")
        let replay = try BuiltCommand.run(["replay", "--format", "csv", folder.path("a.pcap")])
        #expect(replay.output == run.output)
    }

    @Test("on all interfaces at once sees VLAN tags too, and keeps equal hosts of two VLANs apart as flows")
    func vlanOnAny() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let live = try pair.live(
            ["-i", "any", "-c", "5", "-w", folder.path("a.pcap"), "-o", "flows:" + folder.path("flows.csv")])
        // Other kinds of frames are not expected: the namespaces speak no IPv6, and nobody asks for an address.
        try pair.send(3, vlan: 7)
        try pair.send(2, vlan: 8)
        #expect(try live.wait().status == 0)
        let flows = ReportRows(csv: try folder.text("flows.csv")).rows
        #expect(flows.map { $0.number("source_packets") }.sorted() == [2, 3])
        // The tag lies between the protocol of the cooked header and that of what is in it.
        let frames = LiveTrafficTests.contents(try folder.bytes("a.pcap")).map { Array($0.dropFirst(8)) }
        #expect(frames.allSatisfy { $0[14..<16] == [0x81, 0x00] && $0[18..<20] == [0x08, 0x00] })
        #expect(frames.map { $0[17] }.sorted() == [7, 7, 7, 8, 8])
        let dump = try BuiltCommand.run([
            "replay", "-q", "-o", "flows:" + folder.path("again.csv"), folder.path("a.pcap"),
        ])
        #expect(dump.status == 0)
        #expect(ReportRows(csv: try folder.text("again.csv")).rows.count == 2)
    }

    private func status(_ pair: VethPair, _ words: [String]) throws -> (Int32, String) {
        let run = try pair.start(pair.near, words).wait()
        return (run.status, run.errors)
    }

    @Test("says what is wrong, with the exit status for it, and empties no output")
    func errors() throws {
        let (pair, folder) = (try VethPair(), try ScratchFolder())
        let kept = try folder.write("kept".utf8, as: "kept.csv")
        let live = [BuiltCommand.path, "live", "-o", kept]
        var (code, text) = try status(pair, live + ["-i", "nope0"])
        #expect(code == 66 && text.contains("nope0: no such interface"))
        (code, text) = try status(pair, live + ["-i", "va", "no", "such", "filter"])
        #expect(code == 64 && text.contains("filter 'no such filter'"))
        try VethPair.ip("-n", pair.near, "link", "set", "va", "down")
        (code, text) = try status(pair, live + ["-i", "va"])
        #expect(code == 66 && text.contains("va: the interface is down"))
        try VethPair.ip("-n", pair.near, "link", "set", "va", "up")
        // Root without the right to capture.
        (code, text) = try status(
            pair, ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"] + live + ["-i", "va"])
        #expect(code == 77 && text.contains("setcap cap_net_raw+ep"), "\(text)")
        try pair.run(pair.near, ["ip", "tuntap", "add", "tun7", "mode", "tun"])
        try VethPair.ip("-n", pair.near, "link", "set", "tun7", "up")
        (code, text) = try status(pair, live + ["-i", "va", "-i", "tun7", "-w", folder.path("a.pcap")])
        #expect(code == 64 && text.contains("link type 101"), "\(text)")
        (code, text) = try status(pair, live + ["-i", "va", "-w", kept])
        #expect(code == 64 && text.contains("two outputs for one file"))
        #expect(try folder.text("kept.csv") == "kept")
        (code, text) = try status(pair, live + ["-i", "va", "-w", folder.path("no/folder.pcap")])
        #expect(code == 73, "\(text)")
    }

    @Test(
        "refuses options that make no sense",
        arguments: [
            [], ["-i", "lo", "-i", "lo"], ["-i", "lo", "-C", "1"], ["-i", "lo", "-w", "-"],
            ["-i", "lo", "-w", "a.pcap", "-W", "2"], ["-i", "lo", "-c", "0"], ["-i", "lo", "--duration", "0s"],
            ["-i", "lo", "-s", "300000"], ["-i", "lo", "-B", "0"], ["-i", "lo", "-f", "ip", "ip6"],
        ])
    func usage(words: [String]) throws {
        #expect(try BuiltCommand.run(["live"] + words).status == 64)
    }
}
