import Foundation
import Testing

/// The modules, top to bottom, and what each may import. `Docs/architecture.md` says why.
private let moduleMap: [(module: String, imports: Set<String>)] = [
    ("CPcap", []),
    ("CLZ4", []),
    ("CZlib", []),
    ("CZstd", []),
    ("CPrefetch", []),
    ("CMemory", []),
    ("CChecksum", []),
    ("CSeccomp", []),
    ("CSandbox", []),
    ("Sandbox", ["CSandbox", "CSeccomp", "Glibc"]),
    ("EventTime", ["CPrefetch", "CMemory", "Glibc", "Synchronization"]),
    ("EventTimeTesting", ["EventTime"]),
    ("Packets", []),
    ("Capture", ["CPcap", "CLZ4", "CZlib", "CZstd", "Packets", "Glibc", "Synchronization"]),
    ("Flows", ["CPrefetch", "Packets", "EventTime"]),
    ("CheckpointStore", ["CLZ4", "CZlib", "CChecksum", "EventTime", "Glibc", "Synchronization"]),
    ("HostStatistics", ["Flows", "Packets", "EventTime"]),
    ("Reports", ["HostStatistics", "Flows", "Packets", "EventTime", "Glibc"]),
    (
        "Pipeline",
        [
            "CheckpointStore", "Capture", "Reports", "HostStatistics", "Flows", "Packets", "EventTime", "Glibc",
            "Synchronization",
        ]
    ),
    (
        "Dashboard",
        ["Reports", "HostStatistics", "Flows", "Packets", "EventTime", "Glibc", "Synchronization"]
    ),
    (
        "tidemark",
        [
            "Pipeline", "Dashboard", "Sandbox", "Reports", "CheckpointStore", "Capture", "Packets", "EventTime",
            "ArgumentParser", "Glibc", "Synchronization",
        ]
    ),
    ("eventtime-vectors", ["EventTime", "ArgumentParser", "Foundation"]),
]

/// What is not ours.
private let foreign: Set<String> = ["Glibc", "Synchronization", "ArgumentParser", "Foundation"]

@Suite("The module map")
struct ModuleMapTests {
    /// The module that a line imports, whatever stands before and behind.
    private func imported(_ line: Substring) -> String? {
        line.firstMatch(of: /^\s*(?:@\w+\s+)*(?:\w+ )?import (?:(?:struct|class|enum|func|protocol|var) )?(\w+)/)
            .map { String($0.1) }
    }

    @Test("names every module, and no other")
    func modules() throws {
        let folders = try SourceTree.folders(in: "Sources")
        #expect(Set(folders) == Set(moduleMap.map(\.module)))
    }

    @Test("lets a module import nothing but modules above it")
    func column() {
        var above = foreign
        for (module, imports) in moduleMap {
            #expect(imports.isSubset(of: above), "\(module) imports \(imports.subtracting(above)) from below")
            above.insert(module)
        }
    }

    @Test("says what each module imports", arguments: moduleMap.map(\.module))
    func imports(module: String) throws {
        let allowed = moduleMap.first { $0.module == module }?.imports ?? []
        for file in try SourceTree.swiftFiles(in: "Sources/\(module)") {
            for (place, text) in file.places {
                guard let name = imported(text) else { continue }
                #expect(allowed.contains(name), "\(place): \(module) imports \(name)")
            }
        }
    }

    @Test(
        "reads every kind of import",
        arguments: [
            ("import Flows", "Flows"), ("public import Flows", "Flows"),
            ("@preconcurrency internal import Flows", "Flows"),
            ("import struct Flows.FlowKey", "Flows"), ("@testable import Flows", "Flows"),
        ])
    func importLines(line: String, module: String) {
        #expect(imported(line[...]) == module)
    }

    @Test("shows no module of C to other modules, but for one instruction")
    func wrapped() throws {
        for file in try SourceTree.swiftFiles(in: "Sources") {
            for (place, text) in file.places where text.contains("public import C") {
                guard let name = imported(text), name != "Capture" else { continue }
                #expect(name == "CPrefetch", "\(place): \(name) shows through")
            }
        }
    }

    @Test("has EventTime, its testing kit and its store of checkpoints as the library products, free of packets")
    func products() throws {
        let manifest = try SourceTree.text(of: "Package.swift")
        let libraries = manifest.matches(of: /\.library\(name: "(\w+)"/).map { String($0.1) }
        #expect(libraries == ["EventTime", "EventTimeTesting", "CheckpointStore"])
    }
}
