internal import Glibc

extension CheckpointCatalog {
    /// What a person means by a path: a directory of checkpoints, or one checkpoint in it, which may have any name.
    /// `nil` where it is neither.
    public static func find(
        _ path: String
    ) throws(CheckpointError) -> (catalog: CheckpointCatalog, folder: String?)? {
        let directory = LocalDirectory(path)
        let names: [String]
        do throws(CheckpointError) {
            names = try directory.names()
        } catch .system(_, _, ENOTDIR) {
            return nil
        }
        let (parent, name) = split(path)
        if names.contains(CheckpointManifest.fileName) || CheckpointName(name) != nil {
            return (CheckpointCatalog(parent), name)
        }
        let isStore = names.contains { CheckpointName($0) != nil || $0 == DirectoryLock.fileName }
        return isStore ? (CheckpointCatalog(path), nil) : nil
    }

    /// A path's last word and what stands before it; words that name no folder are resolved.
    private static func split(_ path: String) -> (parent: String, name: String) {
        var words = path.split(separator: "/")
        if words.isEmpty || words.last == "." || words.last == "..", let resolved = realpath(path, nil) {
            defer { free(resolved) }
            return split(resolved: String(cString: resolved))
        }
        let name = words.isEmpty ? "" : String(words.removeLast())
        let start = path.hasPrefix("/") ? "/" : ""
        let parent = start + words.joined(separator: "/")
        return (parent.isEmpty ? "." : parent, name)
    }

    private static func split(resolved path: String) -> (parent: String, name: String) {
        var words = path.split(separator: "/")
        let name = words.isEmpty ? "" : String(words.removeLast())
        return ("/" + words.joined(separator: "/"), name)
    }
}
