import Capture
import Foundation
import Testing

/// Where a program is, or `nil`.
private func locate(_ program: String) -> String? {
    ["/usr/bin/", "/bin/", "/usr/local/bin/"].map { $0 + program }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// The formats whose own command is installed.
let installedCompressors = CompressionFormat.allCases.filter { locate($0.rawValue) != nil }

/// Compresses bytes with the format's own command.
func compress(_ bytes: [UInt8], _ format: CompressionFormat, _ options: [String] = []) throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let input = try folder.write(bytes, as: "input")
    let output = try folder.write([], as: "output")
    let process = Process()
    process.executableURL = URL(filePath: try #require(locate(format.rawValue)))
    process.arguments = ["-c"] + options + [input]
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return Array(try Data(contentsOf: URL(filePath: output)))
}
