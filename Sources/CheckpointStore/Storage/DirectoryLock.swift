internal import Glibc

/// A lock on a directory, by an open file description lock on the file `lock` in it (fcntl(2), Linux 3.15): it goes
/// with the process, however that ends, two openings in one process exclude each other, and NFS passes it on.
///
/// The file says in words who holds it, for messages: process id and host. It stays when the lock is released.
final class DirectoryLock: CheckpointLock {
    static let fileName = "lock"
    // <fcntl.h> has them for GNU programs only; they are the same on every Linux.
    private static let getLock: CInt = 36
    private static let setLock: CInt = 37

    private let descriptor: CInt
    private let directory: String

    init(_ directory: String) throws(CheckpointError) {
        let path = directory + "/" + Self.fileName
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system(operation: .lock, path: path, code: errno) }
        var range = Self.wholeFile
        guard fcntl(descriptor, Self.setLock, &range) == 0 else {
            let code = errno
            let holder = Self.text(of: descriptor)
            close(descriptor)
            guard code == EAGAIN || code == EACCES else { throw .system(operation: .lock, path: path, code: code) }
            throw .inUse(directory: directory, holder: holder)
        }
        let text = Array("process \(getpid()) on \(Self.hostName)\n".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, text, text.count, 0)
        self.descriptor = descriptor
        self.directory = directory
    }

    func check() throws(CheckpointError) {
        var (mine, there) = (stat(), stat())
        guard fstat(descriptor, &mine) == 0, stat(directory + "/" + Self.fileName, &there) == 0,
            mine.st_dev == there.st_dev, mine.st_ino == there.st_ino
        else { throw .lockLost(directory: directory) }
    }

    deinit {
        ftruncate(descriptor, 0)
        // A process that is just being started may hold a copy of the descriptor until it executes its program.
        var range = Self.wholeFile
        range.l_type = Int16(F_UNLCK)
        _ = fcntl(descriptor, Self.setLock, &range)
        close(descriptor)
    }

    /// Who holds the lock of a directory; `nil` where nobody does. Does not touch the lock.
    static func holder(of directory: String) throws(CheckpointError) -> String? {
        let path = directory + "/" + Self.fileName
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(operation: .open, path: path, code: errno)
        }
        defer { close(descriptor) }
        var range = wholeFile
        guard fcntl(descriptor, getLock, &range) == 0 else {
            throw .system(operation: .lock, path: path, code: errno)
        }
        guard range.l_type != Int16(F_UNLCK) else { return nil }
        return text(of: descriptor) ?? "another process"
    }

    private static var wholeFile: flock {
        var range = flock()
        range.l_type = Int16(F_WRLCK)
        range.l_whence = Int16(SEEK_SET)
        return range
    }

    /// What the holder wrote: one short line of printable ASCII, or nothing.
    private static func text(of descriptor: CInt) -> String? {
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let line = bytes.prefix(max(0, count)).prefix { (0x20...0x7E).contains($0) }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    private static var hostName: String {
        var name = [UInt8](repeating: 0, count: 65)
        name.withUnsafeMutableBytes { bytes in
            if let start = bytes.bindMemory(to: CChar.self).baseAddress { gethostname(start, 64) }
        }
        return String(decoding: name.prefix { (0x21...0x7E).contains($0) }, as: UTF8.self)
    }
}
