public import Foundation

/// Captures about which something is known: the project's own, and those that may lie beside it.
public enum KnownCaptures {
    /// The package's folder.
    public static let package: URL = {
        var folder = URL(filePath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        return folder
    }()

    /// `captures/`, recorded for this project.
    public static let own = package.appending(path: "captures")

    /// `shared/captures` beside the package, or beside the folder that a worktree is in; `nil` where it is not there.
    public static let shared: URL? = {
        var folder = package
        for _ in 0..<2 {
            folder.deleteLastPathComponent()
            let candidate = folder.appending(path: "shared/captures")
            if FileManager.default.fileExists(atPath: candidate.appending(path: "dev").path) { return candidate }
        }
        return nil
    }()

    /// The names in a folder, in order; none where it is not there. Folders and hidden files apart.
    public static func names(in folder: URL?) -> [String] {
        guard let folder else { return [] }
        let found = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return found.filter { name in
            var isFolder: ObjCBool = false
            let path = folder.appending(path: name).path
            return !name.hasPrefix(".") && FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }
}
