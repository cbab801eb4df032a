import Foundation
import Testing

/// A program of the Swift toolchain, for tests of what it says of the modules that they were built with.
struct SwiftTool {
    let program: URL

    /// `nil` where it is not in the PATH.
    init?(_ name: String) {
        let found = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
            .map { URL(filePath: String($0)).appending(path: name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        guard let found else { return nil }
        program = found
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Options that find the modules.
    static func modules() throws -> [String] {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return [
            "-I", URL(filePath: tests).deletingLastPathComponent().appending(path: "Modules").path,
            "-I", root.appending(path: "Sources/CPrefetch").path, "-I",
            root.appending(path: "Sources/CMemory").path,
        ]
    }

    /// Runs it to its end. What it writes to standard error and output comes back.
    func run(_ arguments: [String]) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        let output = Pipe()
        process.standardError = output
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
