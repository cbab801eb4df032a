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
        printAverages(of: [(0, 1, 10), (5 * .second, 1, 20), (70 * .second, 2, 5)])
    }
}
