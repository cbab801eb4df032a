import Glibc

/// Something to read packets from, as a person names it.
public enum CaptureInput: Hashable, Sendable {
    /// A capture file, a named pipe, or a directory: all regular files in it, by name, those whose names begin
    /// with a dot apart.
    case path(String)
    /// A capture that is piped in; it can be given only once.
    case standardInput

    /// An argument of the command line: `-` is the standard input.
    public init(argument: String) {
        self = argument == "-" ? .standardInput : .path(argument)
    }
}

/// One capture, after directories were replaced by what is in them.
struct CaptureSource: Hashable {
    let input: CaptureInput

    /// The name in messages.
    var name: String {
        switch input {
        case .path(let path): path
        case .standardInput: "standard input"
        }
    }

    /// What the file system says of the source before it is opened.
    func status() throws(CaptureError) -> FileStatus {
        switch input {
        case .path(let path): try FileStatus(path: path)
        case .standardInput: try FileStatus(descriptor: STDIN_FILENO, name: name)
        }
    }
}

/// The kind and size of a file.
struct FileStatus {
    enum Kind {
        case regular
        case directory
        /// A pipe, a terminal, a socket: read once, from the beginning.
        case stream
    }

    let kind: Kind
    /// Bytes in a regular file; `nil` for everything else.
    let byteCount: UInt64?

    init(path: String) throws(CaptureError) {
        var information = stat()
        guard stat(path, &information) == 0 else { throw .cannotOpen(path, reason: systemMessage(errno)) }
        self.init(information)
    }

    init(descriptor: CInt, name: String) throws(CaptureError) {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw .cannotOpen(name, reason: systemMessage(errno)) }
        self.init(information)
    }

    private init(_ information: stat) {
        switch information.st_mode & S_IFMT {
        case S_IFREG:
            kind = .regular
            byteCount = UInt64(clamping: information.st_size)
        case S_IFDIR:
            kind = .directory
            byteCount = nil
        default:
            kind = .stream
            byteCount = nil
        }
    }
}

/// The system's words for an error number.
func systemMessage(_ number: CInt) -> String {
    guard let message = strerror(number) else { return "error \(number)" }
    return String(cString: message)
}

extension CaptureSource {
    /// Replaces directories by their files. What cannot be looked at becomes an error in its place: the other
    /// inputs are read all the same.
    static func expand(_ inputs: [CaptureInput]) -> [Result<CaptureSource, CaptureError>] {
        var sources: [Result<CaptureSource, CaptureError>] = []
        for input in inputs {
            let source = CaptureSource(input: input)
            do throws(CaptureError) {
                if case .path(let path) = input, try source.status().kind == .directory {
                    sources += try files(in: path).map { .success(CaptureSource(input: .path($0))) }
                } else {
                    sources.append(.success(source))
                }
            } catch {
                sources.append(.failure(error))
            }
        }
        return sources
    }

    /// The regular files of a directory, ordered by the bytes of their names; hidden ones apart.
    private static func files(in directory: String) throws(CaptureError) -> [String] {
        guard let handle = opendir(directory) else {
            throw .cannotOpen(directory, reason: systemMessage(errno))
        }
        defer { closedir(handle) }
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        var paths: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix(".") else { continue }
            let path = prefix + name
            if let status = try? FileStatus(path: path), status.kind != .regular { continue }
            paths.append(path)
        }
        guard !paths.isEmpty else { throw .noCaptures(directory: directory) }
        return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
