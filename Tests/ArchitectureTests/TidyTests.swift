import Foundation
import Testing

@Suite("The sources are tidy")
struct TidyTests {
    @Test("no file is longer than 500 lines", arguments: ["Sources", "Tests"])
    func lengths(folder: String) throws {
        for file in try SourceTree.swiftFiles(in: folder) {
            #expect(file.lines.count <= 501, "\(file.path) has \(file.lines.count - 1) lines")
        }
    }

    @Test("nothing from outside can stop the program: errors are thrown, and casts are conditional")
    func noTraps() throws {
        for file in try SourceTree.swiftFiles(in: "Sources") {
            for (place, text) in file.places {
                let found = text.firstMatch(of: /\btry!|\bas!|\bfatalError\b/)
                #expect(found == nil, "\(place): \(text)")
            }
        }
    }

    @Test("nothing is left for later")
    func noReminders() throws {
        for folder in ["Sources", "Tests"] {
            // This file names them.
            for file in try SourceTree.swiftFiles(in: folder) where !file.path.hasSuffix("TidyTests.swift") {
                for (place, text) in file.places {
                    #expect(!text.contains(/\b(TODO|FIXME|XXX)\b/), "\(place): \(text)")
                }
            }
        }
    }

    @Test("no file or folder is a drawer for things without a place")
    func names() throws {
        let drawers: Set<String> = ["utils", "util", "utilities", "helpers", "helper", "common", "misc", "shared"]
        for path in try SourceTree.paths(in: "Sources") + SourceTree.paths(in: "Tests") {
            let name = URL(filePath: path).deletingPathExtension().lastPathComponent.lowercased()
            #expect(!drawers.contains(name), "\(path)")
        }
    }

    @Test("every dependency has a decision that says why")
    func decisions() throws {
        let manifest = try SourceTree.text(of: "Package.swift")
        var dependencies = manifest.matches(of: /\.package\(url: ".*\/([\w-]+)"/).map { String($0.1) }
        dependencies += manifest.matches(of: /pkgConfig: "([\w-]+)"/).map { String($0.1) }
        #expect(dependencies.count >= 5)
        let decisions = try SourceTree.paths(in: "Docs/decisions").joined(separator: "\n")
        for dependency in dependencies {
            #expect(decisions.contains(dependency), "no decision in Docs/decisions is named after \(dependency)")
        }
    }
}
