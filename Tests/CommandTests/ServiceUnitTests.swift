import Foundation
import TestSupport
import Testing

@Suite("The systemd unit")
struct ServiceUnitTests {
    private static let analyzer = "/usr/bin/systemd-analyze"
    private static let isInstalled = FileManager.default.isExecutableFile(atPath: analyzer)

    private static func text() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "deploy/tidemark-live@.service"), encoding: .utf8)
    }

    @Test("is one that systemd takes", .enabled(if: isInstalled, "systemd-analyze is not installed"))
    func verified() throws {
        let folder = try ScratchFolder()
        let unit = try Self.text().replacing("/usr/local/bin/tidemark", with: BuiltCommand.path)
        let path = try folder.write(Array(unit.utf8), as: "tidemark-live@lo.service")
        let run = try RunningCommand(Self.analyzer, ["verify", "--man=no", path]).wait()
        #expect(run.status == 0)
        #expect(!run.errors.contains("tidemark-live@lo.service"), "\(run.errors)")
    }

    @Test("starts the command with options that it has")
    func options() throws {
        let folder = try ScratchFolder()
        let line = try #require(try Self.text().split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
        let words = line.split(separator: " ").dropFirst().map {
            $0.replacing("%i", with: "no-such-if").replacing("%L", with: folder.path)
        }
        // Past the command line and as far as the interface.
        let run = try BuiltCommand.run(words.map(String.init))
        #expect([66, 77].contains(run.status), "\(run.errors)")
        #expect(run.errors.contains("no-such-if"))
    }
}
