import Foundation
import Testing

/// Pipelines are composed by type: the compiler, which is asked here, takes the right one and refuses the wrong ones,
/// each for the reason that its first line names.
@Suite("A pipeline")
struct WrongPipelineTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "WrongPipelines")
    private static let wrong =
        ((try? FileManager.default.contentsOfDirectory(atPath: sources.path)) ?? [])
        .filter { $0.hasSuffix(".swift") && $0 != "right.swift" }.sorted()
    private static let compiler = SwiftTool("swiftc")

    /// The compiler's errors, a line each.
    private func errors(in source: String) throws -> [Substring] {
        // Who consumes what twice is found behind the check of types.
        let options = ["-emit-sil", "-o", "/dev/null", "-parse-as-library", "-module-name", "Sample"]
        let (status, text) = try #require(Self.compiler).run(
            options + ["-swift-version", "6"] + SwiftTool.modules() + [Self.sources.appending(path: source).path])
        let errors = text.split(separator: "\n").filter { $0.contains(": error:") }
        // A compiler that cannot read the modules says so without a place in the source.
        #expect(errors.allSatisfy { $0.contains(source) }, "\(text)")
        #expect((status == 0) == errors.isEmpty, "\(text)")
        return errors
    }

    @Test("that is right compiles", .enabled(if: compiler != nil, "no swiftc in the PATH"))
    func right() throws { #expect(try errors(in: "right.swift").isEmpty) }

    @Test(
        "that is wrong does not compile", .enabled(if: compiler != nil, "no swiftc in the PATH"), arguments: wrong)
    func isRefused(source: String) throws {
        let text = try String(contentsOf: Self.sources.appending(path: source), encoding: .utf8)
        let mark = "// error: "
        let first = try #require(text.split(separator: "\n").first)
        #expect(first.hasPrefix(mark))
        let error = try #require(try errors(in: source).first)
        #expect(error.contains(first.dropFirst(mark.count)), "\(error)")
    }

    @Test("has its wrong ones here") func areThere() { #expect(Self.wrong.count >= 8) }
}
