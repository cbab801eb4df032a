import Glibc

/// An open file, pipe or standard input, read from its beginning to its end; closed with its last reference.
final class InputFile {
    let name: String
    private let descriptor: CInt
    private let isOwned: Bool
    /// Bytes that were looked at and not yet read: see ``firstBytes(_:)``.
    private var lookedAt: [UInt8] = []
    /// Bytes handed out by ``read(into:)``: the position in the file.
    private(set) var bytesRead: UInt64 = 0

    init(_ source: CaptureSource) throws(CaptureError) {
        name = source.name
        switch source.input {
        case .standardInput:
            descriptor = STDIN_FILENO
            isOwned = false
        case .path(let path):
            descriptor = try Self.open(path)
            isOwned = true
        }
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// Opens a file for reading. Where the process has too many files open, its own limit is raised as far as the
    /// system allows, once: many captures that overlap in time are all open at the same time.
    private static func open(_ path: String) throws(CaptureError) -> CInt {
        var descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == EMFILE {
            var limit = rlimit()
            if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max
            {
                limit.rlim_cur = limit.rlim_max
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            }
            descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw .cannotOpen(path, reason: systemMessage(errno)) }
        return descriptor
    }

    /// The first bytes of the file, at most `count`, without reading them: a pipe cannot be rewound.
    func firstBytes(_ count: Int) throws(CaptureError) -> [UInt8] {
        precondition(bytesRead == 0, "the file was read already")
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { bytes.deallocate() }
        while lookedAt.count < count {
            let got = try fill(UnsafeMutableRawBufferPointer(rebasing: bytes[lookedAt.count...]))
            if got == 0 { break }
            lookedAt += bytes[lookedAt.count..<lookedAt.count + got]
        }
        return lookedAt
    }

    /// Reads what there is, at most as much as fits; 0 at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        var got = 0
        if lookedAt.isEmpty {
            got = try fill(buffer)
        } else {
            got = min(lookedAt.count, buffer.count)
            buffer.copyBytes(from: lookedAt[..<got])
            lookedAt.removeFirst(got)
        }
        bytesRead += UInt64(got)
        return got
    }

    private var isRegular: Bool {
        var information = stat()
        return fstat(descriptor, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
    }

    /// Passes over up to `count` bytes of a regular file, never beyond its end; `nil` where the system cannot.
    func seek(ahead count: UInt64) -> UInt64? {
        var information = stat()
        guard lookedAt.isEmpty, fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        let here = lseek(descriptor, 0, SEEK_CUR)
        guard here >= 0, information.st_size > here else { return nil }
        let distance = Int(clamping: min(count, UInt64(information.st_size - here)))
        guard lseek(descriptor, distance, SEEK_CUR) >= 0 else { return nil }
        bytesRead += UInt64(distance)
        return UInt64(distance)
    }

    private func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
        while true {
            let got = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            if got >= 0 { return got }
            guard errno == EINTR else {
                throw .cannotRead(name, offset: bytesRead, reason: systemMessage(errno))
            }
            // Only a pipe can end where it is; a file's end is its own.
            if CaptureInterruption.isRequested, !isRegular { return 0 }
        }
    }
}
