import Foundation
import TestSupport
import Testing

@Suite("The command that runs recorded cases")
struct VectorCommandTests {
    private static let path = URL(filePath: BuiltCommand.path).deletingLastPathComponent()
        .appending(path: "eventtime-vectors").path
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    private static let own =
        cases(in: tests.appending(path: "EventTimeTests/Vectors"))
        + cases(in: tests.appending(path: "EventTimeTests/Vectors/recorded"))
    private static let recorded = cases(in: tests.appending(path: "../../shared/flink-vectors/dev").standardized)

    private static func cases(in folder: URL) -> [String] {
        let files =
            (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "json" }.map(\.path).sorted()
    }

    private func run(_ arguments: [String]) throws -> BuiltCommand {
        try RunningCommand(Self.path, arguments).wait()
    }

    private func read(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func contents(of path: String) throws -> [String: Any] {
        try read(String(contentsOf: URL(filePath: path), encoding: .utf8))
    }

    private func write(_ instance: [String: Any], to folder: ScratchFolder, _ name: String) throws -> String {
        try folder.write(try JSONSerialization.data(withJSONObject: instance), as: name)
    }

    @Test("finds the project's own cases as expected", arguments: [[], ["--general"]])
    func ownCases(options: [String]) throws {
        let run = try run(options + Self.own)
        #expect(run.output == "\(Self.own.count) passed, 0 failed\n" && run.errors.isEmpty && run.status == 0)
        #expect(Self.own.count >= 30)
    }

    @Test(
        "finds what Flink did with the recorded cases, all of them",
        .enabled(if: !recorded.isEmpty, "the recorded cases are not beside this clone"),
        arguments: [[], ["--general"]])
    func recordedCases(options: [String]) throws {
        let run = try run(options + Self.recorded)
        #expect(run.output == "\(Self.recorded.count) passed, 0 failed\n" && run.errors.isEmpty && run.status == 0)
        #expect(Self.recorded.count >= 53)
    }

    @Test("writes what came out, in the schema, where a case expects nothing", arguments: own)
    func written(path: String) throws {
        let folder = try ScratchFolder()
        var instance = try contents(of: path)
        let expected = try #require(instance.removeValue(forKey: "expected") as? NSDictionary)
        let bare = try write(instance, to: folder, "bare.json")
        let run = try run([bare])
        #expect(run.status == 0 && run.errors.isEmpty)
        let filled = try read(run.output)
        #expect(filled["name"] as? String == instance["name"] as? String)
        // Rows of one step may come in another order than in the recording: the command compares them itself.
        let again = try folder.write(run.output.utf8, as: "filled.json")
        #expect(try self.run([again]).output == "1 passed, 0 failed\n")
        instance["expected"] = filled["expected"]
        let found = try #require(filled["expected"] as? NSDictionary)
        #expect(Set(found.allKeys.map { "\($0)" }) == Set(expected.allKeys.map { "\($0)" }))
        #expect(found["late_seqs"] as? NSArray == expected["late_seqs"] as? NSArray)
        #expect(found["watermark_after_step"] as? NSArray == expected["watermark_after_step"] as? NSArray)
    }

    @Test("names the first difference and exits with 1")
    func difference() throws {
        let folder = try ScratchFolder()
        let good = try #require(Self.own.first { $0.hasSuffix("tumbling_bounded.json") })
        var instance = try contents(of: good)
        var expected = try #require(instance["expected"] as? [String: Any])
        var rows = try #require(expected["windows"] as? [[String: Any]])
        rows[1]["sum"] = 12345
        expected["windows"] = rows
        instance["expected"] = expected
        let wrong = try write(instance, to: folder, "wrong.json")
        rows.remove(at: 1)
        expected["windows"] = rows
        instance["expected"] = expected
        let short = try write(instance, to: folder, "short.json")
        expected["late_seqs"] = [99]
        expected["windows"] = nil
        instance["expected"] = expected
        let late = try write(instance, to: folder, "late.json")
        expected["watermark_after_step"] = [0]
        instance["expected"] = expected
        let watermark = try write(instance, to: folder, "watermark.json")
        let run = try run([wrong, good, short, late, watermark])
        let lines = run.output.split(separator: "\n")
        #expect(run.status == 1 && run.errors.isEmpty && lines.count == 5)
        #expect(lines.first?.hasPrefix("\(wrong): windows, step ") == true && lines[0].contains("12345"))
        #expect(lines[1].contains("expected nothing, found {") || lines[1].contains("found {"))
        #expect(lines[2].hasPrefix("\(late): late_seqs, element "))
        #expect(lines[3].hasPrefix("\(watermark): watermark after step 0: expected 0, found "))
        #expect(lines[4] == "1 passed, 4 failed")
    }

    @Test("writes some and compares others in one run; --write compares none")
    func mixed() throws {
        let folder = try ScratchFolder()
        var instance = try contents(of: Self.own[0])
        instance["expected"] = nil
        let bare = try write(instance, to: folder, "bare.json")
        let mixed = try run([bare, Self.own[1]])
        #expect(mixed.status == 0 && mixed.errors == "eventtime-vectors: 1 passed, 0 failed\n")
        #expect(try read(mixed.output)["name"] as? String == instance["name"] as? String)
        let written = try run(["--write", Self.own[0]])
        #expect(written.status == 0 && written.output == mixed.output)
    }

    @Test("refuses what it does not know, instead of running half of it")
    func unknown() throws {
        let folder = try ScratchFolder()
        func refused(_ feature: String, _ change: (inout [String: Any], inout [String: Any]) -> Void) throws {
            var instance = try contents(of: Self.own[0])
            var spec = try #require(instance["spec"] as? [String: Any])
            change(&instance, &spec)
            if instance["spec"] != nil { instance["spec"] = spec }
            let run = try run([try write(instance, to: folder, "unknown.json")])
            #expect(run.status == 65 && run.output.isEmpty, "\(feature)")
            #expect(run.errors.contains(feature), "\(run.errors)")
        }
        try refused("family table") { instance, _ in instance["family"] = "table" }
        try refused("no family") { instance, _ in instance["family"] = nil }
        try refused("spec.window hopping") { $1["window"] = ["type": "hopping"] }
        try refused("spec.window.colour") {
            $1["window"] = ["type": "tumbling", "size_ms": 1, "colour": "red"] as [String: Any]
        }
        try refused("size_ms is 0") { $1["window"] = ["type": "tumbling", "size_ms": 0] as [String: Any] }
        try refused("spec.trigger sometimes") { $1["trigger"] = ["type": "sometimes"] }
        try refused("spec.function map") { $1["function"] = "map" }
        try refused("spec.parallelism") { $1["parallelism"] = 2 }
        try refused("spec.watermark punctuated") { $1["watermark"] = ["kind": "punctuated"] }
        try refused("step 0.op flood") { instance, _ in instance["steps"] = [["op": "flood"]] }
        try refused("step 0.colour") { instance, _ in
            instance["steps"] = [["op": "event", "ts": 1, "colour": "red"] as [String: Any]]
        }
        try refused("no input 1") { instance, _ in
            instance["steps"] = [["op": "watermark", "ts": 1, "in": 1] as [String: Any]]
        }
        try refused("has no ts") { instance, _ in instance["steps"] = [["op": "event"]] }
        try refused("gap of 0 ms") { instance, spec in
            spec["window"] = ["type": "session_dynamic"]
            instance["steps"] = [["op": "event", "ts": 1] as [String: Any]]
        }
        try refused("spec is no object") { instance, _ in instance["spec"] = nil }
        try refused("expected.counts") { instance, _ in instance["expected"] = ["counts": [1]] }
        try refused("query other than") { instance, spec in
            instance["family"] = "sql"
            spec = ["watermark": ["kind": "sql_minus", "delay_ms": 1] as [String: Any], "sql": "SELECT 1"]
        }
    }

    @Test("tells usage, damage and absence apart by its status")
    func statuses() throws {
        let folder = try ScratchFolder()
        let damaged = try folder.write("{\"family\": ".utf8, as: "damaged.json")
        #expect(try run([]).status == 64)
        #expect(try run(["--colour", damaged]).status == 64)
        #expect(try run([damaged]).status == 65)
        #expect(try run([folder.path("absent.json")]).status == 66)
        #expect(try run(["--help"]).output.contains("EventTime"))
        let deep = try folder.write(String(repeating: "[", count: 100_000).utf8, as: "deep.json")
        #expect(try run([deep]).status == 65)
    }
}
