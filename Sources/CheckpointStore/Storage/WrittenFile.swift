internal import Glibc

/// A file of a local directory that is being written.
///
/// What is large goes past the kernel's cache of files where the file system allows that (open(2), O_DIRECT): nobody
/// reads it before a restart, and to copy it there first, in pages that are wanted for that, takes a processor several
/// times as long. Bytes are collected for that, so the kernel learns of the last ones in ``synchronise()``, or where the
/// file is closed without that.
final class WrittenFile: CheckpointFileWriting {
    /// Bytes that are handed to the kernel together: whole blocks of any device.
    private static let blockByteCount = 1 << 19
    private static let alignment = 4096
    // <fcntl.h> has it for GNU programs only; its number depends on the processor.
    #if arch(arm64) || arch(arm)
        private static let direct: CInt = 0o200000
    #else
        private static let direct: CInt = 0o40000
    #endif

    private let descriptor: CInt
    private let path: String
    private let block: UnsafeMutableRawBufferPointer
    private var used = 0
    /// Nothing has been handed to the kernel yet.
    private var isNew = true
    private var isDirect = false

    /// Takes over a descriptor that is open for writing, of a file without content.
    init(_ descriptor: CInt, path: String) {
        self.descriptor = descriptor
        self.path = path
        block = .allocate(byteCount: Self.blockByteCount, alignment: Self.alignment)
    }

    deinit {
        // Nobody waits for these bytes to be on the disk, or the file is given up.
        try? handOnRest()
        close(descriptor)
        block.deallocate()
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) -> Int {
        if used == block.count {
            if isNew { setDirect(true) }
            try handOn()
        }
        let count = min(bytes.count, block.count - used)
        UnsafeMutableRawBufferPointer(rebasing: block[used...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
        used += count
        return count
    }

    func rewriteStart(_ bytes: [UInt8]) throws(CheckpointError) {
        if isNew {
            precondition(bytes.count <= used)
            block.copyBytes(from: bytes)
            return
        }
        try handOnRest()
        var done = 0
        while done < bytes.count {
            let written = bytes[done...].withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(done))
            }
            if written > 0 {
                done += written
            } else if written == 0 || errno != EINTR {
                throw .system(operation: .write, path: path, code: written == 0 ? ENOSPC : errno)
            }
        }
    }

    func synchronise() throws(CheckpointError) {
        try handOnRest()
        try Self.synchronise(descriptor, path: path)
    }

    /// What is in an open file or folder outlives a crash once this returned.
    static func synchronise(_ descriptor: CInt, path: String) throws(CheckpointError) {
        while fsync(descriptor) != 0 {
            // Never tried again after a failure: the kernel may have dropped the pages and call them clean.
            guard errno == EINTR else { throw .system(operation: .synchronise, path: path, code: errno) }
        }
    }

    /// Hands on what is no whole block, through the kernel's cache.
    private func handOnRest() throws(CheckpointError) {
        if isDirect { setDirect(false) }
        try handOn()
    }

    private func handOn() throws(CheckpointError) {
        var rest = UnsafeRawBufferPointer(rebasing: block[..<used])
        used = 0
        isNew = false
        while !rest.isEmpty {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
                // What follows half a block is no block.
                if isDirect, written % Self.alignment != 0 { setDirect(false) }
            } else if written < 0, errno == EINVAL || errno == EOPNOTSUPP, isDirect {
                // Some file systems say so only now.
                setDirect(false)
            } else if written == 0 || errno != EINTR {
                throw .system(operation: .write, path: path, code: written == 0 ? ENOSPC : errno)
            }
        }
    }

    /// Where the file system knows no such thing, the file is written as any other.
    private func setDirect(_ isWanted: Bool) {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0 else { return }
        let isSet = fcntl(descriptor, F_SETFL, isWanted ? flags | Self.direct : flags & ~Self.direct) == 0
        isDirect = isWanted && isSet
    }
}
