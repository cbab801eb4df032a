import Foundation
import Testing

@Suite("The README")
struct ReadmeTests {
    @Test("shows an example that is compiled here, and runs")
    func example() throws {
        let here = URL(filePath: #filePath).deletingLastPathComponent()
        let root = here.deletingLastPathComponent().deletingLastPathComponent()
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let example = try String(contentsOf: here.appending(path: "ReadmeExample.swift"), encoding: .utf8)
        #expect(readme.contains("```swift\n" + example + "```"))
        // The one of streams is the tutorial's, which is compared there.
        let article = try String(
            contentsOf: root.appending(path: "Sources/EventTime/EventTime.docc/FromAnArrayToAPipeline.md"),
            encoding: .utf8)
        let start = try #require(readme.range(of: "```swift\nfunc minuteAverages"))
        let sample = try #require(readme[start.lowerBound...].components(separatedBy: "\n```\n").first)
        #expect(article.contains(sample))
        printAverages(of: [(0, 1, 10), (5 * .second, 1, 20), (70 * .second, 2, 5)])
    }
}
