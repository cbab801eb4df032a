// write(2), open(2), close(2).

internal import Glibc

/// One place that rows go to: a file, or standard output. It holds nothing back; what is written at once is for its
/// users to say, and they do so in whole rows.
final class OutputFile {
    /// The path, or `standard output`.
    let name: String
    static let standardOutputName = "standard output"
    /// Bytes that the kernel has taken, from the beginning of the file.
    private(set) var position = 0
    /// Standard output whose reader has gone: what is written from then on is thrown away.
    private(set) var isAbandoned = false

    /// False for a file that was opened by its path.
    var isStandardOutput: Bool { path == nil }

    private let path: String?
    private var descriptor: Int32
    private var isRegular: Bool
    private var tail = FileTail()

    /// Creates the file, or empties it.
    init(path: String) throws(ReportError) {
        name = path
        self.path = path
        descriptor = try Self.open(path, flags: O_TRUNC)
        isRegular = Self.isRegular(descriptor)
    }

    /// Opens the file as it is; ``goOn(at:)`` follows.
    init(pathAsItIs path: String) throws(ReportError) {
        name = path
        self.path = path
        descriptor = try Self.open(path, flags: 0)
        isRegular = Self.isRegular(descriptor)
    }

    /// Goes on behind the first `position` bytes: a file is cut back to them.
    func goOn(at position: Int) throws(ReportError) {
        self.position = position
        guard isRegular, let path else { return }
        guard ftruncate(descriptor, off_t(position)) == 0, lseek(descriptor, off_t(position), SEEK_SET) >= 0 else {
            throw .cannotWrite(path: name, code: errno, position: position)
        }
        tail = FileTail(ofFile: path, before: position)
    }

    /// Whether there is a regular file.
    static func isRegular(path: String) -> Bool {
        var information = stat()
        return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
    }

    /// What was written so far, all of which is with the kernel.
    var committed: ReportCommit.File {
        let (count, digest) = tail.summary
        return ReportCommit.File(
            name: name, position: UInt64(position), canBeCutBack: path != nil && isRegular,
            tailCount: count, tailDigest: digest)
    }

    private static func isRegular(_ descriptor: Int32) -> Bool {
        var information = stat()
        return fstat(descriptor, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
    }

    /// A second descriptor of a file that can be flushed to disk.
    func duplicate() -> (name: String, descriptor: Int32)? {
        guard path != nil, isRegular else { return nil }
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        return copy < 0 ? nil : (name, copy)
    }

    /// Writes to a descriptor that is open already and stays so, such as standard output.
    init(descriptor: Int32, name: String = OutputFile.standardOutputName) {
        self.name = name
        path = nil
        self.descriptor = descriptor
        isRegular = Self.isRegular(descriptor)
    }

    deinit {
        if path != nil, descriptor >= 0 { _ = Glibc.close(descriptor) }
    }

    /// Hands all of `text` to the kernel and empties it, also where that fails.
    func write(_ text: inout TextBuffer) throws(ReportError) {
        defer { text.removeAll() }
        guard !isAbandoned else { return }
        var done = 0
        defer { tail.append(UnsafeRawBufferPointer(rebasing: text.bytes[..<done])) }
        while done < text.count {
            let rest = UnsafeRawBufferPointer(rebasing: text.bytes[done...])
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written >= 0 {
                done += written
                position += written
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: waitUntilWritable()
            case EPIPE where isStandardOutput:
                isAbandoned = true
                return
            case let code: throw .cannotWrite(path: name, code: code, position: position)
            }
        }
    }

    /// Closes a file that was opened by its path. Some file systems report a full disk only here.
    func close() throws(ReportError) {
        guard path != nil, descriptor >= 0 else { return }
        let status = Glibc.close(descriptor)
        let code = errno
        descriptor = -1
        if status != 0, code != EINTR { throw .cannotWrite(path: name, code: code, position: position) }
    }

    /// Opens the path anew, for when a log rotation has moved the file away. What lies there by now is kept and
    /// added to, so that a reopening without a move loses nothing. Returns whether the file is empty.
    func reopen() throws(ReportError) -> Bool {
        guard let path else { return false }
        try close()
        descriptor = try Self.open(path, flags: O_APPEND)
        isRegular = Self.isRegular(descriptor)
        let end = lseek(descriptor, 0, SEEK_END)
        position = end > 0 ? Int(end) : 0
        tail.removeAll()
        return position == 0
    }

    /// Whether both are one regular file, under whatever names.
    func isSameFile(as other: OutputFile) -> Bool {
        var mine = stat()
        var theirs = stat()
        guard fstat(descriptor, &mine) == 0, fstat(other.descriptor, &theirs) == 0 else { return false }
        guard mine.st_mode & S_IFMT == S_IFREG else { return false }
        return mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino
    }

    private func waitUntilWritable() {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wait, 1, -1)
    }

    private static func open(_ path: String, flags: Int32) throws(ReportError) -> Int32 {
        while true {
            let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o666)
            if descriptor >= 0 { return descriptor }
            let code = errno
            if code != EINTR { throw .cannotCreate(path: path, code: code) }
        }
    }
}
