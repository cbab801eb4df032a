import CheckpointStore
import EventTime
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("tidemark checkpoint")
struct CheckpointToolTests {
    /// A directory of `count` checkpoints.
    private func store(_ count: Int, kind: CheckpointKind = .checkpoint) throws -> ScratchFolder {
        let folder = try ScratchFolder()
        let directory = try CheckpointDirectory(folder.path)
        for number in 1...count {
            let writer = try directory.begin(kind)
            try writer.writePart("flows", version: 2) { state in
                for index in 0..<1000 { state.encode(UInt64(index / 10 * number)) }
            }
            try writer.writePart("windows", version: 1) { "same".encode(into: &$0) }
            var description = CheckpointDescription(
                tidemarkVersion: "0.1.0", configuration: [NamedText("--window", "10s"), NamedText("--filter", "")])
            description.watermark = 1_700_000_000_000_000_000 + Int64(number)
            let file = InputIdentity(name: "evil\u{1B}[2J.pcap")
            description.inputs = [InputPosition(file, position: 4096 * UInt64(number), packets: 29)]
            description.figures = [NamedFigure("flows", 12_345 * UInt64(number))]
            description.sinks = [SinkPosition("hosts:hosts.csv", position: 1234)]
            try writer.commit(description)
        }
        return folder
    }

    private func damage(_ folder: ScratchFolder, _ file: String) throws {
        var bytes = try folder.bytes(file)
        bytes[bytes.count / 2] ^= 4
        try folder.write(bytes, as: file)
    }

    @Test("list shows the newest first, and which are damaged")
    func list() throws {
        let folder = try store(3)
        try damage(folder, "checkpoint-000000000002/manifest.json")
        let run = try BuiltCommand.run(["checkpoint", "list", folder.path])
        #expect(run.status == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n")
        try #require(lines.count == 4, "\(run.output)")
        #expect(lines[0].contains(/^NAME +TAKEN +WATERMARK +ON DISK$/))
        #expect(
            lines[1].contains(
                /^checkpoint-000000000003  20\d\d-\d\d-\d\dT[\d:]{8}Z +2023-11-14T22:13:20Z +\d\S* k?B$/))
        #expect(lines.allSatisfy { $0.count <= 80 }, "\(run.output)")
        #expect(lines[2] == "checkpoint-000000000002  damaged: see 'tidemark checkpoint verify'")
        #expect(lines[3].hasPrefix("checkpoint-000000000001 "))
    }

    @Test("inspect shows the newest, or the one that was named")
    func inspect() throws {
        let folder = try store(2)
        for name in ["", "/checkpoint-000000000002/"] {
            let run = try BuiltCommand.run(["checkpoint", "inspect", folder.path + name])
            #expect(run.status == 0)
            for line in [
                "checkpoint  2 in \(folder.path)/checkpoint-000000000002",
                "watermark   2023-11-14T22:13:20.000000002Z",
                "  --window  10s", "  evil\\u{1b}[2J.pcap  byte 8,192  29 packets", "  flows  24,690",
                "  hosts:hosts.csv  1,234 bytes",
            ] {
                #expect(run.output.contains("\n" + line) || run.output.hasPrefix(line), "\(line) in \(run.output)")
            }
            #expect(run.output.contains(/flows +2  8\.0 kB .* [0-9a-f]{8}\n/))
        }
        let shell = try BuiltCommand.shell(
            "cd \"$1/checkpoint-000000000001\" && \"$T\" checkpoint inspect .", folder.path)
        #expect(shell.output.hasPrefix("checkpoint  1 in "), "\(shell.errors)")
    }

    @Test("inspect --json is for programs")
    func json() throws {
        let folder = try store(1)
        let run = try BuiltCommand.run(["checkpoint", "inspect", "--json", folder.path])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        #expect(object["path"] as? String == folder.path + "/checkpoint-000000000001")
        #expect(object["content_byte_count"] as? Int == 8012)
        #expect(object["watermark_ns"] as? Int == 1_700_000_000_000_000_001)
        let parts = try #require(object["parts"] as? [[String: Any]])
        #expect(parts.map { $0["name"] as? String } == ["flows", "windows"])
    }

    @Test("verify names each damaged part, and is 65")
    func verify() throws {
        let folder = try store(3)
        let good = try BuiltCommand.run(["checkpoint", "verify", folder.path])
        #expect(good.status == 0)
        #expect(good.output.split(separator: "\n").count == 3)
        #expect(good.output.hasPrefix("\(folder.path)/checkpoint-000000000003: good, 2 parts\n"))
        try damage(folder, "checkpoint-000000000003/flows.lz4")
        try damage(folder, "checkpoint-000000000003/windows.lz4")
        try damage(folder, "checkpoint-000000000002/manifest.json")
        let bad = try BuiltCommand.run(["checkpoint", "verify", folder.path])
        #expect(bad.status == 65)
        #expect(bad.output == "\(folder.path)/checkpoint-000000000001: good, 2 parts\n")
        for file in ["3/flows.lz4", "3/windows.lz4", "2/manifest.json"] {
            #expect(
                bad.errors.contains("tidemark: \(folder.path)/checkpoint-00000000000\(file): "), "\(bad.errors)")
        }
        let one = try BuiltCommand.run(["checkpoint", "verify", folder.path + "/checkpoint-000000000001"])
        #expect(one.status == 0)
        try FileManager.default.removeItem(atPath: folder.path("checkpoint-000000000001/flows.lz4"))
        let missing = try BuiltCommand.run(["checkpoint", "verify", folder.path + "/checkpoint-000000000001"])
        #expect(missing.status == 65)
        #expect(missing.errors.contains("/flows.lz4: it is missing"))
    }

    @Test("diff has a line for each difference")
    func diff() throws {
        let folder = try store(2)
        let paths = [1, 2].map { folder.path("checkpoint-00000000000\($0)") }
        let run = try BuiltCommand.run(["checkpoint", "diff"] + paths)
        #expect(run.status == 0, "\(run.errors)")
        let names = run.output.split(separator: "\n").map { $0.components(separatedBy: "  ")[0] }
        #expect(names == ["sequence", "taken", "watermark", "input 1 position", "flows", "part flows"])
        #expect(run.output.contains(/flows +12,345 +24,690\n/))
        let same = try BuiltCommand.run(["checkpoint", "diff", paths[1], folder.path])
        #expect(same.output == "")
    }

    @Test("savepoint is 75 where nobody runs, or nobody answers")
    func savepoint() throws {
        let folder = try store(1)
        let nobody = try BuiltCommand.run(["checkpoint", "savepoint", folder.path])
        #expect(nobody.status == 75)
        #expect(nobody.errors == "tidemark: \(folder.path): no process writes checkpoints there\n")
        let directory = try CheckpointDirectory(folder.path)
        let silent = try BuiltCommand.run(["checkpoint", "savepoint", "--timeout", "10ms", folder.path])
        #expect(silent.status == 75)
        #expect(silent.errors.contains("process \(getpid()) on "))
        #expect(silent.errors.hasSuffix("did not take a savepoint within 10 ms\n"))
        #expect(try directory.catalog.checkpoints().count == 1)
    }

    @Test("savepoint prints its path once it is there")
    func answeredSavepoint() throws {
        let folder = try store(1)
        let directory = try CheckpointDirectory(folder.path)
        let mailbox = SavepointMailbox(folder.path)
        let asking = try RunningCommand(BuiltCommand.path, ["checkpoint", "savepoint", folder.path])
        var request: SavepointRequest?
        #expect(
            asking.waits {
                request = mailbox.pendingRequest()
                return request != nil
            })
        let savepoint = try directory.begin(.savepoint).commit(CheckpointDescription(tidemarkVersion: "0.1.0"))
        try mailbox.answer(try #require(request), .written(savepoint.folder))
        let run = try asking.wait()
        #expect(run.status == 0)
        #expect(run.output == "\(folder.path)/savepoint-000000000002\n")
    }

    @Test("of what is no checkpoint is 66", arguments: ["list", "inspect", "verify"])
    func nothing(tool: String) throws {
        let folder = try ScratchFolder()
        let file = try folder.write([1], as: "a/file")
        for (path, message) in [
            ("/nowhere/store", "No such file or directory"), (folder.path, "neither a checkpoint nor a directory"),
            (file, "neither a checkpoint nor a directory"),
        ] {
            let run = try BuiltCommand.run(["checkpoint", tool, path])
            #expect(run.status == 66, "\(path)")
            #expect(run.errors.contains("tidemark: \(path): "))
            #expect(run.errors.contains(message), "\(run.errors)")
        }
    }
}
