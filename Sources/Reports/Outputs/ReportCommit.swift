// open(2), pread(2), fstat(2), ftruncate(2), fdatasync(2).

public import EventTime
internal import Glibc

/// What all outputs of a run had taken at one point of the stream: everything before the positions belongs to it and
/// nothing behind them.
public struct ReportCommit: Sendable, Hashable {
    /// One file that rows go to.
    public struct File: Sendable, Hashable {
        /// The path, or `standard output`.
        public var name: String
        /// Bytes from the beginning of the file.
        public var position: UInt64
        /// Whether it is a file that was opened by its name and can be cut back; else a pipe, a device or standard
        /// output, where what was written stays.
        public var canBeCutBack: Bool
        /// How many bytes before the position ``tailDigest`` covers: it tells the file from another one.
        var tailCount: UInt32
        var tailDigest: UInt64
    }

    public var files: [File]
    /// What the outputs hold beside the files: columns' widths, the best rows so far.
    var state: [UInt8]

    /// Why the files are not as they were when this was committed: a sentence for each that is shorter, missing or
    /// another one. What has been added since does not count: it will be cut off.
    public func differences() -> [String] { files.compactMap { $0.difference() } }
}

extension ReportCommit.File {
    /// What stands between this file and going on with it.
    func difference() -> String? {
        guard canBeCutBack else {
            // Its rows went elsewhere: those to come are not the whole of a file.
            return name != OutputFile.standardOutputName && OutputFile.isRegular(path: name)
                ? "\(name): was no file when the checkpoint was taken, and is one now" : nil
        }
        let descriptor = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return "\(name): \(ReportError.words(of: errno))" }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            return "\(name): was a file when the checkpoint was taken, and is none now"
        }
        guard UInt64(information.st_size) >= position else {
            return """
                \(name): has \(information.st_size) bytes, and had \(position) when the checkpoint was taken
                """
        }
        var tail = [UInt8](repeating: 0, count: Int(tailCount))
        let got = pread(descriptor, &tail, tail.count, off_t(position) - off_t(tail.count))
        guard got == tail.count, FileTail.digest(tail[...]) == tailDigest else {
            return "\(name): is not the file that was written when the checkpoint was taken"
        }
        return nil
    }
}

extension ReportCommit: StateValue {
    public func encode(into state: inout StateEncoder) {
        state.encode(UInt64(files.count))
        for file in files {
            file.name.encode(into: &state)
            state.encode(file.position)
            file.canBeCutBack.encode(into: &state)
            state.encode(file.tailCount)
            state.encode(file.tailDigest)
        }
        self.state.encode(into: &state)
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        files = []
        for _ in 0..<(try state.decodeCount(elementSize: 29)) {
            let file = File(
                name: try String(from: &state), position: try state.decode(),
                canBeCutBack: try Bool(from: &state), tailCount: try state.decode(), tailDigest: try state.decode())
            guard file.position < 1 << 62, file.tailCount <= FileTail.capacity, file.tailCount <= file.position
            else { throw state.invalid("an output of \(file.position) bytes") }
            files.append(file)
        }
        self.state = try [UInt8](from: &state)
    }
}

/// The last bytes written to a file, by which it is known again.
struct FileTail {
    static let capacity = 4096
    private var bytes: [UInt8] = []

    mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes += UnsafeRawBufferPointer(rebasing: more[max(0, more.count - Self.capacity)...])
        if bytes.count > 2 * Self.capacity { bytes.removeFirst(bytes.count - Self.capacity) }
    }

    mutating func removeAll() { bytes.removeAll() }

    /// What stands in a file before `position`, as far as it is covered; nothing where the file cannot be read.
    init(ofFile path: String, before position: Int) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let count = min(position, Self.capacity)
        var last = [UInt8](repeating: 0, count: count)
        if pread(descriptor, &last, count, off_t(position - count)) == count { bytes = last }
    }

    init() {}

    /// How many bytes are covered, and their digest.
    var summary: (count: UInt32, digest: UInt64) {
        let last = bytes.suffix(Self.capacity)
        return (UInt32(last.count), Self.digest(last))
    }

    /// FNV-1a of 64 bits (Fowler, Noll and Vo): tells files apart, and protects from nothing else.
    static func digest(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

/// The files of a run, for another thread to flush to disk, whatever becomes of them meanwhile.
public final class ReportFiles: Sendable {
    private let files: [(name: String, descriptor: Int32)]

    init(_ files: [OutputFile]) { self.files = files.compactMap { $0.duplicate() } }

    deinit {
        for file in files { close(file.descriptor) }
    }

    /// What was written so far outlives a crash of the machine when this returns.
    public func synchronise() throws(ReportError) {
        for file in files {
            while fdatasync(file.descriptor) != 0 {
                guard errno == EINTR else { throw .cannotSynchronise(path: file.name, code: errno) }
            }
        }
    }
}
