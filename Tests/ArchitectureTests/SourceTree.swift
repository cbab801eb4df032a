import Foundation

/// The package's own files, as text.
enum SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct File {
        /// Path from the package's root.
        var path: String
        var lines: [Substring]

        /// Each line as `path:line`, from 1, and its text.
        var places: [(place: String, text: Substring)] {
            lines.enumerated().map { ("\(path):\($0.offset + 1)", $0.element) }
        }
    }

    /// All Swift files in a folder of the package and in its folders.
    static func swiftFiles(in folder: String) throws -> [File] {
        try paths(in: folder).filter { $0.hasSuffix(".swift") }.map { path in
            let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
            return File(path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        }
    }

    /// Paths of all files and folders below a folder, from the package's root, in order.
    static func paths(in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
            .sorted().map { "\(folder)/\($0)" }
    }

    /// The names of the folders right in a folder, in order.
    static func folders(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(
            at: root.appending(path: folder), includingPropertiesForKeys: [.isDirectoryKey]
        )
        .filter { $0.hasDirectoryPath }.map(\.lastPathComponent).sorted()
    }

    static func text(of path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}
