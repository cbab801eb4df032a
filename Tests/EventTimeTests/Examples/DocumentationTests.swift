import EventTime
import Foundation
import TestSupport
import Testing

@Suite("The documentation")
struct DocumentationTests {
    private static let here = URL(filePath: #filePath).deletingLastPathComponent()
    private static let catalogue = here.appending(path: "../../../Sources/EventTime/EventTime.docc").standardized

    private static func files(_ folder: URL, _ kind: String) -> [URL] {
        let files =
            (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == kind }.sorted { $0.path < $1.path }
    }

    /// Lines without the indentation that all of them have.
    private func outdented(_ lines: some Collection<Substring>) -> [Substring] {
        let indentation = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { $0.dropFirst(min(indentation, $0.prefix { $0 == " " }.count)) }
    }

    private func samples(in article: URL) throws -> [[Substring]] {
        let text = try String(contentsOf: article, encoding: .utf8)
        return text.components(separatedBy: "```swift\n").dropFirst().map { part in
            let sample = part.components(separatedBy: "\n```")[0]
            return String(sample).split(separator: "\n", omittingEmptySubsequences: false).map {
                Substring(String($0))
            }
        }
    }

    @Test("shows no code that is not compiled here", arguments: files(catalogue, "md").map(\.lastPathComponent))
    func samples(article: String) throws {
        let sources = try Self.files(Self.here, "swift").map { file in
            try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        }
        for sample in try samples(in: Self.catalogue.appending(path: article)) {
            let wanted = outdented(sample)
            let isThere = sources.contains { lines in
                lines.count >= wanted.count
                    && (0...(lines.count - wanted.count)).contains { start in
                        outdented(lines[start..<start + wanted.count]) == wanted
                    }
            }
            #expect(isThere, "\(article):\n\(sample.joined(separator: "\n"))")
        }
    }

    @Test("has a landing page that names every article, and samples in its articles")
    func articles() throws {
        let articles = Self.files(Self.catalogue, "md")
        let landing = try String(contentsOf: Self.catalogue.appending(path: "EventTime.md"), encoding: .utf8)
        for article in articles where article.lastPathComponent != "EventTime.md" {
            #expect(landing.contains("<doc:\(article.deletingPathExtension().lastPathComponent)>"))
        }
        #expect(articles.count >= 5)
        #expect(try articles.reduce(0) { try $0 + samples(in: $1).count } >= 12)
    }

    @Test(
        "is converted without a warning: each link leads somewhere",
        .enabled(
            if: SwiftTool("docc") != nil && SwiftTool("swift-symbolgraph-extract") != nil,
            "no docc or swift-symbolgraph-extract in the PATH"))
    func conversion() throws {
        let folder = try ScratchFolder()
        let target = try #require(SwiftTool("swiftc")).run(["-print-target-info"]).text
        let triple = try #require(target.firstMatch(of: /"triple": *"([^"]+)"/)).1
        let symbols = try #require(SwiftTool("swift-symbolgraph-extract")).run(
            ["-module-name", "EventTime", "-target", String(triple)] + SwiftTool.modules()
                + [
                    "-minimum-access-level", "public", "-skip-synthesized-members", "-output-dir",
                    folder.path("."),
                ])
        #expect(symbols.status == 0, "\(symbols.text)")
        let pages = try #require(SwiftTool("docc")).run([
            "convert", Self.catalogue.path, "--additional-symbol-graph-dir", folder.path("."),
            "--fallback-display-name", "EventTime", "--fallback-bundle-identifier", "EventTime",
            "--output-path", folder.path("pages"),
        ])
        #expect(pages.status == 0 && !pages.text.contains("warning:"), "\(pages.text)")
    }

    @Test("says of the tutorial's pipelines what they give")
    func tutorial() throws {
        #expect(
            try warmMeasurements() == ["attic 20.0", "attic 21.0", "attic 22.0", "attic 99.0"])
        let averages = [
            "attic until 60 s: 20.0", "cellar until 60 s: 9.0", "attic until 120 s: 21.0",
            "cellar until 180 s: 8.0",
        ]
        #expect(try tutorialAverages() == averages)
        #expect(try checkpointedAverages() == averages)
        let folder = try ScratchFolder()
        #expect(try keptAverages(in: folder.path("checkpoints")) == averages)
        // All of it is in the last checkpoint: nothing is left to do.
        #expect(try keptAverages(in: folder.path("checkpoints")) == [])
        let resumed = try resumedAverages()
        #expect(resumed.before.isEmpty && resumed.after == averages)
        let article = try String(
            contentsOf: Self.catalogue.appending(path: "FromAnArrayToAPipeline.md"), encoding: .utf8)
        #expect(article.contains("```\n" + averages.joined(separator: "\n") + "\n```"))
    }

    @Test("says of sketches what they give")
    func sketches() throws {
        let clicks = [("ada", "home"), ("bob", "home"), ("ada", "home"), ("ada", "cart")].enumerated().map {
            Click(user: $0.element.0, time: Nanoseconds($0.offset) * .second, page: $0.element.1)
        }
        #expect(try dailyVisitors(of: clicks) == ["cart: 1", "home: 2"])
        let slow = try slowestPages(of: [("home", 0, 20.0), ("cart", 1 * .second, 2000.0)])
        #expect(slow.count == 6 && slow[0] == "cart at 9 s")
    }
}
