internal import Glibc

/// Which input something is, so that a restored position is not used in another one.
public struct InputIdentity: Hashable, Sendable {
    /// As the command names it.
    public var name: String
    /// `nil` for what is no regular file: a pipe, an interface.
    public var file: File?

    public struct File: Hashable, Sendable {
        public var byteCount: UInt64
        /// Nanoseconds since the Unix epoch.
        public var modified: Int64
        public var device: UInt64
        public var inode: UInt64
        /// How many bytes from the file's beginning ``startChecksum`` covers.
        public var startByteCount: UInt64
        /// CRC-32.
        public var startChecksum: UInt32

        public init(
            byteCount: UInt64, modified: Int64, device: UInt64, inode: UInt64, startByteCount: UInt64,
            startChecksum: UInt32
        ) {
            self.byteCount = byteCount
            self.modified = modified
            self.device = device
            self.inode = inode
            self.startByteCount = startByteCount
            self.startChecksum = startChecksum
        }
    }

    public init(name: String, file: File? = nil) {
        self.name = name
        self.file = file
    }

    /// The same file seen as `earlier` saw it: with the checksum of no more of its beginning than there was then, so
    /// that the two can be compared. Throws where the file cannot be read.
    public func comparable(with earlier: InputIdentity) throws(CheckpointError) -> InputIdentity {
        guard let then = earlier.file?.startByteCount, let now = file?.startByteCount, then < now else {
            return self
        }
        return try InputIdentity(path: name, startByteCount: then)
    }

    /// How much of a file's beginning is looked at.
    static let startByteCount = 1 << 16

    /// Looks at a file: its `stat`, and the CRC-32 of its first 64 KiB, or of its first `startByteCount` bytes where
    /// it is to be compared with an identity that covers so many.
    public init(path: String, startByteCount: UInt64? = nil) throws(CheckpointError) {
        self.init(name: path)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(operation: .open, path: path, code: errno) }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else {
            throw .system(operation: .read, path: path, code: errno)
        }
        guard information.st_mode & S_IFMT == S_IFREG else { return }
        let wanted = Int(min(startByteCount ?? .max, UInt64(Self.startByteCount)))
        var start = [UInt8](repeating: 0, count: wanted)
        var count = 0
        while count < wanted {
            let got = start.withUnsafeMutableBytes { buffer in
                pread(descriptor, buffer.baseAddress.map { $0 + count }, wanted - count, off_t(count))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .system(operation: .read, path: path, code: errno) }
            if got == 0 { break }
            count += got
        }
        file = File(
            byteCount: UInt64(clamping: information.st_size),
            modified: Int64(information.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(information.st_mtim.tv_nsec),
            device: UInt64(information.st_dev), inode: UInt64(information.st_ino),
            startByteCount: UInt64(count), startChecksum: Checksum.of(start[..<count]))
    }
}
