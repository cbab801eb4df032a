public import Foundation

/// A folder for one test's files, removed with its last reference.
public final class ScratchFolder: Sendable {
    public let path: String

    public init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "tidemark-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a file in the folder.
    public func path(_ name: String) -> String { path + "/" + name }

    /// Writes a file, with the folders it is in, and gives its path.
    @discardableResult
    public func write(_ bytes: some Sequence<UInt8>, as name: String) throws -> String {
        let file = path(name)
        let folder = URL(filePath: file).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }

    /// What a file holds.
    public func bytes(_ name: String) throws -> Data { try Data(contentsOf: URL(filePath: path(name))) }

    public func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }
}
