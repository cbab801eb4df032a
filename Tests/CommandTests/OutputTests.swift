import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Outputs of the command")
struct OutputTests {
    static let capture = KnownCaptures.own.appending(path: "http.pcap").path

    @Test("of several kinds and formats are written in one run, the same as each on standard output")
    func several() throws {
        let folder = try ScratchFolder()
        let files = [("hosts", "csv"), ("hosts", "jsonl"), ("totals", "tsv"), ("flows", "jsonl"), ("flows", "csv")]
        let outputs = files.flatMap { ["-o", "\($0.0):\(folder.path("\($0.0).\($0.1)"))"] }
        let run = try BuiltCommand.run(["replay", "-q"] + outputs + [Self.capture])
        #expect(run.status == 0)
        #expect(run.output.isEmpty)
        for (kind, format) in files {
            let single = try BuiltCommand.run(["replay", "-q", "--format", format, "-o", kind + ":-", Self.capture])
            #expect(try folder.text("\(kind).\(format)") == single.output)
            #expect(!single.output.isEmpty)
        }
    }

    @Test("have the contract's columns, in its order")
    func columns() throws {
        let expected = [
            "hosts": """
            window_start,window_end,host,packets_sent,packets_received,bytes_sent,bytes_received,wire_bytes_sent,\
            wire_bytes_received,flows,flows_started,peers,revision,complete
            """,
            "totals": """
            window_start,window_end,packets,ip_packets,non_ip_packets,malformed_packets,late_packets,\
            dropped_packets,gap_seconds,bytes,wire_bytes,hosts,flows,revision,complete
            """,
            "flows": """
            flow_start,flow_end,source_ip,source_port,destination_ip,destination_port,transport,source_packets,\
            destination_packets,source_bytes,destination_bytes,source_wire_bytes,destination_wire_bytes,\
            end_reason,community_id
            """,
        ]
        for (kind, columns) in expected {
            let run = try BuiltCommand.run(["replay", "-q", "--format", "csv", "-o", kind + ":-", Self.capture])
            let header = run.output.split(separator: "\n").first ?? ""
            #expect(header == columns || header.hasPrefix(columns + ","), "\(header)")
        }
    }

    @Test("of each format are on standard output alone", arguments: ["table", "csv", "tsv", "jsonl"])
    func formats(format: String) throws {
        let run = try BuiltCommand.run(["replay", "-q", "--format", format, Self.capture])
        #expect(run.status == 0)
        #expect(run.output.contains("10.20.0.1"))
        #expect(run.errors.isEmpty)
        let lines = run.output.split(separator: "\n")
        switch format {
        case "csv": #expect(lines.first?.hasPrefix("window_start,window_end,host,") == true)
        case "tsv": #expect(lines.first?.hasPrefix("window_start\twindow_end\thost\t") == true)
        case "jsonl": #expect(lines.allSatisfy { $0.hasPrefix("{\"window_start\":\"") && $0.hasSuffix("}") })
        default: #expect(lines.count > 3)
        }
    }

    @Test("that cannot be created are 73")
    func cannotCreate() throws {
        let run = try BuiltCommand.run(["replay", "-o", "/nowhere/a.csv", Self.capture])
        #expect(run.status == 73)
        #expect(run.errors.contains("tidemark: /nowhere/a.csv: cannot create: No such file or directory"))
    }

    @Test("on a full disk are 74")
    func fullDisk() throws {
        let file = try BuiltCommand.run(["replay", "--format", "csv", "-o", "/dev/full", Self.capture])
        #expect(file.status == 74)
        #expect(file.errors.contains("/dev/full: cannot write after 0 bytes: No space left on device"))
        let shell = try BuiltCommand.shell("$T replay --format csv \"$1\" > /dev/full", Self.capture)
        #expect(shell.status == 74)
    }

    @Test("whose reader goes away end quietly")
    func readerGone() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(
            TrafficGenerator.pcap(TrafficGenerator.packets(5000, seed: 31)), as: "a.pcap")
        let line = "($T replay -q --window 1s --format csv \"$1\"; echo $? >&2) | head -1"
        let run = try BuiltCommand.shell(line, path)
        #expect(run.output.hasPrefix("window_start,"))
        #expect(run.errors == "0\n", "its exit status, and not a word")
    }

    @Test("that are an input are refused, whatever their name, and the input stays what it was")
    func isInput() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(try Data(contentsOf: URL(filePath: Self.capture)), as: "captures/a.pcap")
        try #require(symlink(path, folder.path("symbolic.csv")) == 0)
        try #require(link(path, folder.path("hard.csv")) == 0)
        let before = try folder.bytes("captures/a.pcap")
        let outputs = [
            path, folder.path("symbolic.csv"), folder.path("hard.csv"), folder.path("captures/../captures/a.pcap"),
        ]
        for output in outputs {
            for input in [path, folder.path("captures"), folder.path("hard.csv")] {
                let run = try BuiltCommand.run(["replay", "--format", "csv", "-o", output, input])
                #expect(run.status == 64)
                #expect(run.errors.contains("tidemark: \(output): is also an input"))
            }
        }
        let piped = try BuiltCommand.run(["replay", "--format", "csv", "-o", path, "-"], input: path)
        #expect(piped.status == 64)
        let appended = try BuiltCommand.shell("$T replay --format csv \"$1\" >> \"$1\"", path)
        #expect(appended.status == 64)
        #expect(try folder.bytes("captures/a.pcap") == before)
    }

    @Test("that are none of the inputs may lie beside them")
    func besideInput() throws {
        let folder = try ScratchFolder()
        let path = try folder.write(try Data(contentsOf: URL(filePath: Self.capture)), as: "a.pcap")
        let run = try BuiltCommand.run(["replay", "-q", "-o", folder.path("a.csv"), path])
        #expect(run.status == 0)
        #expect(try folder.text("a.csv").split(separator: "\n").count == 3)
    }
}
