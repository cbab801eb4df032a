internal import Glibc

/// Checkpoints in a directory of a local file system, or of NFS with locks (`tidemark-checkpoint(5)` says what it
/// must be mounted with).
public struct LocalDirectory: CheckpointStorage {
    public let location: String

    /// A directory that may or may not be there.
    public init(_ path: String) { location = path }

    /// Makes the directory, and those it is in, where it is missing.
    public func make() throws(CheckpointError) {
        guard mkdir(location, 0o777) != 0 else { return }
        if errno == ENOENT, let parent = Self.parent(of: location) {
            try LocalDirectory(parent).make()
            guard mkdir(location, 0o777) != 0 else { return }
        }
        let code = errno
        var information = stat()
        if code == EEXIST, stat(location, &information) == 0, information.st_mode & S_IFMT == S_IFDIR { return }
        throw .system(operation: .createFolder, path: location, code: code)
    }

    private static func parent(of path: String) -> String? {
        let trimmed = path.utf8.reversed().drop { $0 == UInt8(ascii: "/") }
        let parent = trimmed.drop { $0 != UInt8(ascii: "/") }.drop { $0 == UInt8(ascii: "/") }
        return parent.isEmpty ? nil : String(decoding: parent.reversed(), as: UTF8.self)
    }

    private func path(_ name: String) -> String { "\(location)/\(name)" }

    public func names() throws(CheckpointError) -> [String] { try Self.names(in: location) }

    private static func names(in path: String) throws(CheckpointError) -> [String] {
        guard let stream = opendir(path) else { throw .system(operation: .list, path: path, code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw .system(operation: .list, path: path, code: errno) }
                return names
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }

    public func makeFolder(_ folder: String) throws(CheckpointError) {
        guard mkdir(path(folder), 0o777) == 0 else {
            throw .system(operation: .createFolder, path: path(folder), code: errno)
        }
    }

    public func makeFile(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileWriting {
        let path = path(folder) + "/" + file
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system(operation: .createFile, path: path, code: errno) }
        return WrittenFile(descriptor, path: path)
    }

    /// A file that is there already, for appending: a device, for tests.
    static func appending(to path: String) throws(CheckpointError) -> any CheckpointFileWriting {
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(operation: .open, path: path, code: errno) }
        return WrittenFile(descriptor, path: path)
    }

    public func synchronise(folder: String) throws(CheckpointError) {
        try Self.synchroniseFolder(path(folder))
    }

    public func synchronise() throws(CheckpointError) { try Self.synchroniseFolder(location) }

    private static func synchroniseFolder(_ path: String) throws(CheckpointError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(operation: .synchronise, path: path, code: errno) }
        defer { close(descriptor) }
        try WrittenFile.synchronise(descriptor, path: path)
    }

    public func rename(_ folder: String, to name: String) throws(CheckpointError) {
        guard Glibc.rename(path(folder), path(name)) == 0 else {
            throw .system(operation: .rename, path: path(folder), code: errno)
        }
    }

    public func remove(_ folder: String) throws(CheckpointError) {
        try Self.remove(path(folder), isTop: true)
    }

    private static func remove(_ path: String, isTop: Bool) throws(CheckpointError) {
        // Links are removed themselves, never what they lead to.
        guard unlink(path) != 0, errno != ENOENT else { return }
        // A folder: EISDIR on Linux, EPERM by POSIX.
        guard errno == EISDIR || errno == EPERM, isTop else {
            throw .system(operation: .remove, path: path, code: errno)
        }
        for name in try names(in: path) { try remove(path + "/" + name, isTop: false) }
        guard rmdir(path) == 0 || errno == ENOENT else {
            throw .system(operation: .remove, path: path, code: errno)
        }
    }

    public func open(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileReading {
        let path = path(folder) + "/" + file
        // A pipe put there must not block.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(operation: .open, path: path, code: errno) }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .system(operation: .open, path: path, code: EINVAL)
        }
        return LocalFile(descriptor, path: path, byteCount: UInt64(clamping: information.st_size))
    }

    public func lock() throws(CheckpointError) -> any CheckpointLock { try DirectoryLock(location) }
}

/// A file that is being read.
private final class LocalFile: CheckpointFileReading {
    private let descriptor: CInt
    private let path: String
    let byteCount: UInt64

    init(_ descriptor: CInt, path: String, byteCount: UInt64) {
        self.descriptor = descriptor
        self.path = path
        self.byteCount = byteCount
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Int {
        while true {
            let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if got >= 0 { return got }
            guard errno == EINTR else { throw .system(operation: .read, path: path, code: errno) }
        }
    }
}
